package io.olapsync.benchmarks;

import java.util.Arrays;
import java.util.List;

/**
 * How long a question may take.
 *
 * @param quick whether all questions together have less than two minutes: few turns, the least data
 * @param scale the most data that a question may ask for
 */
public record Effort(boolean quick, Scale scale) {

    /** Everything in less than two minutes. */
    public static final Effort QUICK = new Effort(true, Scale.S);

    /** The sizes of the star that are asked for, from the least. */
    public List<Scale> scales() {
        List<Scale> scales = Arrays.asList(Scale.values());
        return scales.subList(0, scales.indexOf(scale) + 1);
    }

    /** One or the other, as the effort is. */
    public int turns(int ofQuick, int ofFull) {
        return quick ? ofQuick : ofFull;
    }
}
