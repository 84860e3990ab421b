package io.olapsync.report;

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

/** A history whose store is away. */
final class BrokenHistory implements SyncHistory {

    private static RefreshException gone() {
        return new RefreshException(RefreshException.Kind.TRANSIENT, "gone", null);
    }

    @Override
    public void write(List<? extends HistoryEntry> entries) throws RefreshException {
        throw gone();
    }

    @Override
    public List<HistoryEntry.Run> recentRuns(String plan, int limit) throws RefreshException {
        throw gone();
    }

    @Override
    public Optional<HistoryEntry.Run> lastCompleted(String plan, SyncKind kind) throws RefreshException {
        throw gone();
    }

    @Override
    public Optional<HistoryEntry.Run> run(RunId run) throws RefreshException {
        throw gone();
    }

    @Override
    public Map<RunId, List<HistoryEntry.Step>> steps(Collection<RunId> runs) throws RefreshException {
        throw gone();
    }

    @Override
    public Map<ViewName, HistoryEntry.Step> latest(Collection<ViewName> views) throws RefreshException {
        throw gone();
    }

    @Override
    public List<RunId> sweep(Duration silence, Duration keep) throws RefreshException {
        throw gone();
    }
}
