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

/** A history that can be away, or leave its writer in doubt. */
public final class FaultyHistory implements SyncHistory {

    private final SyncHistory target;
    private boolean away;
    private int unclear;

    /** Passes everything on to this history. */
    public FaultyHistory(SyncHistory target) {
        this.target = target;
    }

    /** Whether it refuses from now on. */
    public synchronized void away(boolean isAway) {
        away = isAway;
    }

    /** The next so many writes are done, and fail all the same, as when the connection dies with the answer. */
    public synchronized void unclear(int writes) {
        unclear = writes;
    }

    @Override
    public void write(List<? extends HistoryEntry> entries) throws RefreshException {
        requirePresent();
        target.write(entries);
        if (leavesInDoubt()) {
            throw failure("the connection to the history died with its answer");
        }
    }

    @Override
    public List<HistoryEntry.Run> recentRuns(String plan, int limit) throws RefreshException {
        requirePresent();
        return target.recentRuns(plan, limit);
    }

    @Override
    public Optional<HistoryEntry.Run> lastCompleted(String plan, SyncKind kind) throws RefreshException {
        requirePresent();
        return target.lastCompleted(plan, kind);
    }

    @Override
    public Optional<HistoryEntry.Run> run(RunId run) throws RefreshException {
        requirePresent();
        return target.run(run);
    }

    @Override
    public Map<RunId, List<HistoryEntry.Step>> steps(Collection<RunId> runs) throws RefreshException {
        requirePresent();
        return target.steps(runs);
    }

    @Override
    public Map<ViewName, HistoryEntry.Step> latest(Collection<ViewName> views) throws RefreshException {
        requirePresent();
        return target.latest(views);
    }

    @Override
    public List<RunId> sweep(Duration silence, Duration keep) throws RefreshException {
        requirePresent();
        return target.sweep(silence, keep);
    }

    private synchronized void requirePresent() throws RefreshException {
        if (away) {
            throw failure("the history is away");
        }
    }

    private synchronized boolean leavesInDoubt() {
        return unclear > 0 && unclear-- > 0;
    }

    private static RefreshException failure(String message) {
        return new RefreshException(RefreshException.Kind.TRANSIENT, message, null);
    }
}
