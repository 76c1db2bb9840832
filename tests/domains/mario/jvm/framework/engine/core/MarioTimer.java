package engine.core;

/** The agent's time for one tick; unlimited here. */
public class MarioTimer {
    public long getRemainingTime() {
        return 40;
    }
}
