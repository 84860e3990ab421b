package io.olapsync;

import java.util.List;

/** A path through a plan as text. */
final class PathText {

    private static final int MOST_STEPS = 40;
    private static final int STEPS_AT_END = 5;

    private PathText() {}

    /** The steps with arrows between them, the middle of a very long one left out. */
    static String of(List<String> steps) {
        if (steps.size() <= MOST_STEPS) {
            return String.join(" -> ", steps);
        }
        int last = steps.size() - STEPS_AT_END;
        int first = MOST_STEPS - STEPS_AT_END;
        return String.join(" -> ", steps.subList(0, first)) + " -> (" + (last - first) + " more) -> "
                + String.join(" -> ", steps.subList(last, steps.size()));
    }
}
