package dsage.mario;

/** A parsed level; never changes, so that all worlds of a game share it (mario.md 2). */
public final class Level {
    /** Size in tiles. */
    public final int width;
    public final int height;
    public final int exitColumn;
    public final int startX;
    public final int startY;

    /** Tile ids, row by row. */
    final byte[] tiles;
    /** Cells with an enemy, column by column: index into tiles, and sprite type. */
    final int[] enemyCell;
    final int[] enemyType;
    /** First enemy of each column, and their number at the end. */
    final int[] enemyColumn;
    final boolean hasCannon;

    Level(int width, int height, byte[] tiles, byte[] enemies, int[] start, int exitColumn) {
        this.width = width;
        this.height = height;
        this.tiles = tiles;
        this.exitColumn = exitColumn;
        startX = 16 * start[0] + 8;
        startY = 16 * start[1] + 15;
        int count = 0;
        for (byte type : enemies) {
            count += type != 0 ? 1 : 0;
        }
        enemyCell = new int[count];
        enemyType = new int[count];
        enemyColumn = new int[width + 1];
        count = 0;
        for (int column = 0; column < width; column++) {
            enemyColumn[column] = count;
            for (int row = 0; row < height; row++) {
                int cell = row * width + column;
                if (enemies[cell] != 0) {
                    enemyCell[count] = cell;
                    enemyType[count++] = enemies[cell];
                }
            }
        }
        enemyColumn[width] = count;
        boolean cannon = false;
        for (byte tile : tiles) {
            cannon |= tile == Tile.CANNON;
        }
        hasCannon = cannon;
    }

    /** A level from its text (mario.md 2.1 and 2.2); see {@link LevelParser#parse}. */
    public static Level fromText(String text) {
        return LevelParser.parse(text);
    }

    /** A level of 16 x 56 tile indices of mario.md 2.5; see {@link Alphabet#toText}. */
    public static Level fromIndices(byte[] indices) {
        return LevelParser.parse(Alphabet.toText(indices));
    }
}
