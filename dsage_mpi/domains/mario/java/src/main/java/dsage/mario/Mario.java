package dsage.mario;

/** Mario (mario.md 5). What he shares with other sprites is in {@link Sprites} as number 0. */
final class Mario {
    /** Ints that {@link #save} writes. */
    static final int SAVED = 4;

    private static final float JUMP_SPEED = -1.9f;
    private static final int TAKE_OFF_TIME = 7;
    private static final int BOUNCE_TIME = 8;
    private static final int PAUSE = 9;
    private static final int INVULNERABLE = 32;
    private static final float NO_JUMP = -100;

    boolean wasOnGround;
    boolean mayJump;
    boolean canShoot;
    boolean ducking;
    boolean large;
    boolean fire;
    int jumpTime;
    int invulnerable;
    float jumpStartX = NO_JUMP;

    private final World world;
    private final Sprites sprites;
    private final Movement movement;

    Mario(World world) {
        this.world = world;
        sprites = world.sprites;
        movement = world.movement;
    }

    /** 0 small, 1 large, 2 fire. */
    int mode() {
        return (large ? 1 : 0) + (fire ? 1 : 0);
    }

    /** One tick of his own motion. */
    void update(int buttons) {
        Sprites s = sprites;
        boolean jump = (buttons & Buttons.JUMP) != 0;
        boolean speed = (buttons & Buttons.SPEED) != 0;
        if (invulnerable > 0) {
            invulnerable--;
        }
        boolean grounded = s.onGround[0];
        wasOnGround = grounded;
        if (grounded) {
            ducking = (buttons & Buttons.DOWN) != 0 && large;
        }
        s.height[0] = large && !ducking ? 24 : 12;
        float xa = s.xa[0];
        if (xa > 2) {
            s.facing[0] = 1;
        }
        if (xa < -2) {
            s.facing[0] = -1;
        }
        if (jump) {
            jump();
        } else {
            jumpTime = 0;
        }
        float acceleration = speed ? 1.2f : 0.6f;
        if ((buttons & Buttons.LEFT) != 0 && !ducking) {
            xa -= acceleration;
            s.facing[0] = -1;
        }
        if ((buttons & Buttons.RIGHT) != 0 && !ducking) {
            xa += acceleration;
            s.facing[0] = 1;
        }
        if (speed && canShoot && fire && world.fireballCount < 2) {
            int facing = s.facing[0];
            world.addSprite(
                    SpriteType.FIREBALL, s.x[0] + facing * 6, s.y[0] - 20, facing, Sprites.NO_CELL);
        }
        canShoot = !speed;
        mayJump = s.onGround[0] && !jump;
        if (Math.abs(xa) < 0.5f) {
            xa = 0;
        }
        s.xa[0] = xa;
        s.onGround[0] = false;
        movement.slideX(0, xa);
        movement.slideY(0, s.ya[0]);
        finishMove();
    }

    private void finishMove() {
        Sprites s = sprites;
        if (!wasOnGround && s.onGround[0] && jumpStartX >= 0) {
            world.raise(Event.LAND, 0);
            jumpStartX = NO_JUMP;
        }
        if (s.x[0] < 0) {
            s.x[0] = 0;
            s.xa[0] = 0;
        }
        int exitX = 16 * world.level.exitColumn;
        if (s.x[0] > exitX) {
            s.x[0] = exitX;
            s.xa[0] = 0;
            world.win();
        }
        s.ya[0] *= 0.85f;
        s.xa[0] *= 0.89f;
        if (!s.onGround[0]) {
            s.ya[0] += 3;
        }
    }

    /** The jump button is held: take off, or rise on. */
    private void jump() {
        Sprites s = sprites;
        if (s.onGround[0] && mayJump) {
            jumpTime = TAKE_OFF_TIME;
            s.ya[0] = jumpTime * JUMP_SPEED;
            s.onGround[0] = false;
            if (movement.hasHeadRoom()) {
                jumpStartX = s.x[0];
                world.raise(Event.JUMP, 0);
            }
        } else if (jumpTime > 0) {
            s.ya[0] = jumpTime * JUMP_SPEED;
            jumpTime--;
        }
    }

    /** Bounces off a sprite that he landed on. */
    void stomp(int target) {
        Sprites s = sprites;
        if (!s.alive[0]) {
            return;
        }
        float targetY = s.y[target] - s.height[target] / 2;
        movement.slideY(0, targetY - s.y[0]);
        jumpTime = BOUNCE_TIME;
        s.ya[0] = jumpTime * JUMP_SPEED;
        s.onGround[0] = false;
        invulnerable = 1;
    }

    void kick() {
        if (sprites.alive[0]) {
            invulnerable = 1;
        }
    }

    void hurt() {
        if (!sprites.alive[0] || invulnerable > 0) {
            return;
        }
        if (large) {
            world.pause = PAUSE;
            if (fire) {
                fire = false;
            } else {
                large = false;
            }
            invulnerable = INVULNERABLE;
        } else {
            world.lose();
        }
    }

    /** Takes a mushroom, life mushroom or fire flower. */
    void take(int item) {
        if (!sprites.alive[0]) {
            return;
        }
        if (item == SpriteType.LIFE_MUSHROOM) {
            world.lives++;
        } else if (item == SpriteType.FIRE_FLOWER ? fire : large) {
            takeCoin();
        } else {
            world.pause = PAUSE;
            large = true;
            fire = item == SpriteType.FIRE_FLOWER;
        }
    }

    void takeCoin() {
        if (!sprites.alive[0]) {
            return;
        }
        world.coins++;
        if (world.coins % 100 == 0) {
            world.lives++;
        }
    }

    int save(int[] out, int at) {
        out[at] =
                (wasOnGround ? 1 : 0)
                        | (mayJump ? 2 : 0)
                        | (canShoot ? 4 : 0)
                        | (ducking ? 8 : 0)
                        | (large ? 16 : 0)
                        | (fire ? 32 : 0);
        out[at + 1] = jumpTime;
        out[at + 2] = invulnerable;
        out[at + 3] = Float.floatToRawIntBits(jumpStartX);
        return at + SAVED;
    }

    int load(int[] in, int at) {
        int flags = in[at];
        wasOnGround = (flags & 1) != 0;
        mayJump = (flags & 2) != 0;
        canShoot = (flags & 4) != 0;
        ducking = (flags & 8) != 0;
        large = (flags & 16) != 0;
        fire = (flags & 32) != 0;
        jumpTime = in[at + 1];
        invulnerable = in[at + 2];
        jumpStartX = Float.intBitsToFloat(in[at + 3]);
        return at + SAVED;
    }
}
