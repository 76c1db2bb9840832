package dsage.mario;

import java.util.Arrays;

/**
 * Nodes by (priority, number of insertion).
 *
 * <p>That is the order in which the original's "first smallest element of a list" takes them, at
 * logarithmic cost (mario.md 11.4 and 13). Four children per entry: they share a cache line.
 */
final class NodeHeap {
    private static final long COST_LIMIT = (long) sortable(Costs.LIMIT) << 32;
    private static final long INSERTION = 0xffffffffL;

    /** Priority in the upper half, number of insertion in the lower. */
    private long[] keys = new long[1024];
    /** By number of insertion. */
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
        if (insertions == nodes.length) {
            nodes = Arrays.copyOf(nodes, 2 * insertions);
        }
        if (count == keys.length) {
            keys = Arrays.copyOf(keys, 2 * count);
        }
        nodes[insertions] = node;
        long key = (long) sortable(priority) << 32 | insertions++;
        long[] k = keys;
        int at = count++;
        while (at > 0) {
            int above = (at - 1) >> 2;
            if (k[above] <= key) {
                break;
            }
            k[at] = k[above];
            at = above;
        }
        k[at] = key;
    }

    /** Removes the first node and returns it. */
    int take() {
        long[] k = keys;
        int first = nodes[(int) (k[0] & INSERTION)];
        int last = --count;
        long key = k[last];
        int at = 0;
        for (int below = 1; below < last; below = 4 * at + 1) {
            int least = below;
            int end = Math.min(below + 4, last);
            for (int n = below + 1; n < end; n++) {
                if (k[n] < k[least]) {
                    least = n;
                }
            }
            if (k[least] >= key) {
                break;
            }
            k[at] = k[least];
            at = least;
        }
        k[at] = key;
        return first;
    }

    /** An int that is ordered as the float is; the two zeros are equal. */
    private static int sortable(float value) {
        int bits = Float.floatToRawIntBits(value + 0f);
        return bits ^ bits >> 31 & 0x7fffffff;
    }
}
