package dsage.mario;

/**
 * Wakes enemies as the window of the camera reaches their cells, and fires cannons (mario.md 3.4).
 *
 * <p>The original notes in every cell when it was last in the window. A cell was seen in the last
 * tick exactly if it was in that tick's window, which the old camera position gives; nothing has to
 * be stored or copied.
 */
final class Spawner {
    private static final int CANNON_PERIOD = 100;
    private static final int SCREEN = 256;

    private final World world;
    private final Sprites sprites;
    private final Level level;
    private int oldLeft;
    private int oldRight;
    private int oldTop;
    private int oldBottom;

    Spawner(World world) {
        this.world = world;
        sprites = world.sprites;
        level = world.level;
    }

    /** Notes the last tick's window; called before the camera moves. */
    void remember() {
        if (world.tick == 1) {
            oldLeft = 0;
            oldRight = -1;
            return;
        }
        oldLeft = first(world.cameraX);
        oldRight = last(world.cameraX);
        oldTop = first(world.cameraY);
        oldBottom = last(world.cameraY);
    }

    void scan() {
        int left = first(world.cameraX);
        int right = last(world.cameraX);
        int top = first(world.cameraY);
        int bottom = last(world.cameraY);
        boolean cannons = level.hasCannon && world.tick % CANNON_PERIOD == 0;
        boolean moved =
                left != oldLeft || right != oldRight || top != oldTop || bottom != oldBottom;
        if (!moved && !cannons) {
            return;
        }
        for (int column = left; column <= right; column++) {
            if (cannons) {
                for (int row = top; row <= bottom; row++) {
                    wake(column, row, row);
                    fire(column, row);
                }
            } else {
                wake(column, top, bottom);
            }
        }
    }

    /** Spawns the enemies of a piece of a column that were not in the old window. */
    private void wake(int column, int top, int bottom) {
        if (column < 0 || column >= level.width) {
            return;
        }
        boolean oldColumn = column >= oldLeft && column <= oldRight;
        int end = level.enemyColumn[column + 1];
        for (int n = level.enemyColumn[column]; n < end; n++) {
            int cell = level.enemyCell[n];
            int row = cell / level.width;
            boolean old = oldColumn && row >= oldTop && row <= oldBottom;
            if (row >= top && row <= bottom && !old && !lives(cell)) {
                spawn(level.enemyType[n], column, row, cell);
            }
        }
    }

    /** Whether a sprite in the list, even one that is dead by now, stems from a cell. */
    private boolean lives(int cell) {
        for (int i = 0; i < sprites.count; i++) {
            if (sprites.origin[i] == cell) {
                return true;
            }
        }
        return false;
    }

    private void spawn(int type, int column, int row, int cell) {
        if (type == SpriteType.FLOWER) {
            world.addSprite(type, 16 * column + 17, 16 * row + 18, 1, cell);
        } else {
            int direction = direction(column);
            int facing = direction == 0 ? 1 : direction;
            world.addSprite(type, 16 * column + 8, 16 * row + 15, facing, cell);
        }
    }

    private void fire(int column, int row) {
        int direction = direction(column);
        if (direction != 0 && world.tileAt(column, row) == Tile.CANNON) {
            world.addSprite(
                    SpriteType.BULLET_BILL,
                    16 * column + 8 + 8 * direction,
                    16 * row + 15,
                    direction,
                    Sprites.NO_CELL);
        }
    }

    /** From a column to Mario: -1 left, 1 right, 0 if he is near. */
    private int direction(int column) {
        float marioX = sprites.x[Sprites.MARIO];
        int x = 16 * column + 8;
        if (x > marioX + 16) {
            return -1;
        }
        return x < marioX - 16 ? 1 : 0;
    }

    private static int first(float camera) {
        return (int) camera / 16 - 1;
    }

    private static int last(float camera) {
        return (int) (camera + SCREEN) / 16 + 1;
    }
}
