package engine.core;

import engine.helper.GameStatus;
import java.util.ArrayList;

/** What came out; numbers that the toy game does not have are fixed, each another one. */
public class MarioResult {
    private final GameStatus status;
    private final float completion;
    private final int jumps;
    private final int remaining;
    private final ArrayList<MarioAgentEvent> events;

    MarioResult(GameStatus status, float completion, int jumps, int remaining,
            ArrayList<MarioAgentEvent> events) {
        this.status = status;
        this.completion = completion;
        this.jumps = jumps;
        this.remaining = remaining;
        this.events = events;
    }

    public GameStatus getGameStatus() {
        return status;
    }

    public float getCompletionPercentage() {
        return completion;
    }

    public int getRemainingTime() {
        return remaining;
    }

    public ArrayList<MarioAgentEvent> getAgentEvents() {
        return events;
    }

    public int getNumJumps() {
        return jumps;
    }

    public int getMarioMode() {
        return 2;
    }

    public int getKillsTotal() {
        return 10;
    }

    public int getKillsByFire() {
        return 1;
    }

    public int getKillsByStomp() {
        return 2;
    }

    public int getKillsByShell() {
        return 3;
    }

    public int getKillsByFall() {
        return 4;
    }

    public int getMarioNumKills(int type) {
        return 100 + type;
    }

    public int getMarioNumHurts() {
        return 5;
    }

    public float getMaxXJump() {
        return 121.5f;
    }

    public int getMaxJumpAirTime() {
        return 13;
    }

    public int getCurrentLives() {
        return 6;
    }

    public int getCurrentCoins() {
        return 7;
    }

    public int getNumCollectedMushrooms() {
        return 8;
    }

    public int getNumCollectedFireflower() {
        return 9;
    }

    public int getNumCollectedTileCoins() {
        return 11;
    }

    public int getNumDestroyedBricks() {
        return 12;
    }
}
