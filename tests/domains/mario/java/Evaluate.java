package dsage.mario;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/** Hands records to the Evaluator and writes its records, replays and errors. */
public final class Evaluate {
    private static final int REPLAY_BUDGET = 100;

    private Evaluate() {}

    /**
     * Arguments: input file, output folder. Input per request: rollouts, wallclock (0 or 1), timer,
     * start state, count, bytes of tasks, bytes of results, tasks. A count of -1: a replay of the
     * level that is given instead of tasks.
     */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[1]);
        try (DataInputStream in =
                new DataInputStream(
                        new BufferedInputStream(Files.newInputStream(Path.of(arguments[0]))))) {
            int requests = in.readInt();
            for (int request = 0; request < requests; request++) {
                answer(in, folder, request);
            }
        }
    }

    private static void answer(DataInputStream in, Path folder, int request) throws IOException {
        int[] head = new int[7];
        for (int n = 0; n < head.length; n++) {
            head[n] = in.readInt();
        }
        byte[] tasks = in.readNBytes(head[5]);
        try {
            Evaluator evaluator = new Evaluator(head[0], head[1] == 1, head[2], head[3]);
            if (head[4] == -1) {
                write(evaluator.replay(tasks, REPLAY_BUDGET), folder, request);
                return;
            }
            ByteBuffer given = ByteBuffer.allocateDirect(tasks.length).put(tasks);
            ByteBuffer results = ByteBuffer.allocateDirect(head[6]);
            evaluator.evaluate(given, head[4], results);
            byte[] bytes = new byte[head[6]];
            results.get(bytes);
            Files.write(folder.resolve("results_" + request), bytes);
        } catch (IllegalArgumentException error) {
            Files.writeString(folder.resolve("error_" + request), error.getMessage());
        }
    }

    private static void write(Replay replay, Path folder, int request) throws IOException {
        String prefix = "replay_" + request + "_";
        write(folder, prefix + "mode", replay.mode);
        write(folder, prefix + "action", replay.action);
        write(folder, prefix + "status", replay.status);
        write(folder, prefix + "tiles", replay.tiles);
        write(folder, prefix + "sprite_offset", replay.spriteOffset);
        write(folder, prefix + "sprite_type", replay.spriteType);
        write(folder, prefix + "sprite_facing", replay.spriteFacing);
        write(folder, prefix + "camera_x", replay.cameraX);
        write(folder, prefix + "x", replay.x);
        write(folder, prefix + "y", replay.y);
        write(folder, prefix + "sprite_x", replay.spriteX);
        write(folder, prefix + "sprite_y", replay.spriteY);
    }

    private static void write(Path folder, String name, int[] values) throws IOException {
        try (Output output = new Output(folder, name)) {
            output.ints(values);
        }
    }

    private static void write(Path folder, String name, float[] values) throws IOException {
        try (Output output = new Output(folder, name)) {
            output.floats(values);
        }
    }
}
