package dsage.mario;

import java.util.Arrays;

/** The nodes of the search, one array per property; nodes are never removed (mario.md 11.4). */
final class SearchTree {
    static final int ROOT = 0;
    private static final int NOT_SIMULATED = -2;
    /** Snapshot of a node at which the game is over: there is nothing to go on from. */
    private static final int OVER = -1;

    int count;
    int[] parent = new int[4096];
    byte[] action = new byte[4096];
    /** Edges from the root. */
    int[] depth = new int[4096];
    float[] estimate = new float[4096];
    /** 0 until simulated. */
    float[] value = new float[4096];
    boolean[] flagged = new boolean[4096];

    // Known once a node is simulated.
    /** The value without the penalty for a visited state. */
    float[] outcome = new float[4096];
    float[] x = new float[4096];
    float[] y = new float[4096];
    float[] xa = new float[4096];
    int[] mode = new int[4096];
    boolean[] jumpUseful = new boolean[4096];
    int[] snapshot = new int[4096];

    private final SnapshotStore store;

    SearchTree(SnapshotStore store) {
        this.store = store;
    }

    void clear() {
        count = 0;
    }

    int add(int parentNode, int actionMask, float expected) {
        if (count == parent.length) {
            grow();
        }
        int node = count++;
        parent[node] = parentNode;
        action[node] = (byte) actionMask;
        depth[node] = node == ROOT ? 0 : depth[parentNode] + 1;
        estimate[node] = expected;
        value[node] = 0;
        flagged[node] = false;
        snapshot[node] = NOT_SIMULATED;
        return node;
    }

    boolean isSimulated(int node) {
        return snapshot[node] != NOT_SIMULATED;
    }

    boolean isOver(int node) {
        return snapshot[node] == OVER;
    }

    /** Keeps the state that a node leads to. */
    void keep(int node, World world) {
        Sprites s = world.sprites;
        x[node] = s.x[Sprites.MARIO];
        y[node] = s.y[Sprites.MARIO];
        xa[node] = s.xa[Sprites.MARIO];
        mode[node] = world.mario.mode();
        jumpUseful[node] = world.mario.mayJump || world.mario.jumpTime > 0;
        snapshot[node] = world.status == Status.RUNNING ? store.save(world) : OVER;
    }

    /** Makes a world a copy of the state that a node leads to. */
    void load(int node, World world) {
        store.load(snapshot[node], world);
    }

    /** Best knowledge of the cost of a node. */
    float cost(int node) {
        return value[node] > 0 ? value[node] : estimate[node];
    }

    private void grow() {
        int size = 2 * count;
        parent = Arrays.copyOf(parent, size);
        action = Arrays.copyOf(action, size);
        depth = Arrays.copyOf(depth, size);
        estimate = Arrays.copyOf(estimate, size);
        value = Arrays.copyOf(value, size);
        flagged = Arrays.copyOf(flagged, size);
        outcome = Arrays.copyOf(outcome, size);
        x = Arrays.copyOf(x, size);
        y = Arrays.copyOf(y, size);
        xa = Arrays.copyOf(xa, size);
        mode = Arrays.copyOf(mode, size);
        jumpUseful = Arrays.copyOf(jumpUseful, size);
        snapshot = Arrays.copyOf(snapshot, size);
    }
}
