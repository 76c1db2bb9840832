package engine.core;

/** What the agent sees: the level's text, and the column that Mario is in. */
public class MarioForwardModel {
    private final String[] rows;
    private final int column;

    MarioForwardModel(String[] rows, int column) {
        this.rows = rows;
        this.column = column;
    }

    public char tile(int row, int inColumn) {
        return rows[row].charAt(inColumn);
    }

    public int column() {
        return column;
    }
}
