package dsage.mario;

/** Motion against tiles, with its side effects (mario.md 4). All arithmetic is float32 as written. */
final class Movement {
    /** Longest displacement that is probed at once, in pixels. */
    private static final float STRIDE = 8;

    private final World world;
    private final Sprites sprites;

    Movement(World world) {
        this.world = world;
        sprites = world.sprites;
    }

    /** Moves sprite i horizontally; false if a tile was in the way. */
    boolean slideX(int i, float dx) {
        while (dx > STRIDE) {
            if (!strideX(i, STRIDE)) {
                return false;
            }
            dx -= STRIDE;
        }
        while (dx < -STRIDE) {
            if (!strideX(i, -STRIDE)) {
                return false;
            }
            dx += STRIDE;
        }
        return dx == 0 || strideX(i, dx);
    }

    /** Moves sprite i vertically; a tile in the way stops it. */
    void slideY(int i, float dy) {
        while (dy > STRIDE) {
            if (!strideDown(i, STRIDE)) {
                return;
            }
            dy -= STRIDE;
        }
        while (dy < -STRIDE) {
            if (!strideUp(i, -STRIDE)) {
                return;
            }
            dy += STRIDE;
        }
        if (dy > 0) {
            strideDown(i, dy);
        } else if (dy < 0) {
            strideUp(i, dy);
        }
    }

    private boolean strideX(int i, float dx) {
        Sprites s = sprites;
        float x = s.x[i];
        float y = s.y[i];
        int ownX = tileOf(x);
        int ownY = tileOf(y);
        int width = SpriteType.halfWidth(s.type[i]);
        int height = s.height[i];
        float front = dx > 0 ? x + dx + width : x + dx - width;
        // All three probes: each may have side effects.
        boolean blocked =
                probeX(i, front, y - height, ownX, ownY)
                        | probeX(i, front, y - height / 2, ownX, ownY)
                        | probeX(i, front, y, ownX, ownY);
        if (!blocked && SpriteType.isRedKoopa(s.type[i]) && s.onGround[i]) {
            int ahead = world.tileAt(tileOf(front), (int) (y * 0.0625f + 1));
            blocked = !Tile.blocks(ahead, Tile.SENSE_DOWN);
        }
        if (!blocked) {
            s.x[i] = x + dx;
            return true;
        }
        if (dx > 0) {
            s.x[i] = (int) ((x + width) * 0.0625f + 1) * 16 - width - 1;
        } else {
            s.x[i] = (int) ((x - width) * 0.0625f) * 16 + width;
        }
        s.xa[i] = 0;
        return false;
    }

    private boolean strideDown(int i, float dy) {
        Sprites s = sprites;
        float x = s.x[i];
        float y = s.y[i];
        int ownX = tileOf(x);
        int ownY = tileOf(y);
        int width = SpriteType.halfWidth(s.type[i]);
        float left = x - width;
        float right = x + width;
        float feet = y + dy;
        if (probeY(i, left, feet, Tile.SENSE_NONE, ownX, ownY)
                || probeY(i, right, feet, Tile.SENSE_NONE, ownX, ownY)
                || probeY(i, left, feet + 1, Tile.SENSE_DOWN, ownX, ownY)
                || probeY(i, right, feet + 1, Tile.SENSE_DOWN, ownX, ownY)) {
            float from = i == Sprites.MARIO ? y - 1 : y;
            s.y[i] = (int) (from * 0.0625f + 1) * 16 - 1;
            s.onGround[i] = true;
            return false;
        }
        s.y[i] = feet;
        return true;
    }

    private boolean strideUp(int i, float dy) {
        Sprites s = sprites;
        float x = s.x[i];
        float y = s.y[i];
        int ownX = tileOf(x);
        int ownY = tileOf(y);
        int width = SpriteType.halfWidth(s.type[i]);
        int height = s.height[i];
        float head = y + dy - height;
        if (probeY(i, x, head, Tile.SENSE_UP, ownX, ownY)
                || probeY(i, x - width, head, Tile.SENSE_UP, ownX, ownY)
                || probeY(i, x + width, head, Tile.SENSE_UP, ownX, ownY)) {
            if (i == Sprites.MARIO) {
                world.mario.jumpTime = 0;
            }
            s.y[i] = (int) ((y - height) * 0.0625f) * 16 + height;
            s.ya[i] = 0;
            return false;
        }
        s.y[i] = y + dy;
        return true;
    }

    /** Whether Mario can rise 4 px; what is in the way is bumped. */
    boolean hasHeadRoom() {
        float x = sprites.x[0];
        float y = sprites.y[0];
        int ownX = tileOf(x);
        int ownY = tileOf(y);
        float head = y - 4 - sprites.height[0];
        return !(probeY(0, x, head, Tile.SENSE_UP, ownX, ownY)
                || probeY(0, x - 4, head, Tile.SENSE_UP, ownX, ownY)
                || probeY(0, x + 4, head, Tile.SENSE_UP, ownX, ownY));
    }

    private boolean probeX(int i, float px, float py, int ownX, int ownY) {
        int tx = tileOf(px);
        int ty = tileOf(py);
        if (tx == ownX && ty == ownY) {
            return false;
        }
        int features = Tile.FEATURES[world.tileAt(tx, ty)];
        if (features == 0) {
            return false;
        }
        boolean blocks = (features & Tile.SENSE_NONE) != 0;
        if (i == Sprites.MARIO) {
            if ((features & Tile.PICKABLE) != 0) {
                world.blocks.collect(tx, ty);
            }
        } else if (blocks && sprites.type[i] == SpriteType.SHELL) {
            world.blocks.bump(tx, ty, true);
        }
        return blocks;
    }

    private boolean probeY(int i, float px, float py, int sense, int ownX, int ownY) {
        int tx = tileOf(px);
        int ty = tileOf(py);
        if (tx == ownX && ty == ownY) {
            return false;
        }
        int features = Tile.FEATURES[world.tileAt(tx, ty)];
        if (features == 0) {
            return false;
        }
        boolean blocks = (features & sense) != 0;
        if (i == Sprites.MARIO) {
            if ((features & Tile.PICKABLE) != 0) {
                world.blocks.collect(tx, ty);
            }
            if (blocks && sense == Tile.SENSE_UP) {
                world.blocks.bump(tx, ty, world.mario.large);
            }
        }
        return blocks;
    }

    /** Tile of a pixel; a product with 1/16 is as exact as the division. */
    private static int tileOf(float pixel) {
        return (int) (pixel * 0.0625f);
    }
}
