package dsage.mario;

import java.util.Arrays;

/**
 * What can be seen of a game, one entry per agent event (iteration of the run loop).
 *
 * <p>Sprites of event n, in list order and without Mario, are the entries spriteOffset[n] to
 * spriteOffset[n + 1]. A game that is won before its first iteration has no events.
 */
public final class Replay implements Rollout.Observer {
    /** Mario's reference point (bottom centre), in pixels, y downward. */
    public float[] x = new float[0];
    public float[] y = new float[0];
    /** 0 small, 1 large, 2 fire. */
    public int[] mode = new int[0];
    /** Mask of {@link Buttons}. */
    public int[] action = new int[0];
    /** One of {@link Status}, after the event. */
    public int[] status = new int[0];
    /** Tile ids, 16 x 56 per event, row by row. */
    public int[] tiles = new int[0];
    public int[] spriteOffset = new int[1];
    /** Codes of {@link SpriteType}. */
    public int[] spriteType = new int[0];
    public int[] spriteFacing = new int[0];
    public float[] spriteX = new float[0];
    public float[] spriteY = new float[0];
    /** Left edge of the camera, in pixels. */
    public int[] cameraX = new int[0];

    private int events;
    private int sprites;

    Replay() {}

    @Override
    public void observe(Game game, int buttons) {
        World world = game.world;
        Sprites s = world.sprites;
        if (events == x.length) {
            resizeEvents(2 * events + 64);
        }
        x[events] = s.x[Sprites.MARIO];
        y[events] = s.y[Sprites.MARIO];
        mode[events] = world.mario.mode();
        action[events] = buttons;
        status[events] = world.status;
        cameraX[events] = (int) world.cameraX;
        for (int cell = 0; cell < Alphabet.CELLS; cell++) {
            tiles[events * Alphabet.CELLS + cell] = world.tiles[cell];
        }
        for (int i = s.count - 1; i > Sprites.MARIO; i--) {
            observeSprite(s, i);
        }
        events++;
        spriteOffset[events] = sprites;
    }

    private void observeSprite(Sprites s, int i) {
        if (sprites == spriteType.length) {
            resizeSprites(2 * sprites + 64);
        }
        spriteType[sprites] = s.type[i];
        spriteFacing[sprites] = s.facing[i];
        spriteX[sprites] = s.x[i];
        spriteY[sprites] = s.y[i];
        sprites++;
    }

    /** Cuts all arrays to what is used. */
    void trim() {
        resizeEvents(events);
        resizeSprites(sprites);
    }

    private void resizeEvents(int size) {
        x = Arrays.copyOf(x, size);
        y = Arrays.copyOf(y, size);
        mode = Arrays.copyOf(mode, size);
        action = Arrays.copyOf(action, size);
        status = Arrays.copyOf(status, size);
        cameraX = Arrays.copyOf(cameraX, size);
        tiles = Arrays.copyOf(tiles, size * Alphabet.CELLS);
        spriteOffset = Arrays.copyOf(spriteOffset, size + 1);
    }

    private void resizeSprites(int size) {
        spriteType = Arrays.copyOf(spriteType, size);
        spriteFacing = Arrays.copyOf(spriteFacing, size);
        spriteX = Arrays.copyOf(spriteX, size);
        spriteY = Arrays.copyOf(spriteY, size);
    }
}
