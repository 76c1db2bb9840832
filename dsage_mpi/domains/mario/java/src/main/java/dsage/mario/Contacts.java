package dsage.mario;

import java.util.Arrays;

/** Sprites that touch each other (mario.md 8). */
final class Contacts {
    /** Half the width of what a shell or a fireball hits. */
    private static final float REACH = 16;

    private final World world;
    private final Sprites sprites;
    private int[] shells = new int[8];
    private int shellCount;
    private int[] fireballs = new int[8];
    private int fireballCount;

    Contacts(World world) {
        this.world = world;
        sprites = world.sprites;
    }

    void registerShell(int i) {
        if (shellCount == shells.length) {
            shells = Arrays.copyOf(shells, 2 * shellCount);
        }
        shells[shellCount++] = i;
    }

    void registerFireball(int i) {
        if (fireballCount == fireballs.length) {
            fireballs = Arrays.copyOf(fireballs, 2 * fireballCount);
        }
        fireballs[fireballCount++] = i;
    }

    /** Contact of every living sprite with Mario, dead or alive. */
    void withMario() {
        Sprites s = sprites;
        for (int i = s.count - 1; i > Sprites.MARIO; i--) {
            if (!s.alive[i] || s.type[i] == SpriteType.FIREBALL) {
                continue;
            }
            float dx = s.x[0] - s.x[i];
            float dy = s.y[0] - s.y[i];
            int reach = reach(s.type[i]);
            if (dx > -reach && dx < reach && dy > -s.height[i] && dy < s.height[0]) {
                touch(i, dy);
            }
        }
    }

    private static int reach(int type) {
        if (SpriteType.isWalker(type)) {
            return 12;
        }
        return type == SpriteType.FLOWER ? 8 : 16;
    }

    private void touch(int i, float dy) {
        Sprites s = sprites;
        int type = s.type[i];
        if (type == SpriteType.MUSHROOM
                || type == SpriteType.LIFE_MUSHROOM
                || type == SpriteType.FIRE_FLOWER) {
            world.raise(Event.COLLECT, type);
            world.mario.take(type);
            s.remove(i);
            return;
        }
        boolean stomp =
                s.ya[0] > 0 && dy <= 0 && (!s.onGround[0] || !world.mario.wasOnGround);
        if (type == SpriteType.SHELL) {
            touchShell(i, stomp);
        } else if (stomp && !SpriteType.isSpiky(type) && type != SpriteType.FLOWER) {
            world.mario.stomp(i);
            stomped(i);
        } else {
            world.raise(Event.HURT, type);
            world.mario.hurt();
        }
    }

    private void touchShell(int i, boolean stomp) {
        Sprites s = sprites;
        boolean moving = s.facing[i] != 0;
        if (stomp) {
            world.mario.stomp(i);
            if (moving) {
                s.xa[i] = 0;
                s.facing[i] = 0;
            } else {
                s.facing[i] = s.facing[0];
            }
        } else if (moving) {
            world.raise(Event.HURT, SpriteType.SHELL);
            world.mario.hurt();
        } else {
            world.raise(Event.KICK, SpriteType.SHELL);
            world.mario.kick();
            s.facing[i] = s.facing[0];
        }
    }

    private void stomped(int i) {
        Sprites s = sprites;
        int type = s.type[i];
        if (s.wings[i]) {
            s.wings[i] = false;
            s.ya[i] = 0;
            return;
        }
        if (SpriteType.isKoopa(type)) {
            world.addSprite(SpriteType.SHELL, s.x[i], s.y[i], 0, s.origin[i]);
        }
        if (type != SpriteType.BULLET_BILL) {
            world.raise(Event.STOMP_KILL, type);
        }
        s.remove(i);
    }

    /** Shells, then fireballs, hit other sprites. */
    void projectiles() {
        for (int n = 0; n < shellCount; n++) {
            hitAll(shells[n], true);
        }
        for (int n = 0; n < fireballCount; n++) {
            hitAll(fireballs[n], false);
        }
        shellCount = 0;
        fireballCount = 0;
    }

    private void hitAll(int missile, boolean shell) {
        Sprites s = sprites;
        for (int i = s.count - 1; i > Sprites.MARIO && s.alive[missile]; i--) {
            if (i == missile || !s.alive[i]) {
                continue;
            }
            float dx = s.x[missile] - s.x[i];
            float dy = s.y[missile] - s.y[i];
            if (dx > -REACH && dx < REACH && dy > -s.height[i] && dy < s.height[missile]) {
                if (shell) {
                    hitByShell(i, missile);
                } else {
                    hitByFireball(i, missile);
                }
            }
        }
    }

    private void hitByShell(int i, int shell) {
        int type = sprites.type[i];
        if (SpriteType.isEnemy(type)) {
            world.raise(Event.SHELL_KILL, type);
            sprites.remove(i);
        } else if (type == SpriteType.SHELL) {
            world.raise(Event.SHELL_KILL, type);
            sprites.remove(i);
            sprites.remove(shell);
        }
    }

    private void hitByFireball(int i, int fireball) {
        Sprites s = sprites;
        int type = s.type[i];
        if (SpriteType.isSpiky(type) || type == SpriteType.BULLET_BILL) {
            s.remove(fireball);
        } else if (SpriteType.isEnemy(type)) {
            world.raise(Event.FIRE_KILL, type);
            s.remove(i);
            s.remove(fireball);
        } else if (type == SpriteType.SHELL) {
            if (s.facing[i] == 0) {
                s.remove(i);
            }
            s.remove(fireball);
        }
    }
}
