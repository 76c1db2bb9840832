package dsage.mario;

import java.util.Arrays;

/** Reads level text (mario.md 2). */
final class LevelParser {
    private static final String SOLID_FOR_FLOOR = "X#@!BCQ<>[]?SUD%tT";
    /** Cells above the exit that the flag pole takes. */
    private static final int POLE_HEIGHT = 11;

    private final String[] rows;
    private final int width;
    private final int height;
    private final byte[] tiles;
    private final byte[] enemies;

    private LevelParser(String[] rows) {
        this.rows = rows;
        height = rows.length;
        width = rows[0].length();
        tiles = new byte[width * height];
        enemies = new byte[width * height];
    }

    /**
     * Parses a level. Rows end with LF; a CR before it and empty lines at the end are dropped.
     *
     * @throws IllegalArgumentException if there is no row, or a row differs in length from the first
     */
    static Level parse(String text) {
        if (text.isBlank()) {
            throw new IllegalArgumentException("the level is blank; expected rows of equal length");
        }
        String[] rows = text.split("\n");
        for (int row = 0; row < rows.length; row++) {
            if (rows[row].endsWith("\r")) {
                rows[row] = rows[row].substring(0, rows[row].length() - 1);
            }
        }
        int height = rows.length;
        while (height > 0 && rows[height - 1].isEmpty()) {
            height--;
        }
        String[] kept = Arrays.copyOf(rows, height);
        for (int row = 0; row < height; row++) {
            if (kept[row].length() != kept[0].length()) {
                throw new IllegalArgumentException(
                        "row " + row + " of the level has " + kept[row].length() + " tiles, row 0 has "
                                + kept[0].length() + "; expected rows of equal length");
            }
        }
        return new LevelParser(kept).build();
    }

    private Level build() {
        int[] start = null;
        int[] exit = null;
        for (int row = 0; row < height; row++) {
            for (int column = 0; column < width; column++) {
                char symbol = rows[row].charAt(column);
                tiles[row * width + column] = (byte) tile(symbol, row, column);
                byte enemy = enemy(symbol);
                if (enemy != 0) {
                    enemies[row * width + column] = enemy;
                }
                if (symbol == 'M') {
                    start = new int[] {column, row};
                } else if (symbol == 'F') {
                    exit = new int[] {column, row};
                }
            }
        }
        if (start == null) {
            start = new int[] {0, floorRow(0)};
        }
        if (exit == null) {
            exit = new int[] {width - 1, floorRow(width - 1)};
        }
        raiseFlag(exit[0], exit[1]);
        return new Level(width, height, tiles, enemies, start, exit[0]);
    }

    /** Erases whatever is solid in the exit column, up to the top of the pole. */
    private void raiseFlag(int column, int row) {
        int top = Math.max(1, row - POLE_HEIGHT);
        for (int r = top + 1; r <= row; r++) {
            tiles[r * width + column] = Tile.FLAG_POLE;
        }
        if (top < height) {
            tiles[top * width + column] = Tile.FLAG_TOP;
        }
    }

    /** Row above the lowest solid stack of a column, -1 if there is none (mario.md 2.4). */
    private int floorRow(int column) {
        boolean solid = false;
        for (int row = height - 1; row >= 0; row--) {
            boolean here = SOLID_FOR_FLOOR.indexOf(rows[row].charAt(column)) >= 0;
            if (solid && !here) {
                return row;
            }
            solid = here;
        }
        return -1;
    }

    private char at(int row, int column) {
        boolean inside = row >= 0 && row < height && column >= 0 && column < width;
        return inside ? rows[row].charAt(column) : '-';
    }

    private int is(int row, int column, char symbol) {
        return at(row, column) == symbol ? 1 : 0;
    }

    private boolean isPipe(int row, int column) {
        char symbol = at(row, column);
        return symbol == 't' || symbol == 'T';
    }

    private int tile(char symbol, int row, int column) {
        return switch (symbol) {
            case 'X' -> Tile.GROUND;
            case '#' -> Tile.PYRAMID;
            case '%' -> Tile.PLATFORM + 2 * is(row, column - 1, '%') + is(row, column + 1, '%');
            case '|' -> Tile.PLATFORM_BACKGROUND;
            case '*' -> Tile.CANNON + is(row - 1, column, '*') + is(row - 2, column, '*');
            case 'B' -> Tile.CANNON;
            case 'b' -> Tile.CANNON + 1 + is(row - 2, column, 'B');
            case '?', '@' -> Tile.POWER_UP_QUESTION;
            case 'Q', '!' -> Tile.COIN_QUESTION;
            case '1' -> Tile.HIDDEN_LIFE;
            case '2' -> Tile.HIDDEN_COIN;
            case 'D' -> Tile.USED;
            case 'S' -> Tile.BRICK;
            case 'C' -> Tile.COIN_BRICK;
            case 'U' -> Tile.POWER_UP_BRICK;
            case 'L' -> Tile.LIFE_BRICK;
            case 'o' -> Tile.COIN;
            case 't', 'T' -> pipe(symbol, row, column);
            case '<' -> Tile.PIPE;
            case '>' -> Tile.PIPE + 1;
            case '[' -> Tile.PIPE + 2;
            case ']' -> Tile.PIPE + 3;
            default -> Tile.EMPTY;
        };
    }

    /** Pipe piece from its neighbours; puts a flower into a wide pipe's top left if it is a T. */
    private int pipe(char symbol, int row, int column) {
        boolean single =
                column > 0
                        && column < width - 1
                        && !isPipe(row, column - 1)
                        && !isPipe(row, column + 1);
        int left = column > 0 ? tiles[row * width + column - 1] : Tile.EMPTY;
        int piece = left == Tile.PIPE || left == Tile.PIPE + 2 ? 1 : 0;
        if (isPipe(row - 1, column)) {
            piece += single ? 1 : 2;
        }
        if (symbol == 'T' && !single && piece == 0) {
            enemies[row * width + column] = SpriteType.FLOWER;
        }
        return (single ? Tile.SINGLE_PIPE : Tile.PIPE) + piece;
    }

    private static byte enemy(char symbol) {
        return (byte)
                switch (symbol) {
                    case 'g', 'E' -> SpriteType.GOOMBA;
                    case 'G' -> SpriteType.WINGED_GOOMBA;
                    case 'r' -> SpriteType.RED_KOOPA;
                    case 'R' -> SpriteType.WINGED_RED_KOOPA;
                    case 'k' -> SpriteType.GREEN_KOOPA;
                    case 'K' -> SpriteType.WINGED_GREEN_KOOPA;
                    case 'y' -> SpriteType.SPIKY;
                    case 'Y' -> SpriteType.WINGED_SPIKY;
                    default -> 0;
                };
    }
}
