package io.olapsync.benchmarks;

/**
 * How long a question may take.
 *
 * @param quick whether all questions together have two minutes: few turns, the least data
 * @param scale the most data that a question may ask for; questions of a full run are asked at {@link Scale#M} and, where
 *     it is this one, at {@link Scale#L}
 */
public record Effort(boolean quick, Scale scale) {

    /** Everything in less than two minutes. */
    public static final Effort QUICK = new Effort(true, Scale.S);

    /** One or the other, as the effort is. */
    public int turns(int ofQuick, int ofFull) {
        return quick ? ofQuick : ofFull;
    }
}
