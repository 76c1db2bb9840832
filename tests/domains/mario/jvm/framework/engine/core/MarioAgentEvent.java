package engine.core;

/** One tick. */
public class MarioAgentEvent {
    private final boolean[] actions;
    private final float x;
    private final float y;
    private final int time;

    MarioAgentEvent(boolean[] actions, float x, float y, int time) {
        this.actions = actions;
        this.x = x;
        this.y = y;
        this.time = time;
    }

    public boolean[] getActions() {
        return actions;
    }

    public float getMarioX() {
        return x;
    }

    public float getMarioY() {
        return y;
    }

    public int getMarioState() {
        return time % 3;
    }

    public boolean getMarioOnGround() {
        return true;
    }

    public int getTime() {
        return time;
    }
}
