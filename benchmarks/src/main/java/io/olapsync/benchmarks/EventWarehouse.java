package io.olapsync.benchmarks;

import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.RefreshCondition;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshExecutor;
import io.olapsync.spi.RefreshFacts;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.spi.ViewState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A warehouse without data whose refreshes take no time: it knows how far its transactions have come, and up to which one
 * each view shows them.
 */
final class EventWarehouse extends NoOpPlugin.NoStates implements RefreshExecutor {

    /** Above every transaction of a benchmark. */
    static final long ALL = 1_000_000_000_000L;

    private final AtomicLong committed = new AtomicLong();
    private final AtomicInteger refreshes = new AtomicInteger();
    private final Map<ViewName, Shown> shown = new ConcurrentHashMap<>();

    /** What a view shows, and since when: an engine leaves one alone that has just been refreshed. */
    private record Shown(long transaction, long sinceNanos) {

        static Shown now(long transaction) {
            return new Shown(transaction, System.nanoTime());
        }

        DataAsOf asOf() {
            return EventWarehouse.asOf(transaction);
        }

        /** More than nothing, which would say that the clock was set back. */
        Duration age() {
            return Duration.ofNanos(Math.max(1, System.nanoTime() - sinceNanos));
        }
    }

    /** All transactions up to this one have been committed. */
    void committed(long transaction) {
        committed.accumulateAndGet(transaction, Math::max);
    }

    /** As if each of these views had been refreshed after this transaction. */
    void shows(Collection<ViewName> views, long transaction) {
        views.forEach(view -> shown.put(view, Shown.now(transaction)));
    }

    int refreshes() {
        return refreshes.get();
    }

    @Override
    public List<ViewRefresh> refresh(RefreshRequest request, RefreshLock lock) throws RefreshException {
        List<ViewRefresh> done = new ArrayList<>();
        for (ViewName view : request.views()) {
            RefreshCondition condition = request.condition();
            long now = committed.get();
            if (condition.holds(
                    new Facts(view, Optional.ofNullable(shown.get(view)).map(Shown::asOf)))) {
                refreshes.incrementAndGet();
                shown.put(view, Shown.now(now));
                done.add(new ViewRefresh(
                        view, Optional.of(RowDelta.NONE), 0, asOf(now), Duration.ZERO, Optional.empty()));
            }
        }
        return done;
    }

    private static DataAsOf asOf(long transaction) {
        long next = transaction + 1;
        return new DataAsOf(Instant.EPOCH, next + ":" + next + ":");
    }

    @Override
    public Map<ViewName, ViewState> read(Collection<ViewName> views) {
        Map<ViewName, ViewState> states = new LinkedHashMap<>();
        for (ViewName view : views) {
            Shown known = shown.get(view);
            if (known != null) {
                states.put(view, new ViewState(view, known.asOf(), 0, Instant.EPOCH, Duration.ZERO, 0, known.age()));
            }
        }
        return states;
    }

    @Override
    public Map<ViewName, ViewControl> controls(Collection<ViewName> views) {
        Map<ViewName, ViewControl> controls = new HashMap<>();
        views.forEach(view -> controls.put(view, ViewControl.none(view)));
        return controls;
    }

    private record Facts(ViewName view, Optional<DataAsOf> shows) implements RefreshFacts {
        @Override
        public Optional<Duration> sinceRefresh() {
            return Optional.empty();
        }

        @Override
        public boolean showsLatest(Set<ViewName> ancestors) {
            return true;
        }

        @Override
        public boolean nothingChanged(Set<ViewName> ancestors) {
            return false;
        }
    }
}
