package dsage.mario;

/** What every sprite but Mario does in a tick (mario.md 7). */
final class Behaviour {
    private static final float WALK = 1.75f;
    /** Ticks that an item takes to come out of its block. */
    private static final int EMERGES = 9;

    private final World world;
    private final Sprites sprites;
    private final Movement movement;

    Behaviour(World world) {
        this.world = world;
        sprites = world.sprites;
        movement = world.movement;
    }

    void update(int i) {
        Sprites s = sprites;
        switch (s.type[i]) {
            case SpriteType.BULLET_BILL -> {
                s.xa[i] = s.facing[i] * 4f;
                s.x[i] += s.xa[i];
            }
            case SpriteType.FLOWER -> updateFlower(i);
            case SpriteType.MUSHROOM, SpriteType.LIFE_MUSHROOM -> {
                if (s.clock[i] < EMERGES) {
                    s.y[i]--;
                    s.clock[i]++;
                } else {
                    walk(i, WALK, 0.85f, 2);
                }
            }
            case SpriteType.FIRE_FLOWER -> {
                s.clock[i]++;
                if (s.clock[i] < EMERGES) {
                    s.y[i]--;
                }
            }
            case SpriteType.SHELL -> {
                if (s.facing[i] != 0) {
                    world.contacts.registerShell(i);
                }
                walk(i, 11, 0.85f, 2);
            }
            case SpriteType.FIREBALL -> updateFireball(i);
            default -> {
                if (s.wings[i]) {
                    walk(i, WALK, 0.95f, 0.6f);
                } else {
                    walk(i, WALK, 0.85f, 2);
                }
            }
        }
    }

    /** A flower comes out of the pipe it was put in. */
    void start(int i) {
        sprites.ya[i] = -1;
        // The jar's constructor lifts it by one pixel and updates it four times.
        sprites.y[i]--;
        for (int n = 0; n < 4; n++) {
            updateFlower(i);
        }
    }

    private void walk(int i, float speed, float damping, float gravity) {
        Sprites s = sprites;
        faceMotion(i);
        s.xa[i] = s.facing[i] * speed;
        if (!movement.slideX(i, s.xa[i])) {
            s.facing[i] = -s.facing[i];
        }
        s.onGround[i] = false;
        movement.slideY(i, s.ya[i]);
        s.ya[i] *= damping;
        s.xa[i] *= 0.89f;
        if (!s.onGround[i]) {
            s.ya[i] += gravity;
        } else if (s.wings[i]) {
            s.ya[i] = -10;
        }
    }

    private void updateFireball(int i) {
        Sprites s = sprites;
        faceMotion(i);
        s.xa[i] = s.facing[i] * 8f;
        world.contacts.registerFireball(i);
        if (!movement.slideX(i, s.xa[i])) {
            s.remove(i);
            return;
        }
        s.onGround[i] = false;
        movement.slideY(i, s.ya[i]);
        if (s.onGround[i]) {
            s.ya[i] = -10;
        }
        s.ya[i] *= 0.95f;
        s.xa[i] *= 0.89f;
        if (!s.onGround[i]) {
            s.ya[i] += 1.5f;
        }
    }

    private void updateFlower(int i) {
        Sprites s = sprites;
        if (s.ya[i] > 0 && s.y[i] >= s.yStart[i]) {
            s.y[i] = s.yStart[i];
            s.clock[i]++;
            int distance = Math.abs((int) (s.x[Sprites.MARIO] - s.x[i]));
            if (s.clock[i] > 40 && distance > 24) {
                s.clock[i] = 0;
                s.ya[i] = -1;
            }
        } else if (s.ya[i] < 0 && s.yStart[i] - s.y[i] > 20) {
            s.y[i] = s.yStart[i] - 20;
            s.clock[i]++;
            if (s.clock[i] > 40) {
                s.clock[i] = 0;
                s.ya[i] = 1;
            }
        }
        s.y[i] += s.ya[i];
    }

    private void faceMotion(int i) {
        float xa = sprites.xa[i];
        if (xa > 2) {
            sprites.facing[i] = 1;
        }
        if (xa < -2) {
            sprites.facing[i] = -1;
        }
    }
}
