package dsage.mario;

import java.util.Arrays;

/** Saved worlds, one behind the other in a single array. */
final class SnapshotStore {
    private int[] data = new int[1 << 16];
    private int used;
    private int count;
    private int[] offset = new int[1024];
    private byte[][] tiles = new byte[1024][];

    void clear() {
        used = 0;
        count = 0;
    }

    /** Saves a world and returns the number of the snapshot. */
    int save(World world) {
        if (count == offset.length) {
            offset = Arrays.copyOf(offset, 2 * count);
            tiles = Arrays.copyOf(tiles, 2 * count);
        }
        int size = world.savedSize();
        if (used + size > data.length) {
            data = Arrays.copyOf(data, Math.max(2 * data.length, used + size));
        }
        world.save(data, used);
        offset[count] = used;
        tiles[count] = world.tiles;
        used += size;
        return count++;
    }

    /** Makes a world a copy of a saved one. */
    void load(int snapshot, World world) {
        world.load(data, offset[snapshot], tiles[snapshot]);
    }
}
