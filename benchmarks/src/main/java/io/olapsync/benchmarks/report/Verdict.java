package io.olapsync.benchmarks.report;

import java.util.Locale;

/**
 * A goal, and whether it was met.
 *
 * @param goal what was to be had, with the limit: "ratio at most 1.5"
 * @param figure what was measured
 * @param met whether it is within the limit
 */
public record Verdict(String goal, double figure, boolean met) {

    /**
     * A goal that is met by a figure that is no greater.
     *
     * @param what the figure's name, with its unit where it has one
     */
    public static Verdict atMost(String what, double figure, double limit) {
        return new Verdict(what + " at most " + number(limit), figure, figure <= limit);
    }

    /** A goal that is met by a figure that is no less. */
    public static Verdict atLeast(String what, double figure, double limit) {
        return new Verdict(what + " at least " + number(limit), figure, figure >= limit);
    }

    private static String number(double value) {
        return value == Math.rint(value) ? String.format(Locale.ROOT, "%,.0f", value) : Double.toString(value);
    }
}
