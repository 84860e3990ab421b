package io.olapsync.benchmarks.report;

import java.util.Locale;

/** Numbers for people: three digits that count. */
final class Figures {

    private Figures() {}

    static String of(double value) {
        if (!Double.isFinite(value)) {
            return "–";
        }
        double size = Math.abs(value);
        if (size >= 100) {
            return String.format(Locale.ROOT, "%,.0f", value);
        }
        String format = size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : size >= 0.1 ? "%.3f" : "%.3g";
        return size == 0 ? "0" : String.format(Locale.ROOT, format, value);
    }

    /** The median, and the quartiles where there is more than one value. */
    static String of(Samples samples) {
        return samples.values().size() == 1
                ? of(samples.median())
                : of(samples.median()) + " (" + of(samples.percentile(25)) + " to " + of(samples.percentile(75)) + ")";
    }
}
