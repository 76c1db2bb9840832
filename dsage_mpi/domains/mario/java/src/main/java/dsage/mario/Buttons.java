package dsage.mario;

/** Buttons as bits of an action mask. */
public final class Buttons {
    public static final int LEFT = 1;
    public static final int RIGHT = 2;
    public static final int DOWN = 4;
    public static final int SPEED = 8;
    public static final int JUMP = 16;

    private Buttons() {}
}
