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

    private static void sleep() {
        try {
            Thread.sleep(5);
        } catch (InterruptedException exception) {
            throw new IllegalStateException(exception);
        }
    }
}
