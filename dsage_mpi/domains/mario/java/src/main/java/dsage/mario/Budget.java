package dsage.mario;

/** How long the planner may search per call: a number of nodes, or milliseconds of wall clock. */
public final class Budget {
    private final int limit;
    private final boolean wallclock;
    private long began;

    private Budget(int limit, boolean wallclock) {
        if (limit < 1) {
            throw new IllegalArgumentException(
                    "a budget of " + limit + (wallclock ? " ms" : " nodes") + "; expected 1 or more");
        }
        this.limit = limit;
        this.wallclock = wallclock;
    }

    /** At most so many nodes per call: deterministic. */
    public static Budget nodes(int limit) {
        return new Budget(limit, false);
    }

    /** At most so many milliseconds per call, as published: results depend on machine and load. */
    public static Budget milliseconds(int limit) {
        return new Budget(limit, true);
    }

    void start() {
        if (wallclock) {
            began = System.nanoTime();
        }
    }

    /** Whether the search may take another node. */
    boolean isLeft(int nodesTaken) {
        return wallclock
                ? (System.nanoTime() - began) / 1_000_000 < limit
                : nodesTaken < limit;
    }
}
