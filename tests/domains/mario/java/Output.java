package dsage.mario;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file of big-endian ints or floats for numpy. */
final class Output implements AutoCloseable {
    private final DataOutputStream stream;

    Output(Path folder, String name) throws IOException {
        stream =
                new DataOutputStream(
                        new BufferedOutputStream(Files.newOutputStream(folder.resolve(name))));
    }

    void ints(int... values) throws IOException {
        for (int value : values) {
            stream.writeInt(value);
        }
    }

    /** By their bits; any NaN as the one that Java calls canonical, whose sign is not set. */
    void floats(float... values) throws IOException {
        for (float value : values) {
            stream.writeInt(Float.floatToIntBits(value));
        }
    }

    /** All ints of a result, in the order that recordings.py names them; floats by their bits. */
    void result(GameResult r) throws IOException {
        ints(r.status, r.ticks);
        floats(r.completion);
        ints(r.remainingTime, r.mode, r.kills, r.fireKills, r.stompKills, r.shellKills, r.fallKills);
        for (int type = 2; type < SpriteType.END; type++) {
            ints(r.killsByType[type]);
        }
        ints(r.hurts, r.blocksBumped, r.bricksBroken, r.jumps);
        floats(r.maxXJump);
        ints(r.maxAirTime, r.lives, r.coins, r.mushrooms, r.fireFlowers);
        ints(r.bricksBrokenByLarge, r.events);
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
