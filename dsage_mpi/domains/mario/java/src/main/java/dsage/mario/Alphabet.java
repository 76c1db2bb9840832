package dsage.mario;

/** The 17 symbols of DSAGE's integer levels (mario.md 2.5). */
public final class Alphabet {
    public static final int HEIGHT = 16;
    public static final int WIDTH = 56;
    public static final int CELLS = HEIGHT * WIDTH;
    public static final String SYMBOLS = "-*ygkrtS!@FX%M|o#";

    private Alphabet() {}

    /**
     * The text of a level of tile indices.
     *
     * @param indices 16 x 56 indices, row by row
     * @throws IllegalArgumentException for another number of cells or an index outside 0 to 16,
     *     naming its row and column (from 0)
     */
    public static String toText(byte[] indices) {
        if (indices.length != CELLS) {
            throw new IllegalArgumentException(
                    "a level has " + CELLS + " tiles (16 x 56), not " + indices.length);
        }
        StringBuilder text = new StringBuilder(CELLS + HEIGHT);
        for (int cell = 0; cell < CELLS; cell++) {
            if (cell > 0 && cell % WIDTH == 0) {
                text.append('\n');
            }
            int index = indices[cell];
            if (index < 0 || index >= SYMBOLS.length()) {
                throw new IllegalArgumentException(
                        "tile index " + index + " at row " + cell / WIDTH + ", column " + cell % WIDTH
                                + "; expected 0 to " + (SYMBOLS.length() - 1));
            }
            text.append(SYMBOLS.charAt(index));
        }
        return text.toString();
    }
}
