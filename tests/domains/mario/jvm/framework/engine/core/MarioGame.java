package engine.core;

import engine.helper.GameStatus;
import java.awt.event.KeyAdapter;
import java.util.ArrayList;
import javax.swing.JFrame;

/** A walk to the right: RIGHT moves Mario by half a tile, JUMP lifts him by a tile. */
public class MarioGame {
    public boolean pause = false;

    private JFrame window = null;

    public MarioGame() {
    }

    public MarioGame(int[] killEvents) {
        throw new UnsupportedOperationException("not this one");
    }

    public MarioResult runGame(MarioAgent agent, String level, int timer) {
        throw new UnsupportedOperationException("not this one");
    }

    public MarioResult runGame(MarioAgent agent, String level, int timer, int marioState) {
        throw new UnsupportedOperationException("not this one");
    }

    public MarioResult runGame(MarioAgent agent, String level, int timer, int marioState,
            boolean visuals) {
        return runGame(agent, level, timer, marioState, visuals, visuals ? 30 : 0);
    }

    public MarioResult runGame(MarioAgent agent, String level, int timer, int marioState,
            boolean visuals, int fps) {
        if (visuals || agent instanceof KeyAdapter) {
            window = new JFrame("Mario");
        }
        String[] rows = level.split("\n");
        int exit = 16 * (rows[0].length() - 1);
        float x = 8;
        float y = 16 * 13 + 15;
        int jumps = 0;
        int countdown = 1000 * timer;
        GameStatus status = GameStatus.RUNNING;
        ArrayList<MarioAgentEvent> events = new ArrayList<>();
        MarioTimer clock = new MarioTimer();
        agent.initialize(new MarioForwardModel(rows, 0), clock);
        while (status == GameStatus.RUNNING) {
            boolean[] buttons = agent.getActions(new MarioForwardModel(rows, (int) x / 16), clock);
            x += buttons[1] ? 8 : 0;
            jumps += buttons[4] ? 1 : 0;
            countdown -= 30;
            if (x > exit) {
                x = exit;
                status = GameStatus.WIN;
            } else if (countdown <= 0) {
                status = GameStatus.TIME_OUT;
            }
            float height = buttons[4] ? y - 16 : y;
            events.add(new MarioAgentEvent(buttons, x, height, events.size()));
        }
        float completion = x / exit;
        switch (rows[0].charAt(0)) {
            case 'F': // stands for the exit in column 0
                completion = Float.NaN;
                break;
            case 't': // these three: engines with a bug
                completion = 1e30f;
                break;
            case '@':
                completion = -5;
                break;
            case '!':
                jumps = -3;
                break;
            default:
                break;
        }
        return new MarioResult(status, completion, jumps, countdown, events);
    }
}
