package dsage.mario;

import java.nio.ByteBuffer;

/** Layout of tasks and results, as in {@code dsage_mpi/domains/mario/records.py}. */
final class Records {
    /** Fields of a rollout, each of four bytes. */
    private static final int ROLLOUT_FIELDS = 37;

    static final int ROLLOUT_SIZE = 4 * ROLLOUT_FIELDS;

    private Records() {}

    static int taskSize(int rollouts) {
        return Alphabet.CELLS + 4 * rollouts;
    }

    static int resultSize(int rollouts) {
        return rollouts * ROLLOUT_SIZE + 4 * Alphabet.CELLS;
    }

    /** Writes a rollout at the buffer's position. */
    static void put(ByteBuffer out, Rollout rollout) {
        GameResult r = rollout.result;
        out.putInt(r.status).putInt(r.ticks);
        // 0/0 where the exit is in column 0, which is a win without a step.
        out.putFloat(Float.isNaN(r.completion) ? 1 : r.completion);
        out.putInt(r.jumps).putInt(r.kills);
        out.putInt(r.stompKills).putInt(r.fireKills).putInt(r.shellKills).putInt(r.fallKills);
        for (int type = SpriteType.GOOMBA; type < SpriteType.END; type++) {
            out.putInt(r.killsByType[type]);
        }
        out.putInt(r.mushrooms).putInt(r.fireFlowers).putInt(r.coins);
        out.putInt(GameResult.TILE_COINS).putInt(r.bricksBrokenByLarge).putInt(r.hurts);
        out.putInt(r.lives).putInt(r.mode).putInt(r.remainingTime);
        out.putFloat(r.maxXJump).putInt(r.maxAirTime);
        out.putInt(rollout.nodes).putInt(rollout.nodesMax);
    }
}
