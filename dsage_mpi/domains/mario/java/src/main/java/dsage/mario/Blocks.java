package dsage.mario;

/** What becomes of tiles that are hit or touched (mario.md 6). */
final class Blocks {
    private final World world;
    private final Sprites sprites;

    Blocks(World world) {
        this.world = world;
        sprites = world.sprites;
    }

    /** Mario takes the coin in a cell. */
    void collect(int column, int row) {
        world.raise(Event.COLLECT, Tile.COIN);
        world.mario.takeCoin();
        world.setTile(column, row, Tile.EMPTY);
    }

    /** A cell is hit, by Mario's head from below or by a shell from the side. */
    void bump(int column, int row, boolean canBreak) {
        int features = Tile.FEATURES[world.tileAt(column, row)];
        if ((features & Tile.BUMPABLE) != 0) {
            bumpInto(column, row - 1);
            world.raise(Event.BUMP, Event.BLOCK_BUMPED);
            world.setTile(column, row, Tile.USED);
            release(features, 16 * column + 9, 16 * row + 8);
        }
        if ((features & Tile.BREAKABLE) != 0) {
            bumpInto(column, row - 1);
            if (canBreak) {
                world.raise(Event.BUMP, Event.BRICK_BROKEN);
                world.setTile(column, row, Tile.EMPTY);
            }
        }
    }

    private void release(int features, int x, int y) {
        if ((features & Tile.GIVES_POWER_UP) != 0) {
            int item = world.mario.large ? SpriteType.FIRE_FLOWER : SpriteType.MUSHROOM;
            world.addSprite(item, x, y, 1, Sprites.NO_CELL);
        } else if ((features & Tile.GIVES_LIFE) != 0) {
            world.addSprite(SpriteType.LIFE_MUSHROOM, x, y, 1, Sprites.NO_CELL);
        } else {
            world.mario.takeCoin();
        }
    }

    /** What stands on a bumped cell is hit from below. */
    private void bumpInto(int column, int row) {
        if ((Tile.FEATURES[world.tileAt(column, row)] & Tile.PICKABLE) != 0) {
            collect(column, row);
        }
        Sprites s = sprites;
        for (int i = s.count - 1; i > Sprites.MARIO; i--) {
            int width = SpriteType.halfWidth(s.type[i]);
            if (s.alive[i]
                    && s.x[i] + width > column * 16
                    && s.x[i] - width < column * 16 + 16
                    && (int) ((s.y[i] - 1) * 0.0625f) == row) {
                bumped(i);
            }
        }
    }

    private void bumped(int i) {
        Sprites s = sprites;
        switch (s.type[i]) {
            case SpriteType.MUSHROOM, SpriteType.LIFE_MUSHROOM, SpriteType.SHELL -> {
                s.facing[i] = -s.facing[Sprites.MARIO];
                s.ya[i] = -10;
            }
            case SpriteType.BULLET_BILL, SpriteType.FIREBALL, SpriteType.FIRE_FLOWER -> {}
            default -> s.remove(i);
        }
    }
}
