package io.olapsync.examples;

import io.olapsync.spi.RunId;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.SyncListener;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Counts the refreshes that were committed, and the runs they were part of. Thread-safe. */
final class RefreshTally implements SyncListener {

    private final Map<String, Integer> refreshes = new TreeMap<>();
    private final Set<RunId> runs = new HashSet<>();

    @Override
    public synchronized void on(SyncEvent event) {
        if (event instanceof SyncEvent.StepFinished finished && finished.outcome() instanceof StepOutcome.Refreshed) {
            refreshes.merge(finished.step(), 1, Integer::sum);
            runs.add(finished.run());
        }
    }

    synchronized void reset() {
        refreshes.clear();
        runs.clear();
    }

    /** By view. */
    synchronized Map<String, Integer> refreshes() {
        return new TreeMap<>(refreshes);
    }

    synchronized int runs() {
        return runs.size();
    }
}
