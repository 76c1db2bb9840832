package dsage.mario;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Evaluates batches of levels: tasks in, results out, as {@code records.py} lays them out.
 *
 * <p>Not for use by several threads at once.
 */
public final class Evaluator {
    private static final int MAX_TIMER_SECONDS = 1000;

    private final int rollouts;
    private final boolean wallclock;
    private final int timerSeconds;
    private final int startState;
    private final AStarAgent agent = new AStarAgent();

    /**
     * Sets up games that are all alike.
     *
     * @param rollouts games per level
     * @param wallclock whether budgets are milliseconds per call of the planner, instead of nodes
     * @param timerSeconds in-game time limit, 1 to 1000 (20 as published)
     * @param startState 0 small, 1 large, 2 fire
     */
    public Evaluator(int rollouts, boolean wallclock, int timerSeconds, int startState) {
        require("rollouts", rollouts, 1, Integer.MAX_VALUE);
        require("timerSeconds", timerSeconds, 1, MAX_TIMER_SECONDS);
        require("startState", startState, 0, 2);
        this.rollouts = rollouts;
        this.wallclock = wallclock;
        this.timerSeconds = timerSeconds;
        this.startState = startState;
    }

    /**
     * Plays all rollouts of some levels.
     *
     * <p>Under node budgets a rollout that equals an earlier one of its task is copied from it.
     *
     * @param tasks task records, from the start of the buffer
     * @param count number of tasks
     * @param results result records, from the start of the buffer; overwritten
     * @throws IllegalArgumentException if a buffer is too small, a tile index outside 0 to 16 (names
     *     task, row and column, all from 0), or a budget below 1; the results are then incomplete
     */
    public void evaluate(ByteBuffer tasks, int count, ByteBuffer results) {
        require("count", count, 0, Integer.MAX_VALUE);
        ByteBuffer in = records("tasks", tasks, count, Records.taskSize(rollouts));
        ByteBuffer out = records("results", results, count, Records.resultSize(rollouts));
        for (int task = 0; task < count; task++) {
            try {
                evaluate(in, out);
            } catch (IllegalArgumentException error) {
                throw new IllegalArgumentException("task " + task + ": " + error.getMessage());
            }
        }
    }

    /** Plays the task at the one buffer's position and writes its result at the other's. */
    private void evaluate(ByteBuffer in, ByteBuffer out) {
        byte[] indices = new byte[Alphabet.CELLS];
        in.get(indices);
        Level level = Level.fromIndices(indices);
        int[] budgets = new int[rollouts];
        for (int n = 0; n < rollouts; n++) {
            budgets[n] = in.getInt();
        }
        Rollout[] played = new Rollout[rollouts];
        int[] occupancy = new int[Alphabet.CELLS];
        for (int n = 0; n < rollouts; n++) {
            int same = wallclock ? n : firstIndex(budgets, budgets[n]);
            played[n] = same < n ? played[same] : play(level, budgets[n], null);
            Records.put(out, played[n]);
            for (int cell = 0; cell < Alphabet.CELLS; cell++) {
                occupancy[cell] += played[n].occupancy[cell];
            }
        }
        for (int visits : occupancy) {
            out.putInt(visits);
        }
    }

    /**
     * Plays one level and keeps everything that a picture needs.
     *
     * @param level 16 x 56 tile indices, row by row
     * @param budget nodes or milliseconds per call of the planner
     * @throws IllegalArgumentException as {@link #evaluate}
     */
    public Replay replay(byte[] level, int budget) {
        Replay replay = new Replay();
        play(Level.fromIndices(level), budget, replay);
        replay.trim();
        return replay;
    }

    private Rollout play(Level level, int limit, Rollout.Observer observer) {
        Budget budget = wallclock ? Budget.milliseconds(limit) : Budget.nodes(limit);
        Game game = new Game(level, timerSeconds, startState);
        return Rollout.play(agent, level, game, budget, observer);
    }

    private static int firstIndex(int[] values, int value) {
        int n = 0;
        while (values[n] != value) {
            n++;
        }
        return n;
    }

    private static ByteBuffer records(String name, ByteBuffer buffer, int count, int size) {
        if (buffer.capacity() < (long) count * size) {
            throw new IllegalArgumentException(
                    name + " has " + buffer.capacity() + " bytes; expected at least " + count
                            + " records of " + size);
        }
        ByteBuffer view = buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        view.clear();
        return view;
    }

    private static void require(String name, int value, int least, int most) {
        if (value < least || value > most) {
            String range = most == Integer.MAX_VALUE ? least + " or more" : least + " to " + most;
            throw new IllegalArgumentException(name + " is " + value + "; expected " + range);
        }
    }
}
