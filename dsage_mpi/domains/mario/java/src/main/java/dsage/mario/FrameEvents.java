package dsage.mario;

import java.util.Arrays;

/** The events of the last tick that was not paused, each with Mario's state when it was raised. */
final class FrameEvents {
    int count;
    int[] code = new int[16];
    int[] param = new int[16];
    /** 0 small, 1 large, 2 fire. */
    int[] mode = new int[16];
    int[] tick = new int[16];
    float[] x = new float[16];
    float[] y = new float[16];

    void clear() {
        count = 0;
    }

    void add(int eventCode, int eventParam, World world) {
        if (count == code.length) {
            grow();
        }
        code[count] = eventCode;
        param[count] = eventParam;
        mode[count] = world.mario.mode();
        tick[count] = world.tick;
        x[count] = world.sprites.x[Sprites.MARIO];
        y[count] = world.sprites.y[Sprites.MARIO];
        count++;
    }

    private void grow() {
        int size = 2 * count;
        code = Arrays.copyOf(code, size);
        param = Arrays.copyOf(param, size);
        mode = Arrays.copyOf(mode, size);
        tick = Arrays.copyOf(tick, size);
        x = Arrays.copyOf(x, size);
        y = Arrays.copyOf(y, size);
    }
}
