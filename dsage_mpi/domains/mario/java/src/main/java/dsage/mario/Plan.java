package dsage.mario;

import java.util.Arrays;

/** Actions to come; stored from the last to the next one. */
final class Plan {
    private byte[] actions = new byte[256];
    private int size;

    void clear() {
        size = 0;
    }

    int size() {
        return size;
    }

    /** Puts an action before all others. */
    void prepend(int action) {
        if (size == actions.length) {
            actions = Arrays.copyOf(actions, 2 * size);
        }
        actions[size++] = (byte) action;
    }

    /** The action that is n ticks ahead. */
    int peek(int n) {
        return actions[size - 1 - n];
    }

    /** The next action, which leaves the plan; no buttons if there is none. */
    int next() {
        return size == 0 ? 0 : actions[--size];
    }
}
