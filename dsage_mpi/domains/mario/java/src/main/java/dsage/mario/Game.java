package dsage.mario;

/** One game: the run loop without its agent (mario.md 3.1). */
public final class Game {
    final World world;
    final GameLog log = new GameLog();
    private int ticks;

    /**
     * Starts a game; the first, unrecorded tick is over.
     *
     * @param timerSeconds in-game time limit, in seconds; 0 or less means none
     * @param startState 0 small, 1 large, 2 fire
     */
    public Game(Level level, int timerSeconds, int startState) {
        world = new World(level, 1000 * timerSeconds, startState);
        world.tick(0);
    }

    public boolean isRunning() {
        return world.status == Status.RUNNING;
    }

    /** One iteration of the run loop, with a mask of {@link Buttons}. */
    public void step(int buttons) {
        world.tick(buttons);
        log.append(world.events);
        ticks++;
    }

    /** Mario's position in pixels. */
    public float x() {
        return world.sprites.x[Sprites.MARIO];
    }

    /** Mario's position in pixels, downward; his feet. */
    public float y() {
        return world.sprites.y[Sprites.MARIO];
    }

    /** What came of the game so far; the agent's node counts are left at 0. */
    public GameResult result() {
        return new GameResult(this, ticks);
    }
}
