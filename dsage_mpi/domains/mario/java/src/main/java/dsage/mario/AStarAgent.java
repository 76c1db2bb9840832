package dsage.mario;

/** The planning agent (mario.md 11.6). May play any number of games, one after the other. */
public final class AStarAgent {
    /** Ticks of the old plan that are executed while the new one is made. */
    private static final int AHEAD = 2;
    /** Length of the plan of an agent that has not searched yet. */
    private static final int BLIND = 10;

    private final AStarSearch search = new AStarSearch();
    private final Plan plan = new Plan();
    private final SnapshotStore received = new SnapshotStore();
    private World model;
    private int counter;
    private int nodes;

    /** Starts a new game of a level. */
    public void reset(Level level) {
        search.reset(level);
        model = search.newModel(level);
        plan.clear();
        counter = 0;
    }

    /** Chooses the buttons of the next tick of a game. */
    public int choose(Game game, Budget budget) {
        budget.start();
        counter--;
        if (counter <= 0 || plan.size() == 0) {
            replan(game.world);
        }
        nodes = search.search(budget);
        return plan.next();
    }

    /** Nodes taken in the last call of {@link #choose}. */
    public int nodesTaken() {
        return nodes;
    }

    /** Takes over the best plan so far, and starts a search from where it will have led soon. */
    private void replan(World world) {
        if (search.hasBegun()) {
            search.plan(plan);
        } else {
            plan.clear();
            for (int n = 0; n < BLIND; n++) {
                plan.prepend(ActionSet.RUN_RIGHT);
            }
        }
        int ahead = Math.min(AHEAD, plan.size());
        search.forget();
        received.clear();
        int now = received.save(world);
        received.load(now, model);
        for (int n = 0; n < ahead; n++) {
            model.tick(plan.peek(n));
        }
        if (model.status == Status.LOSE) {
            // The original goes back to a copy of the model that it was given: two copies in all.
            received.load(now, model);
            received.load(received.save(model), model);
        }
        search.start(model);
        counter = ahead;
    }
}
