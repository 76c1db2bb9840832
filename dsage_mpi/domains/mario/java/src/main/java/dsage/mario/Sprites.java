package dsage.mario;

import java.util.Arrays;

/**
 * All sprites of a world, one array per property.
 *
 * <p>The original's list has Mario last and new sprites in front. Here it is stored from its end:
 * Mario is number 0, iteration in list order is downward from {@code count - 1}, and sprites that
 * are added during a tick wait behind {@code count} until {@link #settle}.
 */
final class Sprites {
    static final int MARIO = 0;
    /** Origin of a sprite that no level cell stands for. */
    static final int NO_CELL = -1;
    /** Ints that {@link #save} writes per sprite. */
    static final int SAVED = 8;

    int count;
    int queued;
    int[] type = new int[16];
    int[] facing = new int[16];
    int[] height = new int[16];
    /** Ticks since creation of items, waiting ticks of flowers. */
    int[] clock = new int[16];
    /** Level cell that an enemy (or its shell) stems from. */
    int[] origin = new int[16];
    float[] x = new float[16];
    float[] y = new float[16];
    float[] xa = new float[16];
    float[] ya = new float[16];
    /** Where a flower rests. */
    float[] yStart = new float[16];
    boolean[] onGround = new boolean[16];
    boolean[] wings = new boolean[16];
    boolean[] alive = new boolean[16];

    private boolean someRemoved;

    /** Queues a sprite and returns its number, valid until {@link #settle}. */
    int add(int newType, float newX, float newY, int newFacing, int cell) {
        int i = count + queued++;
        if (i == type.length) {
            grow();
        }
        type[i] = newType;
        facing[i] = newFacing;
        height[i] = SpriteType.height(newType);
        clock[i] = 0;
        origin[i] = cell;
        x[i] = newX;
        y[i] = newY;
        xa[i] = 0;
        ya[i] = 0;
        yStart[i] = newY;
        onGround[i] = false;
        wings[i] = SpriteType.isWinged(newType);
        alive[i] = true;
        return i;
    }

    /** Marks a sprite as dead; it leaves the list when the tick ends. */
    void remove(int i) {
        alive[i] = false;
        someRemoved = true;
    }

    /** End of the tick: queued sprites come to the front of the list, dead ones leave it. */
    void settle() {
        if (queued > 0) {
            int last = count + queued - 1;
            for (int i = count; i < last; i++, last--) {
                swap(i, last);
            }
            count += queued;
            queued = 0;
        }
        if (someRemoved) {
            int kept = MARIO + 1;
            for (int i = kept; i < count; i++) {
                if (alive[i]) {
                    if (kept != i) {
                        copy(i, kept);
                    }
                    kept++;
                }
            }
            count = kept;
            someRemoved = false;
        }
    }

    /** Writes the settled list to {@code out[at...]} and returns the end. */
    int save(int[] out, int at) {
        for (int i = 0; i < count; i++, at += SAVED) {
            out[at] =
                    type[i] & 0xff
                            | (facing[i] & 3) << 8
                            | (onGround[i] ? 1 << 10 : 0)
                            | (wings[i] ? 1 << 11 : 0)
                            | height[i] << 16;
            out[at + 1] = clock[i];
            out[at + 2] = origin[i];
            out[at + 3] = Float.floatToRawIntBits(x[i]);
            out[at + 4] = Float.floatToRawIntBits(y[i]);
            out[at + 5] = Float.floatToRawIntBits(xa[i]);
            out[at + 6] = Float.floatToRawIntBits(ya[i]);
            out[at + 7] = Float.floatToRawIntBits(yStart[i]);
        }
        return at;
    }

    /** Reads a list as the original copies it: all alive, flowers 5 px higher (mario.md 10). */
    void load(int[] in, int at, int number) {
        count = number;
        queued = 0;
        someRemoved = false;
        while (type.length < number) {
            grow();
        }
        for (int i = 0; i < number; i++, at += SAVED) {
            int packed = in[at];
            type[i] = (byte) packed;
            facing[i] = packed << 22 >> 30;
            onGround[i] = (packed & 1 << 10) != 0;
            wings[i] = (packed & 1 << 11) != 0;
            height[i] = packed >> 16;
            clock[i] = in[at + 1];
            origin[i] = in[at + 2];
            x[i] = Float.intBitsToFloat(in[at + 3]);
            y[i] = Float.intBitsToFloat(in[at + 4]);
            xa[i] = Float.intBitsToFloat(in[at + 5]);
            ya[i] = Float.intBitsToFloat(in[at + 6]);
            yStart[i] = Float.intBitsToFloat(in[at + 7]);
            alive[i] = true;
            if (type[i] == SpriteType.FLOWER) {
                y[i] -= 5;
            }
        }
    }

    private void copy(int from, int to) {
        type[to] = type[from];
        facing[to] = facing[from];
        height[to] = height[from];
        clock[to] = clock[from];
        origin[to] = origin[from];
        x[to] = x[from];
        y[to] = y[from];
        xa[to] = xa[from];
        ya[to] = ya[from];
        yStart[to] = yStart[from];
        onGround[to] = onGround[from];
        wings[to] = wings[from];
        alive[to] = alive[from];
    }

    private void swap(int i, int j) {
        int spare = count + queued;
        if (spare == type.length) {
            grow();
        }
        copy(i, spare);
        copy(j, i);
        copy(spare, j);
    }

    private void grow() {
        int size = 2 * type.length;
        type = Arrays.copyOf(type, size);
        facing = Arrays.copyOf(facing, size);
        height = Arrays.copyOf(height, size);
        clock = Arrays.copyOf(clock, size);
        origin = Arrays.copyOf(origin, size);
        x = Arrays.copyOf(x, size);
        y = Arrays.copyOf(y, size);
        xa = Arrays.copyOf(xa, size);
        ya = Arrays.copyOf(ya, size);
        yStart = Arrays.copyOf(yStart, size);
        onGround = Arrays.copyOf(onGround, size);
        wings = Arrays.copyOf(wings, size);
        alive = Arrays.copyOf(alive, size);
    }
}
