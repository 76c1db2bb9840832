package dsage.mario;

/** Sprite type codes, which are also the parameters of events (mario.md 7). */
public final class SpriteType {
    public static final int MARIO = -31;
    public static final int GOOMBA = 2;
    public static final int WINGED_GOOMBA = 3;
    public static final int RED_KOOPA = 4;
    public static final int WINGED_RED_KOOPA = 5;
    public static final int GREEN_KOOPA = 6;
    public static final int WINGED_GREEN_KOOPA = 7;
    public static final int SPIKY = 8;
    public static final int WINGED_SPIKY = 9;
    public static final int BULLET_BILL = 10;
    public static final int FLOWER = 11;
    public static final int MUSHROOM = 12;
    public static final int FIRE_FLOWER = 13;
    public static final int SHELL = 14;
    public static final int LIFE_MUSHROOM = 15;
    public static final int FIREBALL = 16;

    /** One more than the largest type code. */
    static final int END = 17;

    private SpriteType() {}

    static boolean isWalker(int type) {
        return type >= GOOMBA && type <= WINGED_SPIKY;
    }

    static boolean isKoopa(int type) {
        return type >= RED_KOOPA && type <= WINGED_GREEN_KOOPA;
    }

    static boolean isRedKoopa(int type) {
        return type == RED_KOOPA || type == WINGED_RED_KOOPA;
    }

    static boolean isSpiky(int type) {
        return type == SPIKY || type == WINGED_SPIKY;
    }

    static boolean isWinged(int type) {
        return isWalker(type) && (type & 1) == 1;
    }

    /** Walkers, flowers and bullet bills: what a fall counts as a kill and a shell kills. */
    static boolean isEnemy(int type) {
        return type >= GOOMBA && type <= FLOWER;
    }

    /** Half the width in pixels. */
    static int halfWidth(int type) {
        return type == FLOWER ? 2 : 4;
    }

    /** Height in pixels of a new sprite; only Mario's changes later. */
    static int height(int type) {
        if (isKoopa(type) || type == MARIO) {
            return 24;
        }
        return type == FIREBALL ? 8 : 12;
    }
}
