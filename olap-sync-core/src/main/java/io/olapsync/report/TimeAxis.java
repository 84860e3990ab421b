package io.olapsync.report;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Puts durations on a line of pixels, and chooses round marks for it. */
final class TimeAxis {

    private static final long[] STEPS = {
        1,
        2,
        5,
        10,
        20,
        50,
        100,
        200,
        500,
        1_000,
        2_000,
        5_000,
        10_000,
        15_000,
        30_000,
        60_000,
        120_000,
        300_000,
        600_000,
        900_000,
        1_800_000,
        3_600_000,
        7_200_000,
        10_800_000,
        21_600_000,
        43_200_000,
        86_400_000,
        172_800_000,
        604_800_000,
        2_592_000_000L,
        31_536_000_000L
    };

    private final double from;
    private final double length;
    private final Duration whole;

    /** @param whole what the length stands for */
    TimeAxis(double from, double length, Duration whole) {
        this.from = from;
        this.length = length;
        this.whole = whole.compareTo(Duration.ofMillis(1)) < 0 ? Duration.ofMillis(1) : whole;
    }

    /** The place of a moment this long after the beginning, kept on the line. */
    double at(Duration since) {
        double share = since.toNanos() / (double) whole.toNanos();
        return from + length * Math.max(0, Math.min(1, share));
    }

    /** Round durations, the first zero, at most this many after it. */
    List<Duration> marks(int most) {
        long millis = Math.max(1, whole.toMillis());
        long step = STEPS[STEPS.length - 1];
        for (int i = STEPS.length - 1; i >= 0; i--) {
            step = millis / STEPS[i] <= most ? STEPS[i] : step;
        }
        List<Duration> marks = new ArrayList<>();
        for (long mark = 0; mark <= millis && marks.size() <= most; mark += step) {
            marks.add(Duration.ofMillis(mark));
        }
        return marks;
    }
}
