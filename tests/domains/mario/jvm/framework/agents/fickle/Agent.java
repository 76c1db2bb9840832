package agents.fickle;

import engine.core.MarioForwardModel;
import engine.core.MarioTimer;
import java.util.ArrayList;

/** A walker that does what the level's first tile says. */
public class Agent extends agents.walker.Agent {
    private static final ArrayList<byte[]> MEMORY = new ArrayList<>();

    @Override
    public boolean[] getActions(MarioForwardModel model, MarioTimer timer) {
        switch (model.tile(0, 0)) {
            case 'X':
                throw new IllegalStateException("the agent is lost");
            case 'o':
                while (true) {
                    Thread.onSpinWait();
                }
            case '#':
                while (true) {
                    MEMORY.add(new byte[1 << 20]);
                }
            case '%':
                return deeper(model, timer, 1);
            case 'M':
                System.exit(7);
                return null;
            case 'y':
                Runtime.getRuntime().halt(8);
                return null;
            case 'k':
                crash();
                return null;
            case 'r':
                throw new IllegalStateException("lost: " + new Object());
            case 'g':
                System.out.println("I take my time");
                sleep();
                break;
            default:
                break;
        }
        return super.getActions(model, timer);
    }

    private boolean[] deeper(MarioForwardModel model, MarioTimer timer, int depth) {
        return depth > 0 ? deeper(model, timer, depth + 1) : null;
    }

    /** Writes to address 0. */
    private static void crash() {
        try {
            Class<?> unsafe = Class.forName("sun.misc.Unsafe");
            java.lang.reflect.Field field = unsafe.getDeclaredField("theUnsafe");
            field.setAccessible(true);
            unsafe.getMethod("putAddress", long.class, long.class).invoke(field.get(null), 0, 0);
        } catch (ReflectiveOperationException exception) {
            throw new IllegalStateException(exception);
        }
    }

    private static void sleep() {
        try {
            Thread.sleep(5);
        } catch (InterruptedException exception) {
            throw new IllegalStateException(exception);
        }
    }
}
