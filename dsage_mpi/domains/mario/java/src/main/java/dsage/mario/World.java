package dsage.mario;

import java.util.Arrays;

/** The state of a game and its tick (mario.md 3). Also the planner's forward model. */
final class World {
    /** Ints that {@link #save} writes before the sprites. */
    private static final int SAVED = 10 + Mario.SAVED;

    private static final int SCREEN = 256;
    private static final int MILLISECONDS_PER_TICK = 30;

    final Level level;
    final Sprites sprites = new Sprites();
    final Movement movement = new Movement(this);
    final Mario mario = new Mario(this);
    final Blocks blocks = new Blocks(this);
    final Contacts contacts = new Contacts(this);
    /** Events of the last tick that was not paused; null if nobody wants to know. */
    final FrameEvents events;

    int tick;
    int countdown;
    int status;
    int pause;
    int coins;
    int lives;
    int fireballCount;
    float cameraX;
    float cameraY;
    /** Tile ids; shared with other worlds unless ownsTiles. */
    byte[] tiles;

    private final Behaviour behaviour;
    private final Spawner spawner;
    private final GridPool grids;
    private boolean ownsTiles;

    /** A new game. */
    World(Level level, int countdown, int startState) {
        this(level, new FrameEvents(), new GridPool());
        this.countdown = countdown;
        tiles = level.tiles;
        sprites.count = 1;
        sprites.type[0] = SpriteType.MARIO;
        sprites.facing[0] = 1;
        sprites.height[0] = SpriteType.height(SpriteType.MARIO);
        sprites.origin[0] = Sprites.NO_CELL;
        sprites.x[0] = level.startX;
        sprites.y[0] = level.startY;
        sprites.alive[0] = true;
        mario.large = startState >= 1;
        mario.fire = startState >= 2;
    }

    /** A forward model to be loaded; raises no events. */
    World(Level level, GridPool grids) {
        this(level, null, grids);
    }

    private World(Level level, FrameEvents events, GridPool grids) {
        this.level = level;
        this.events = events;
        this.grids = grids;
        behaviour = new Behaviour(this);
        spawner = new Spawner(this);
    }

    /** Advances the game by one tick with the given buttons. */
    void tick(int buttons) {
        if (status != Status.RUNNING) {
            return;
        }
        if (pause > 0) {
            pause--;
            return;
        }
        if (countdown > 0) {
            countdown -= MILLISECONDS_PER_TICK;
            if (countdown <= 0) {
                countdown = 0;
                status = Status.TIME_OUT;
                sprites.alive[Sprites.MARIO] = false;
                return;
            }
        }
        tick++;
        spawner.remember();
        moveCamera();
        if (events != null) {
            events.clear();
        }
        cull();
        spawner.scan();
        updateSprites(buttons);
        contacts.withMario();
        contacts.projectiles();
        sprites.settle();
    }

    private void moveCamera() {
        cameraX = camera(sprites.x[Sprites.MARIO], 16 * level.width);
        cameraY = camera(sprites.y[Sprites.MARIO], 16 * level.height);
    }

    private static float camera(float centre, int size) {
        float corner = centre - SCREEN / 2;
        if (corner + SCREEN > size) {
            corner = size - SCREEN;
        }
        return corner < 0 ? 0 : corner;
    }

    /** Removes what is far outside the screen, and counts the fireballs that are not. */
    private void cull() {
        Sprites s = sprites;
        fireballCount = 0;
        float left = cameraX - 64;
        float right = cameraX + SCREEN + 64;
        float bottom = 16 * level.height + 32;
        for (int i = s.count - 1; i >= 0; i--) {
            if (s.x[i] < left || s.x[i] > right || s.y[i] > bottom) {
                if (i == Sprites.MARIO) {
                    lose();
                } else {
                    if (SpriteType.isEnemy(s.type[i]) && s.y[i] > SCREEN + 32) {
                        raise(Event.FALL_KILL, s.type[i]);
                    }
                    s.remove(i);
                }
            } else if (s.type[i] == SpriteType.FIREBALL) {
                fireballCount++;
            }
        }
    }

    private void updateSprites(int buttons) {
        Sprites s = sprites;
        for (int i = s.count - 1; i > Sprites.MARIO; i--) {
            if (s.alive[i]) {
                behaviour.update(i);
            }
        }
        if (s.alive[Sprites.MARIO]) {
            mario.update(buttons);
        }
    }

    /** Queues a sprite; it is updated at once, but is in the list only from the next tick on. */
    void addSprite(int type, float x, float y, int facing, int cell) {
        int i = sprites.add(type, x, y, facing, cell);
        if (type == SpriteType.FLOWER) {
            behaviour.start(i);
        } else if (type == SpriteType.SHELL || type == SpriteType.BULLET_BILL) {
            // A bullet bill never uses it, but the recordings show it.
            sprites.ya[i] = -5;
        } else if (type == SpriteType.FIREBALL) {
            sprites.ya[i] = 4;
        }
        behaviour.update(i);
    }

    void win() {
        raise(Event.WIN, 0);
        status = Status.WIN;
    }

    void lose() {
        raise(Event.LOSE, 0);
        status = Status.LOSE;
        sprites.alive[Sprites.MARIO] = false;
    }

    void raise(int code, int param) {
        if (events != null) {
            events.add(code, param, this);
        }
    }

    /** Tile of a cell: border columns go on outside, rows do not. */
    int tileAt(int column, int row) {
        if (row < 0 || row >= level.height) {
            return Tile.EMPTY;
        }
        int inside = Math.max(0, Math.min(column, level.width - 1));
        return tiles[row * level.width + inside];
    }

    void setTile(int column, int row, int tile) {
        if (column < 0 || column >= level.width || row < 0 || row >= level.height) {
            return;
        }
        if (!ownsTiles) {
            tiles = grids.copy(tiles);
            ownsTiles = true;
        }
        tiles[row * level.width + column] = (byte) tile;
    }

    /** Number of ints that {@link #save} writes. */
    int savedSize() {
        return SAVED + sprites.count * Sprites.SAVED;
    }

    /** Writes all but the tiles to {@code out[at...]}; gives up the tiles, which are now shared. */
    void save(int[] out, int at) {
        ownsTiles = false;
        out[at] = tick;
        out[at + 1] = countdown;
        out[at + 2] = status;
        out[at + 3] = pause;
        out[at + 4] = coins;
        out[at + 5] = lives;
        out[at + 6] = fireballCount;
        out[at + 7] = Float.floatToRawIntBits(cameraX);
        out[at + 8] = Float.floatToRawIntBits(cameraY);
        out[at + 9] = sprites.count;
        sprites.save(out, mario.save(out, at + 10));
    }

    /** Becomes a copy, in the original's sense (mario.md 10), of the world that was saved. */
    void load(int[] in, int at, byte[] savedTiles) {
        tiles = savedTiles;
        ownsTiles = false;
        tick = in[at];
        countdown = in[at + 1];
        status = in[at + 2];
        pause = in[at + 3];
        coins = in[at + 4];
        lives = in[at + 5];
        fireballCount = in[at + 6];
        cameraX = Float.intBitsToFloat(in[at + 7]);
        cameraY = Float.intBitsToFloat(in[at + 8]);
        sprites.load(in, mario.load(in, at + 10), in[at + 9]);
        sprites.x[Sprites.MARIO] = sprites.x[Sprites.MARIO] - 8 + 8;
        sprites.y[Sprites.MARIO] = sprites.y[Sprites.MARIO] - 15 + 15;
    }
}
