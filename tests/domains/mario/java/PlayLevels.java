package dsage.mario;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Parses level texts, good and bad, and lets the agent play; one line of output per level. */
public final class PlayLevels {
    private static final int TIMER = 20;
    private static final int NODES = 50;

    private PlayLevels() {}

    /** Arguments: input file, output folder. Input per level: its text. */
    public static void main(String[] arguments) throws IOException {
        List<String> lines = new ArrayList<>();
        try (DataInputStream in =
                new DataInputStream(
                        new BufferedInputStream(Files.newInputStream(Path.of(arguments[0]))))) {
            AStarAgent agent = new AStarAgent();
            for (int left = in.readInt(); left > 0; left--) {
                lines.add(play(agent, in.readUTF()));
            }
        }
        Files.write(Path.of(arguments[1], "lines"), lines);
    }

    private static String play(AStarAgent agent, String text) {
        Level level;
        try {
            level = Level.fromText(text);
        } catch (IllegalArgumentException error) {
            return "error: " + error.getMessage();
        }
        Game game = new Game(level, TIMER, 0);
        GameResult result =
                Rollout.play(agent, level, game, Budget.nodes(NODES), null).result;
        return String.join(
                " ",
                level.width + "x" + level.height,
                "start " + level.startX + "," + level.startY,
                "exit " + level.exitColumn,
                "status " + result.status,
                "ticks " + result.ticks,
                "completion " + result.completion,
                "events " + result.events);
    }
}
