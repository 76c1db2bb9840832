package dsage.mario;

import java.util.Arrays;

/**
 * Nodes by (priority, number of insertion).
 *
 * <p>That is the order in which the original's "first smallest element of a list" takes them, at
 * logarithmic cost (mario.md 11.4 and 13).
 */
final class NodeHeap {
    private static final long COST_LIMIT = (long) sortable(Costs.LIMIT) << 32;

    private long[] keys = new long[1024];
    private int[] nodes = new int[1024];
    private int count;
    private int insertions;

    void clear() {
        count = 0;
        insertions = 0;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Whether all nodes cost too much to be taken. */
    boolean isBeyondLimit() {
        return keys[0] >= COST_LIMIT;
    }

    void add(int node, float priority) {
        if (count == keys.length) {
            keys = Arrays.copyOf(keys, 2 * count);
            nodes = Arrays.copyOf(nodes, 2 * count);
        }
        long key = (long) sortable(priority) << 32 | insertions++;
        int at = count++;
        while (at > 0) {
            int above = (at - 1) >> 1;
            if (keys[above] <= key) {
                break;
            }
            keys[at] = keys[above];
            nodes[at] = nodes[above];
            at = above;
        }
        keys[at] = key;
        nodes[at] = node;
    }

    /** Removes the first node and returns it. */
    int take() {
        int first = nodes[0];
        long key = keys[--count];
        int node = nodes[count];
        int at = 0;
        for (int below = 1; below < count; below = 2 * at + 1) {
            if (below + 1 < count && keys[below + 1] < keys[below]) {
                below++;
            }
            if (keys[below] >= key) {
                break;
            }
            keys[at] = keys[below];
            nodes[at] = nodes[below];
            at = below;
        }
        keys[at] = key;
        nodes[at] = node;
        return first;
    }

    /** An int that is ordered as the float is; the two zeros are equal. */
    private static int sortable(float value) {
        int bits = Float.floatToRawIntBits(value + 0f);
        return bits ^ bits >> 31 & 0x7fffffff;
    }
}
