package io.olapsync.testkit.fakes;

import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.SyncHistory;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A history that forgets everything at once. Thread-safe. */
public class NoHistory implements SyncHistory {

    @Override
    public void write(List<? extends HistoryEntry> entries) throws RefreshException {}

    @Override
    public List<HistoryEntry.Run> recentRuns(String plan, int limit) {
        return List.of();
    }

    @Override
    public Optional<HistoryEntry.Run> lastCompleted(String plan, SyncKind kind) {
        return Optional.empty();
    }

    @Override
    public Optional<HistoryEntry.Run> run(RunId run) {
        return Optional.empty();
    }

    @Override
    public Map<RunId, List<HistoryEntry.Step>> steps(Collection<RunId> runs) {
        return Map.of();
    }

    @Override
    public Map<ViewName, HistoryEntry.Step> latest(Collection<ViewName> views) {
        return Map.of();
    }

    @Override
    public List<RunId> sweep(Duration silence, Duration keep) {
        return List.of();
    }
}
