package io.olapsync.testkit.fakes;

import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.Fuse;
import io.olapsync.spi.PendingInvalidation;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshExecutor;
import io.olapsync.spi.RefreshFacts;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshOrder;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.SyncClock;
import io.olapsync.spi.ViewConfirmation;
import io.olapsync.spi.ViewControl;
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
import java.util.Objects;
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
    private final InMemoryControls controls;
    private final Map<ViewName, Long> refreshedBy = new HashMap<>();
    private final Map<ViewName, Duration> times = new HashMap<>();
    private long transactions; // the last one that was committed
    private long foreign; // the last one of them that was not the warehouse's own

    /** Changed by refreshes that were not asked for invalidations, so that no cache has heard of it. */
    private final Set<ViewName> unannounced = new HashSet<>();

    private long invalidations;
    private Duration step = Duration.ZERO;

    /** A warehouse whose views are all empty and have never been refreshed. */
    public InMemoryWarehouse(SyncClock clock) {
        this.clock = clock;
        this.controls = new InMemoryControls(clock);
    }

    /** Sets the clock of the database forward, or with a negative duration back. */
    public synchronized void stepClock(Duration by) {
        step = step.plus(by);
    }

    /** From now on a refresh of the view is as if it had begun this long before: so much older is what it shows. */
    public synchronized void takes(ViewName view, Duration time) {
        times.put(view, time);
    }

    /** What the clock of the database shows. */
    public synchronized Instant databaseTime() {
        return clock.now().plus(step);
    }

    /** Commits a transaction of a host, and returns its id: one that a refresh from now on covers. */
    public synchronized long commit() {
        foreign = ++transactions;
        return transactions;
    }

    /** Changes the sources, so that the view will have this many rows after its next refresh. */
    public synchronized void sourceRows(ViewName view, long rows) {
        commit();
        sources.put(view, rows);
    }

    /** The same for several views, at the same moment. */
    public synchronized void sourceRows(long rows, ViewName... views) {
        commit();
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
        Instant now = databaseTime();
        if (request.cancel().isCancelled()) {
            throw new RefreshException(RefreshException.Kind.CANCELLED, "cancelled: " + request.views(), null);
        }
        if (!lock.isHeld()) {
            throw new RefreshException(
                    RefreshException.Kind.TRANSIENT, "the lock was lost before the commit: " + request.views(), null);
        }
        synchronized (this) {
            if (!isWanted(request)) {
                return List.of();
            }
            for (ViewName view : request.views()) {
                requireBelievable(view, request.fuses().get(view));
            }
            DataAsOf asOf = new DataAsOf(now, now().toString());
            transactions++;
            List<ViewRefresh> results = new ArrayList<>();
            for (ViewName view : request.views()) {
                Duration time = times.getOrDefault(view, Duration.ZERO);
                DataAsOf shown = new DataAsOf(asOf.time().minus(time), asOf.snapshot());
                Duration took = Duration.ofNanos(clock.nanoTime() - began).plus(time);
                results.add(commit(view, shown, took, request));
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
        ViewState earlier = states.get(view);
        boolean first = earlier == null;
        boolean changed = first || !delta.isEmpty();
        long lastChange = changed || earlier == null ? transactions : earlier.lastChange();
        states.put(view, new ViewState(view, asOf, after, databaseTime(), took, lastChange, Duration.ZERO));
        refreshedBy.put(view, transactions);
        controls.refreshed(view);
        Optional<PendingInvalidation> invalidation = Optional.empty();
        if (first || !delta.isEmpty()) {
            unannounced.add(view);
        }
        if (request.recordsInvalidations() && unannounced.remove(view)) {
            PendingInvalidation entry = new PendingInvalidation(++invalidations, view);
            invalidation = Optional.of(entry);
            pending.put(entry.id(), entry);
        }
        return new ViewRefresh(view, Optional.of(delta), after, asOf, took, invalidation);
    }

    @Override
    public synchronized Map<ViewName, ViewState> read(Collection<ViewName> views) {
        Map<ViewName, ViewState> found = new LinkedHashMap<>();
        for (ViewName view : views) {
            ViewState state = states.get(view);
            if (state != null) {
                Duration age = Duration.between(state.asOf().time(), databaseTime());
                found.put(
                        view,
                        new ViewState(
                                view,
                                state.asOf(),
                                state.rows(),
                                state.refreshedAt(),
                                state.took(),
                                state.lastChange(),
                                age.isNegative() ? Duration.ZERO : age,
                                state.confirmedAt()));
            }
        }
        return found;
    }

    @Override
    public synchronized void confirmed(Collection<ViewConfirmation> unchanged) {
        unchanged.forEach(confirmation -> {
            ViewState state = states.get(confirmation.view());
            if (state != null && state.asOf().snapshot().equals(confirmation.snapshot())) {
                transactions++;
                states.put(state.view(), confirmed(state, confirmation.sinceRefresh()));
            }
        });
    }

    private static ViewState confirmed(ViewState state, Duration sinceRefresh) {
        Instant at = state.refreshedAt().plus(sinceRefresh);
        Instant latest =
                state.confirmedAt().filter(before -> before.isAfter(at)).orElse(at);
        return new ViewState(
                state.view(),
                state.asOf(),
                state.rows(),
                state.refreshedAt(),
                state.took(),
                state.lastChange(),
                state.staleness(),
                Optional.of(latest));
    }

    private boolean isWanted(RefreshRequest request) throws RefreshException {
        boolean wanted = false;
        for (ViewName view : request.views()) {
            wanted |= request.condition().holds(new Facts(view));
        }
        return wanted;
    }

    /** What is true while the warehouse is locked. */
    private final class Facts implements RefreshFacts {

        private final ViewName view;

        Facts(ViewName view) {
            this.view = view;
        }

        @Override
        public ViewName view() {
            return view;
        }

        @Override
        public Optional<DataAsOf> shows() {
            return Optional.ofNullable(states.get(view)).map(ViewState::asOf);
        }

        @Override
        public Optional<Duration> sinceRefresh() {
            return Optional.ofNullable(states.get(view))
                    .map(state -> Duration.between(state.refreshedAt(), databaseTime()));
        }

        @Override
        public boolean showsLatest(Set<ViewName> ancestors) {
            Optional<Snapshot> shown = shows().map(asOf -> Snapshot.parse(asOf.snapshot()));
            return shown.isPresent()
                    && ancestors.stream().allMatch(ancestor -> {
                        ViewState state = states.get(ancestor);
                        boolean together = Objects.equals(refreshedBy.get(view), refreshedBy.get(ancestor));
                        return state != null && (together || shown.get().covers(state.lastChange()));
                    });
        }

        @Override
        public boolean nothingChanged(Set<ViewName> ancestors) {
            Optional<Snapshot> shown = shows().map(asOf -> Snapshot.parse(asOf.snapshot()));
            return shown.isPresent() && shown.get().covers(foreign) && showsLatest(ancestors);
        }
    }

    @Override
    public synchronized Snapshot now() {
        long next = transactions + 1;
        return Snapshot.parse(next + ":" + next + ":");
    }

    @Override
    public synchronized void order(Collection<ViewName> views, Duration delay, String reason) {
        controls.order(views, ++transactions, delay, reason);
    }

    @Override
    public synchronized List<RefreshOrder> orders(Collection<ViewName> views) {
        return controls.orders(views);
    }

    @Override
    public synchronized void fulfilled(Collection<RefreshOrder> orders) {
        controls.fulfilled(orders);
    }

    @Override
    public synchronized Map<ViewName, ViewControl> controls(Collection<ViewName> views) {
        Map<ViewName, ViewControl> found = new LinkedHashMap<>();
        views.forEach(view -> found.put(view, controls.control(view)));
        return found;
    }

    @Override
    public synchronized Set<ViewName> failed(Collection<ViewName> views, int suspendAfter) {
        return controls.failed(views, suspendAfter);
    }

    @Override
    public synchronized void pause(Collection<ViewName> views, String reason) {
        controls.pause(views, reason);
    }

    @Override
    public synchronized void resume(Collection<ViewName> views) {
        controls.resume(views);
    }

    @Override
    public synchronized void eventsArriving(Collection<ViewName> views) {
        controls.eventsArriving(views);
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
