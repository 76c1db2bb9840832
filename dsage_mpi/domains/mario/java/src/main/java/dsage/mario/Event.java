package dsage.mario;

/** Event codes (mario.md 9) and the parameters of BUMP. */
public final class Event {
    public static final int BUMP = 1;
    public static final int STOMP_KILL = 2;
    public static final int FIRE_KILL = 3;
    public static final int SHELL_KILL = 4;
    public static final int FALL_KILL = 5;
    public static final int JUMP = 6;
    public static final int LAND = 7;
    public static final int COLLECT = 8;
    public static final int HURT = 9;
    public static final int KICK = 10;
    public static final int LOSE = 11;
    public static final int WIN = 12;

    /** Parameter of BUMP: a brick was broken. */
    public static final int BRICK_BROKEN = 22;
    /** Parameter of BUMP: a block was emptied. */
    public static final int BLOCK_BUMPED = 24;

    private Event() {}
}
