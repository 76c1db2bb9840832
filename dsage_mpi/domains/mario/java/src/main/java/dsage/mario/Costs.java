package dsage.mario;

/** Cost functions of the planner, float32 as written (mario.md 11.3). */
final class Costs {
    /** Nodes that cost this or more are never taken. */
    static final float LIMIT = 10_000_000;

    static final int VISITED_PENALTY = 1500;
    private static final float MAX_SPEED = 10.9090909f;
    private static final float FRICTION = 0.89f;
    private static final float TIME_WEIGHT = 0.90f;

    private Costs() {}

    /** Time that is left to a far goal at full speed, from position x with speed xa. */
    static float base(float x, float xa) {
        float distance = (float) (10.90909091 * 1000 - 88.26446282 + 9.090909091 * xa);
        return (100000 - (distance + x)) / MAX_SPEED - 1000;
    }

    /** What {@link #base} is expected to be after two ticks of an action. */
    static float estimate(float x, float xa, int buttons) {
        float acceleration = (buttons & Buttons.SPEED) != 0 ? 1.2f : 0.6f;
        float push = 0;
        if ((buttons & Buttons.LEFT) != 0) {
            push = -acceleration;
        } else if ((buttons & Buttons.RIGHT) != 0) {
            push = acceleration;
        }
        float speed = xa + push;
        float distance = speed;
        speed *= FRICTION;
        speed += push;
        distance += speed;
        speed *= FRICTION;
        return base(x + distance, speed);
    }

    /** Added to a node in which Mario was hurt (once per mode lost; dying counts more). */
    static float damage(int damage, int depth) {
        return damage * (1_000_000 - 100 * depth);
    }

    /** What the pool is ordered by. */
    static float priority(float cost, int timeElapsed) {
        return cost + TIME_WEIGHT * timeElapsed;
    }
}
