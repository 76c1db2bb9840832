package dsage.mario;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Lets the agent play levels under node budgets and writes tapes, node counts and metrics. */
public final class PlayGames {
    private static final int TIMER = 20;

    private PlayGames() {}

    /** Arguments: input file, output folder. Input per game: level, start state, budget. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[1]);
        try (DataInputStream in =
                        new DataInputStream(
                                new BufferedInputStream(
                                        Files.newInputStream(Path.of(arguments[0]))));
                Output tape = new Output(folder, "tape");
                Output nodes = new Output(folder, "nodes");
                Output metrics = new Output(folder, "metrics")) {
            AStarAgent agent = new AStarAgent();
            for (int left = in.readInt(); left > 0; left--) {
                Level level = Level.fromText(in.readUTF());
                Game game = new Game(level, TIMER, in.readInt());
                Budget budget = Budget.nodes(in.readInt());
                agent.reset(level);
                while (game.isRunning()) {
                    int buttons = agent.choose(game, budget);
                    game.step(buttons);
                    tape.ints(buttons);
                    nodes.ints(agent.nodesTaken());
                }
                metrics.result(game.result());
            }
        }
    }
}
