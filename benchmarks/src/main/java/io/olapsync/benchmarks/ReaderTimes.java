package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Samples;
import java.util.ArrayList;
import java.util.List;

/**
 * What reads took.
 *
 * @param millis of each, since it was due
 * @param lockWaits how many of them had to wait for a lock of the database for longer than a millisecond
 */
record ReaderTimes(List<Double> millis, int lockWaits) {

    static final ReaderTimes NONE = new ReaderTimes(List.of(), 0);

    /** Copies the list. */
    ReaderTimes {
        millis = List.copyOf(millis);
    }

    ReaderTimes and(ReaderTimes more) {
        List<Double> all = new ArrayList<>(millis);
        all.addAll(more.millis);
        return new ReaderTimes(all, lockWaits + more.lockWaits);
    }

    /** @param percent 100: the longest */
    double percentile(double percent) {
        return new Samples("reads", millis).percentile(percent);
    }
}
