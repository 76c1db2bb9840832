package agents.walker;

import engine.core.MarioAgent;
import engine.core.MarioForwardModel;
import engine.core.MarioTimer;

/** Walks right, and jumps in columns with a brick on top; stands still before a "|" there. */
public class Agent implements MarioAgent {
    @Override
    public void initialize(MarioForwardModel model, MarioTimer timer) {
    }

    @Override
    public boolean[] getActions(MarioForwardModel model, MarioTimer timer) {
        char top = model.tile(0, model.column());
        return new boolean[] {false, top != '|', false, false, top == 'S'};
    }

    @Override
    public String getAgentName() {
        return "walker";
    }
}
