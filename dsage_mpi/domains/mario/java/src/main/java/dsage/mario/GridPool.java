package dsage.mario;

import java.util.ArrayList;
import java.util.List;

/** Tile grids that are handed out again after {@link #clear}. */
final class GridPool {
    private final List<byte[]> grids = new ArrayList<>();
    private int used;

    /** Forgets all grids handed out so far: their users are gone. */
    void clear() {
        used = 0;
    }

    /** A grid with the content of another one. */
    byte[] copy(byte[] tiles) {
        if (used == grids.size()) {
            grids.add(new byte[tiles.length]);
        } else if (grids.get(used).length != tiles.length) {
            grids.set(used, new byte[tiles.length]);
        }
        byte[] grid = grids.get(used++);
        System.arraycopy(tiles, 0, grid, 0, tiles.length);
        return grid;
    }
}
