package dsage.mario;

/** What the planner may do, in this order (mario.md 11.2). */
final class ActionSet {
    static final int RUN_RIGHT = Buttons.RIGHT | Buttons.SPEED;

    /** All actions. */
    static final byte[] WITH_JUMPS = {
        Buttons.JUMP,
        Buttons.JUMP | Buttons.SPEED,
        RUN_RIGHT,
        RUN_RIGHT | Buttons.JUMP,
        Buttons.RIGHT,
        Buttons.RIGHT | Buttons.JUMP,
        Buttons.LEFT,
        Buttons.LEFT | Buttons.JUMP,
        Buttons.LEFT | Buttons.SPEED,
        Buttons.LEFT | Buttons.JUMP | Buttons.SPEED
    };

    /** Those that are left where pressing JUMP has no effect. */
    static final byte[] WITHOUT_JUMPS = {
        RUN_RIGHT, Buttons.RIGHT, Buttons.LEFT, Buttons.LEFT | Buttons.SPEED
    };

    private ActionSet() {}
}
