package dsage.mario;

/** Tile ids and what they do (mario.md 2.3). */
public final class Tile {
    public static final int EMPTY = 0;
    public static final int GROUND = 1;
    public static final int PYRAMID = 2;
    /** The only tile that fires bullet bills; the ids 4 and 5 are the body below it. */
    public static final int CANNON = 3;
    public static final int BRICK = 6;
    public static final int COIN_BRICK = 7;
    public static final int POWER_UP_QUESTION = 8;
    public static final int COIN_QUESTION = 11;
    public static final int USED = 14;
    public static final int COIN = 15;
    /** First of four: top left, top right, left, right. */
    public static final int PIPE = 18;
    public static final int FLAG_TOP = 39;
    public static final int FLAG_POLE = 40;
    /** First of four: plus 2 with a left neighbour, plus 1 with a right one. */
    public static final int PLATFORM = 43;
    public static final int PLATFORM_BACKGROUND = 47;
    public static final int HIDDEN_LIFE = 48;
    public static final int HIDDEN_COIN = 49;
    public static final int POWER_UP_BRICK = 50;
    public static final int LIFE_BRICK = 51;
    /** First of three: top, body, and a third one that is not solid. */
    public static final int SINGLE_PIPE = 52;

    static final int SOLID = 1;
    static final int BLOCKS_UPWARD = 2;
    static final int BLOCKS_DOWNWARD = 4;
    static final int BUMPABLE = 8;
    static final int BREAKABLE = 16;
    static final int GIVES_POWER_UP = 32;
    static final int GIVES_LIFE = 64;
    static final int PICKABLE = 128;

    /** Features that stop a motion without a vertical sense, upward, downward. */
    static final int SENSE_NONE = SOLID;
    static final int SENSE_UP = SOLID | BLOCKS_UPWARD;
    static final int SENSE_DOWN = SOLID | BLOCKS_DOWNWARD;

    /** Feature bits of every tile id. */
    static final short[] FEATURES = features();

    private Tile() {}

    /** Whether a tile stops a motion; sense is one of the SENSE masks. */
    static boolean blocks(int tile, int sense) {
        return (FEATURES[tile] & sense) != 0;
    }

    private static short[] features() {
        short[] table = new short[64];
        int[] solid = {GROUND, PYRAMID, CANNON, 4, 5, USED, 18, 19, 20, 21, 52, 53};
        for (int tile : solid) {
            table[tile] = SOLID;
        }
        for (int tile = PLATFORM; tile < PLATFORM + 4; tile++) {
            table[tile] = BLOCKS_DOWNWARD;
        }
        table[BRICK] = SOLID | BREAKABLE;
        table[COIN_BRICK] = SOLID | BUMPABLE;
        table[COIN_QUESTION] = SOLID | BUMPABLE;
        table[POWER_UP_QUESTION] = SOLID | BUMPABLE | GIVES_POWER_UP;
        table[POWER_UP_BRICK] = SOLID | BUMPABLE | GIVES_POWER_UP;
        table[LIFE_BRICK] = SOLID | BUMPABLE | GIVES_LIFE;
        table[HIDDEN_LIFE] = BLOCKS_UPWARD | BUMPABLE | GIVES_LIFE;
        table[HIDDEN_COIN] = BLOCKS_UPWARD | BUMPABLE;
        table[COIN] = PICKABLE;
        return table;
    }
}
