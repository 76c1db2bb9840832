package dsage.mario;

/**
 * The states that the search has accepted.
 *
 * <p>A state matches an accepted one if it is less than 2 px away in x and y and 0 to 4 ticks later
 * (mario.md 11.4). An accepted state marks all states that will match it, so that a query is one
 * look into a hash table. The table holds blocks of 8 x 4 px at one depth, a bit per state.
 */
final class Visited {
    /** Depths (of two ticks) that an accepted state is remembered for. */
    private static final int DEPTHS = 3;

    private static final int MAX_EPOCH = 1 << 20;

    private long[] keys = new long[1 << 12];
    private int[] bits = new int[1 << 12];
    private int shift = 64 - 12;
    private int used;
    /** Search that an entry belongs to; entries of earlier ones count as free. */
    private long epoch;

    Visited() {
        clear();
    }

    void clear() {
        used = 0;
        epoch++;
        if (epoch == MAX_EPOCH) {
            java.util.Arrays.fill(keys, 0);
            epoch = 1;
        }
    }

    boolean contains(int x, int y, int depth) {
        long key = key(x >> 3, y >> 2, depth);
        int slot = slot(key);
        return keys[slot] == key && (bits[slot] >>> bit(x, y) & 1) != 0;
    }

    void add(int x, int y, int depth) {
        for (int blockY = y - 1 >> 2; blockY <= y + 1 >> 2; blockY++) {
            for (int blockX = x - 1 >> 3; blockX <= x + 1 >> 3; blockX++) {
                int mask = mask(x - 8 * blockX, y - 4 * blockY);
                for (int later = 0; later < DEPTHS; later++) {
                    mark(key(blockX, blockY, depth + later), mask);
                }
            }
        }
    }

    /** Bits of a block that are at most 1 px from (x, y), which is relative to the block. */
    private static int mask(int x, int y) {
        int row = x == -1 ? 1 : (7 << x >> 1) & 0xff;
        int mask = 0;
        for (int r = Math.max(0, y - 1); r <= Math.min(3, y + 1); r++) {
            mask |= row << 8 * r;
        }
        return mask;
    }

    private static int bit(int x, int y) {
        return (y & 3) << 3 | x & 7;
    }

    private long key(int blockX, int blockY, int depth) {
        return epoch << 44 | (depth & 0xffffL) << 28 | (blockX & 0xffffL) << 12 | blockY & 0xfffL;
    }

    private void mark(long key, int mask) {
        int slot = slot(key);
        if (keys[slot] != key) {
            if (2 * used > keys.length) {
                grow();
                slot = slot(key);
            }
            keys[slot] = key;
            bits[slot] = 0;
            used++;
        }
        bits[slot] |= mask;
    }

    /** The slot of a key, or the free one where it belongs. */
    private int slot(long key) {
        int slot = (int) (key * 0x9E3779B97F4A7C15L >>> shift);
        while (keys[slot] != key && keys[slot] >>> 44 == epoch) {
            slot = slot + 1 & keys.length - 1;
        }
        return slot;
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldBits = bits;
        keys = new long[2 * oldKeys.length];
        bits = new int[2 * oldKeys.length];
        shift--;
        for (int n = 0; n < oldKeys.length; n++) {
            if (oldKeys[n] >>> 44 == epoch) {
                int slot = slot(oldKeys[n]);
                keys[slot] = oldKeys[n];
                bits[slot] = oldBits[n];
            }
        }
    }
}
