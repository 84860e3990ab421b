package io.olapsync.testkit.fakes;

import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.Fuse;
import io.olapsync.spi.PendingInvalidation;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshExecutor;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.SyncClock;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.spi.ViewState;
import io.olapsync.spi.ViewStates;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Views that are only numbers: each has rows, and a number of rows that its sources would give it. A refresh brings the
 * one to the other. Executor and state in one, because they commit together.
 */
public final class InMemoryWarehouse implements RefreshExecutor, ViewStates {

    private final SyncClock clock;
    private final Map<ViewName, Long> sources = new HashMap<>();
    private final Map<ViewName, ViewState> states = new HashMap<>();
    private final Map<Long, PendingInvalidation> pending = new LinkedHashMap<>();

    /** Changed by refreshes that were not asked for invalidations, so that no cache has heard of it. */
    private final Set<ViewName> unannounced = new HashSet<>();

    private long snapshots;
    private long invalidations;

    /** A warehouse whose views are all empty and have never been refreshed. */
    public InMemoryWarehouse(SyncClock clock) {
        this.clock = clock;
    }

    /** Changes the sources, so that the view will have this many rows after its next refresh. */
    public synchronized void sourceRows(ViewName view, long rows) {
        sources.put(view, rows);
    }

    /** The same for several views, at the same moment. */
    public synchronized void sourceRows(long rows, ViewName... views) {
        for (ViewName view : views) {
            sources.put(view, rows);
        }
    }

    /** The rows that readers of the view see. */
    public synchronized long rows(ViewName view) {
        ViewState state = states.get(view);
        return state == null ? 0 : state.rows();
    }

    @Override
    public List<ViewRefresh> refresh(RefreshRequest request, RefreshLock lock) throws RefreshException {
        long began = clock.nanoTime();
        Instant now = clock.now();
        if (request.cancel().isCancelled()) {
            throw new RefreshException(RefreshException.Kind.CANCELLED, "cancelled: " + request.views(), null);
        }
        if (!lock.isHeld()) {
            throw new RefreshException(
                    RefreshException.Kind.TRANSIENT, "the lock was lost before the commit: " + request.views(), null);
        }
        synchronized (this) {
            for (ViewName view : request.views()) {
                requireBelievable(view, request.fuses().get(view));
            }
            DataAsOf asOf = new DataAsOf(now, String.valueOf(++snapshots));
            List<ViewRefresh> results = new ArrayList<>();
            for (ViewName view : request.views()) {
                results.add(commit(view, asOf, Duration.ofNanos(clock.nanoTime() - began), request));
            }
            return results;
        }
    }

    private void requireBelievable(ViewName view, @Nullable Fuse fuse) throws RefreshException {
        long before = rows(view);
        if (fuse == null || before == 0) {
            return;
        }
        long after = sources.getOrDefault(view, before);
        boolean vanishes = after == 0 && !fuse.mayBecomeEmpty();
        if (vanishes || Math.abs(after - before) > fuse.maxChangedShare() * before) {
            throw new RefreshException(
                    RefreshException.Kind.PERMANENT,
                    view + " would go from " + before + " to " + after + " rows, which its fuse does not allow",
                    view,
                    null,
                    null,
                    null);
        }
    }

    private ViewRefresh commit(ViewName view, DataAsOf asOf, Duration took, RefreshRequest request) {
        long before = rows(view);
        long after = sources.getOrDefault(view, before);
        RowDelta delta = new RowDelta(Math.max(0, after - before), 0, Math.max(0, before - after));
        boolean first = !states.containsKey(view);
        states.put(view, new ViewState(view, asOf, after, asOf.time(), took, Duration.ZERO));
        Optional<PendingInvalidation> invalidation = Optional.empty();
        if (first || !delta.isEmpty()) {
            unannounced.add(view);
        }
        if (request.recordsInvalidations() && unannounced.remove(view)) {
            PendingInvalidation entry = new PendingInvalidation(++invalidations, view);
            invalidation = Optional.of(entry);
            pending.put(entry.id(), entry);
        if (request.recordsInvalidations() && (first || !delta.isEmpty())) {
            PendingInvalidation recorded = new PendingInvalidation(++invalidations, view);
            pending.put(recorded.id(), recorded);
            invalidation = Optional.of(recorded);
        }
        return new ViewRefresh(view, Optional.of(delta), after, asOf, took, invalidation);
    }

    @Override
    public synchronized Map<ViewName, ViewState> read(Collection<ViewName> views) {
        Map<ViewName, ViewState> found = new LinkedHashMap<>();
        for (ViewName view : views) {
            ViewState state = states.get(view);
            if (state != null) {
                Duration age = Duration.between(state.asOf().time(), clock.now());
                found.put(
                        view,
                        new ViewState(
                                view,
                                state.asOf(),
                                state.rows(),
                                state.refreshedAt(),
                                state.took(),
                                age.isNegative() ? Duration.ZERO : age));
            }
        }
        return found;
    }

    @Override
    public synchronized List<PendingInvalidation> pendingInvalidations(Collection<ViewName> views) {
        Set<ViewName> wanted = new HashSet<>(views);
        return pending.values().stream()
                .filter(entry -> wanted.contains(entry.view()))
                .toList();
    }

    @Override
    public synchronized void invalidated(Collection<PendingInvalidation> done) {
        done.forEach(entry -> pending.remove(entry.id()));
    }
}
