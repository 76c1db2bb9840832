package dsage.mario;

/** Metrics of a game (mario.md 9). */
public final class GameResult {
    /** "Tile coins" of the original, which counts them by a code that coins do not have. */
    public static final int TILE_COINS = 0;

    /** One of {@link Status}. */
    public final int status;
    /** Iterations of the run loop, i.e. agent events. */
    public final int ticks;
    /** Mario's x over the exit's; NaN if the exit is in column 0. */
    public final float completion;
    public final int remainingTime;
    /** 0 small, 1 large, 2 fire. */
    public final int mode;
    public final int jumps;
    /** Of all kinds, falls included. */
    public final int kills;
    public final int stompKills;
    public final int fireKills;
    public final int shellKills;
    public final int fallKills;
    /** Kills by sprite type (2 to 16), falls excluded. */
    public final int[] killsByType;
    public final int hurts;
    /** Blocks emptied, whatever they held. */
    public final int blocksBumped;
    public final int bricksBroken;
    /** Bricks broken while Mario was large. */
    public final int bricksBrokenByLarge;
    public final int mushrooms;
    public final int fireFlowers;
    public final int coins;
    public final int lives;
    /** Longest jump, in pixels. */
    public final float maxXJump;
    /** Longest jump, in ticks. */
    public final int maxAirTime;
    /** Entries of the game log. */
    public final int events;

    GameResult(Game game, int ticks) {
        World world = game.world;
        GameLog log = game.log;
        status = world.status;
        this.ticks = ticks;
        completion = world.sprites.x[Sprites.MARIO] / (16 * world.level.exitColumn);
        remainingTime = world.countdown;
        mode = world.mario.mode();
        jumps = log.jumps;
        stompKills = log.stompKills;
        fireKills = log.fireKills;
        shellKills = log.shellKills;
        fallKills = log.fallKills;
        kills = stompKills + fireKills + shellKills + fallKills;
        killsByType = log.kills.clone();
        hurts = log.hurts;
        blocksBumped = log.blocksBumped;
        bricksBroken = log.bricksBroken;
        bricksBrokenByLarge = log.bricksBrokenByLarge;
        mushrooms = log.mushrooms;
        fireFlowers = log.fireFlowers;
        coins = world.coins;
        lives = world.lives;
        maxXJump = log.maxXJump;
        maxAirTime = log.maxAirTime;
        events = log.events;
    }
}
