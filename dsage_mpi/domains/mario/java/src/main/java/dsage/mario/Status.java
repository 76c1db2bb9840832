package dsage.mario;

/** How a game stands (mario.md 3.5), by the numbers of the result record. */
public final class Status {
    public static final int RUNNING = 0;
    public static final int WIN = 1;
    public static final int LOSE = 2;
    public static final int TIME_OUT = 3;

    private Status() {}
}
