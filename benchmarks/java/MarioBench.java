package dsage.mario;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Measures the Mario engine and planner in CPU time of one thread; see mario_engine.py. */
public final class MarioBench {
    private static final int TIMER = 20;
    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

    private final List<Level> levels = new ArrayList<>();
    private final AStarAgent agent = new AStarAgent();
    private final double seconds;
    /** Keeps results alive, so that no measured work can be left out. */
    private long sink;

    private MarioBench(double seconds) {
        this.seconds = seconds;
    }

    /**
     * Arguments: file of levels, CPU seconds per figure, node budgets. Prints "name value" lines.
     */
    public static void main(String[] arguments) throws IOException {
        MarioBench bench = new MarioBench(Double.parseDouble(arguments[1]));
        try (DataInputStream in =
                new DataInputStream(
                        new BufferedInputStream(Files.newInputStream(Path.of(arguments[0]))))) {
            for (int left = in.readInt(); left > 0; left--) {
                bench.levels.add(Level.fromText(in.readUTF()));
            }
        }
        bench.measure("ticks", bench::playTapes);
        bench.measure("copy", bench::copyAndTick);
        for (int n = 2; n < arguments.length; n++) {
            int budget = Integer.parseInt(arguments[n]);
            bench.measure("nodes_" + budget, () -> bench.search(budget, true));
            bench.measure("evaluations_" + budget, () -> bench.search(budget, false));
        }
        System.out.println("sink " + bench.sink);
    }

    /** Work that is repeated; returns how much of it was done. */
    private interface Work {
        long run();
    }

    /** Prints the best of three rates (per CPU second), after a warm-up. */
    private void measure(String name, Work work) {
        rate(work);
        double best = 0;
        for (int n = 0; n < 3; n++) {
            best = Math.max(best, rate(work));
        }
        System.out.println(name + " " + best);
    }

    private double rate(Work work) {
        long began = CLOCK.getCurrentThreadCpuTime();
        long done = 0;
        double spent;
        do {
            done += work.run();
            spent = (CLOCK.getCurrentThreadCpuTime() - began) * 1e-9;
        } while (spent < seconds / 3);
        return done / spent;
    }

    /** Buttons that run and jump without looking. */
    private static int blindButtons(int tick) {
        return Buttons.RIGHT | Buttons.SPEED | (tick % 32 < 12 ? Buttons.JUMP : 0);
    }

    /** World only: ticks of games with a blind agent. */
    private long playTapes() {
        long ticks = 0;
        for (Level level : levels) {
            Game game = new Game(level, TIMER, 0);
            for (int tick = 0; game.isRunning(); tick++) {
                game.step(blindButtons(tick));
                ticks++;
            }
            sink += game.result().jumps;
        }
        return ticks;
    }

    /** Copies of worlds on the way of a blind agent, two ticks each: what a node is made of. */
    private long copyAndTick() {
        long copies = 0;
        for (Level level : levels) {
            Game game = new Game(level, TIMER, 0);
            SnapshotStore store = new SnapshotStore();
            World world = new World(level, new GridPool());
            for (int tick = 0; game.isRunning(); tick++) {
                int snapshot = store.save(game.world);
                for (byte action : ActionSet.WITH_JUMPS) {
                    for (int n = 0; n < 4; n++) {
                        store.load(snapshot, world);
                        world.tick(action);
                        world.tick(action);
                        sink += world.tick;
                        copies++;
                    }
                }
                game.step(blindButtons(tick));
                store.clear();
            }
        }
        return copies;
    }

    /** Whole games; counts search nodes or games. */
    private long search(int limit, boolean countNodes) {
        long nodes = 0;
        Budget budget = Budget.nodes(limit);
        for (Level level : levels) {
            Rollout rollout =
                    Rollout.play(agent, level, new Game(level, TIMER, 0), budget, null);
            nodes += rollout.nodes;
            sink += rollout.result.jumps;
        }
        return countNodes ? nodes : levels.size();
    }
}
