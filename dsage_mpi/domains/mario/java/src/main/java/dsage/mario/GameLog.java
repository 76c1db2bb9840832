package dsage.mario;

/** Counts over the game log (mario.md 9), kept up to date instead of the log itself. */
final class GameLog {
    private static final float NO_JUMP = -100;

    int events;
    int jumps;
    int stompKills;
    int fireKills;
    int shellKills;
    int fallKills;
    /** By sprite type, without falls. */
    final int[] kills = new int[SpriteType.END];
    int hurts;
    int blocksBumped;
    int bricksBroken;
    int bricksBrokenByLarge;
    int mushrooms;
    int fireFlowers;
    float maxXJump;
    int maxAirTime;

    private float jumpX = NO_JUMP;
    private int jumpTick = (int) NO_JUMP;

    /** Appends the events of a frame; a pause or a timeout appends the same ones again. */
    void append(FrameEvents frame) {
        events += frame.count;
        for (int n = 0; n < frame.count; n++) {
            append(frame, n);
        }
    }

    private void append(FrameEvents frame, int n) {
        int param = frame.param[n];
        switch (frame.code[n]) {
            case Event.JUMP -> {
                jumps++;
                jumpX = frame.x[n];
                jumpTick = frame.tick[n];
            }
            case Event.LAND -> {
                maxXJump = Math.max(maxXJump, Math.abs(frame.x[n] - jumpX));
                maxAirTime = Math.max(maxAirTime, frame.tick[n] - jumpTick);
            }
            case Event.STOMP_KILL -> {
                stompKills++;
                kills[param]++;
            }
            case Event.FIRE_KILL -> {
                fireKills++;
                kills[param]++;
            }
            case Event.SHELL_KILL -> {
                shellKills++;
                kills[param]++;
            }
            case Event.FALL_KILL -> fallKills++;
            case Event.HURT -> hurts++;
            case Event.BUMP -> appendBump(param, frame.mode[n]);
            case Event.COLLECT -> {
                mushrooms += param == SpriteType.MUSHROOM ? 1 : 0;
                fireFlowers += param == SpriteType.FIRE_FLOWER ? 1 : 0;
            }
            default -> {}
        }
    }

    private void appendBump(int param, int mode) {
        if (param == Event.BLOCK_BUMPED) {
            blocksBumped++;
        } else {
            bricksBroken++;
            bricksBrokenByLarge += mode > 0 ? 1 : 0;
        }
    }
}
