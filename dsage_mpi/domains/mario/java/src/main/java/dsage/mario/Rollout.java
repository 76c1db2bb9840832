package dsage.mario;

/** One whole game of the agent: metrics, node counts and where it has been. */
final class Rollout {
    final GameResult result;
    /** Search nodes taken in the game, and most of them in one tick. */
    final int nodes;
    final int nodesMax;
    /** Agent events per cell, row by row (mario.md 12). */
    final int[] occupancy;

    private Rollout(GameResult result, int nodes, int nodesMax, int[] occupancy) {
        this.result = result;
        this.nodes = nodes;
        this.nodesMax = nodesMax;
        this.occupancy = occupancy;
    }

    /** Is told about every iteration of the run loop. */
    interface Observer {
        void observe(Game game, int buttons);
    }

    /** Plays a game to its end. */
    static Rollout play(AStarAgent agent, Level level, Game game, Budget budget, Observer observer) {
        int nodes = 0;
        int nodesMax = 0;
        int[] occupancy = new int[level.width * level.height];
        agent.reset(level);
        while (game.isRunning()) {
            int buttons = agent.choose(game, budget);
            game.step(buttons);
            nodes += agent.nodesTaken();
            nodesMax = Math.max(nodesMax, agent.nodesTaken());
            int row = (int) (game.y() / 16);
            int column = (int) (game.x() / 16);
            if (row >= 0 && row < level.height && column >= 0 && column < level.width) {
                occupancy[row * level.width + column]++;
            }
            if (observer != null) {
                observer.observe(game, buttons);
            }
        }
        return new Rollout(game.result(), nodes, nodesMax, occupancy);
    }
}
