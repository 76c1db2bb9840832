package dsage.mario;

/** The search of the planner (mario.md 11.5). All its memory is used again by the next search. */
final class AStarSearch {
    /** Ticks per edge. */
    static final int REPETITIONS = 2;

    private static final float HORIZON = 176;
    /** More than the estimate was wrong by if it was right; compared as a double. */
    private static final double TOLERANCE = 0.1;

    private final SnapshotStore store = new SnapshotStore();
    private final GridPool grids = new GridPool();
    private final SearchTree tree = new SearchTree(store);
    private final NodeHeap pool = new NodeHeap();
    private final Visited visited = new Visited();
    private World world;
    private int best;
    private int furthest;

    /** A world that shares this search's memory; it is lost with {@link #forget}. */
    World newModel(Level level) {
        return new World(level, grids);
    }

    /** Prepares for the games of a level. */
    void reset(Level level) {
        world = newModel(level);
        forget();
    }

    /** Drops the tree, and whatever models of this search hold. */
    void forget() {
        tree.clear();
        store.clear();
        grids.clear();
    }

    /** Whether there is a tree since {@link #reset}. */
    boolean hasBegun() {
        return tree.count > 0;
    }

    /** Starts a new tree with a copy of a model as its root. */
    void start(World model) {
        tree.clear();
        visited.clear();
        pool.clear();
        store.load(store.save(model), world);
        best = tree.add(-1, 0, Costs.base(world.sprites.x[Sprites.MARIO], 0));
        tree.keep(best, world);
        furthest = best;
        expand(best);
    }

    /** Goes on until the horizon is reached, and returns the number of nodes taken. */
    int search(Budget budget) {
        float startX = tree.x[SearchTree.ROOT];
        int current = best;
        boolean good = false;
        int taken = 0;
        while (!pool.isEmpty()
                && (tree.x[best] - startX < HORIZON || !good)
                && budget.isLeft(taken)) {
            if (pool.isBeyondLimit()) {
                return taken;
            }
            current = pool.take();
            taken++;
            good = visit(current);
        }
        if (tree.x[current] - startX < HORIZON && tree.x[furthest] > tree.x[best] + 20) {
            best = furthest;
        }
        return taken;
    }

    /** Simulates a node and accepts it (true), or puts it back. */
    private boolean visit(int node) {
        SearchTree t = tree;
        if (!t.isSimulated(node)) {
            simulate(node);
        }
        // A node that was put back is simulated again in the original, with the same outcome.
        float real = t.outcome[node];
        if (t.flagged[node]) {
            real += Costs.VISITED_PENALTY;
        }
        t.value[node] = real;
        if (real < 0) {
            return false;
        }
        int x = (int) t.x[node];
        int y = (int) t.y[node];
        if (!t.flagged[node] && visited.contains(x, y, t.depth[node])) {
            t.flagged[node] = true;
            real += Costs.VISITED_PENALTY;
            t.value[node] = real;
            t.estimate[node] = real;
            push(node);
            return false;
        }
        if (real - t.estimate[node] > TOLERANCE) {
            t.estimate[node] = real;
            push(node);
            return false;
        }
        visited.add(x, y, t.depth[node]);
        expand(node);
        if (t.cost(best) > t.cost(node)) {
            best = node;
        }
        if (t.x[node] > t.x[furthest]) {
            furthest = node;
        }
        return true;
    }

    private void simulate(int node) {
        SearchTree t = tree;
        World w = world;
        int parent = t.parent[node];
        int buttons = t.action[node];
        t.load(parent, w);
        for (int n = 0; n < REPETITIONS; n++) {
            w.tick(buttons);
        }
        t.keep(node, w);
        int damage = t.mode[node] < t.mode[parent] ? 1 : 0;
        if (w.status == Status.LOSE) {
            damage += t.y[node] > 16 * w.level.height - 20 ? 5 : 2;
        }
        t.outcome[node] = Costs.base(t.x[node], t.xa[node]) + Costs.damage(damage, t.depth[node]);
    }

    /** Adds the children of a node to the pool. */
    private void expand(int node) {
        SearchTree t = tree;
        if (t.isOver(node)) {
            return;
        }
        boolean jumps =
                t.jumpUseful[node] || node != SearchTree.ROOT && t.jumpUseful[t.parent[node]];
        for (byte action : jumps ? ActionSet.WITH_JUMPS : ActionSet.WITHOUT_JUMPS) {
            push(t.add(node, action, Costs.estimate(t.x[node], t.xa[node], action)));
        }
    }

    private void push(int node) {
        pool.add(node, Costs.priority(tree.cost(node), REPETITIONS * tree.depth[node]));
    }

    /** Writes the actions of the path to the best node, tick by tick, and returns their number. */
    int plan(Plan plan) {
        plan.clear();
        for (int node = best; node != SearchTree.ROOT; node = tree.parent[node]) {
            for (int n = 0; n < REPETITIONS; n++) {
                plan.prepend(tree.action[node]);
            }
        }
        return plan.size();
    }
}
