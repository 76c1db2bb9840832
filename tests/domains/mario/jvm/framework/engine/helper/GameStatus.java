package engine.helper;

/** How a game ended. */
public enum GameStatus {
    RUNNING, WIN, LOSE, TIME_OUT
}
