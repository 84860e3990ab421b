package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.Fuse;
import io.olapsync.spi.LockProvider;
import io.olapsync.spi.PendingInvalidation;
import io.olapsync.spi.RefreshCondition;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshExecutor;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.RunId;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.spi.ViewState;
import io.olapsync.spi.ViewStates;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Future;

/** A store with views whose sources a test changes, and an executor that refreshes them. */
abstract class RefreshExecutorFixture {

    static final Duration LONG = Duration.ofSeconds(30);

    /** What a store looks like to everybody: nothing of it may have changed after a failure. */
    record Seen(List<Long> rows, Map<ViewName, StateSeen> states, List<PendingInvalidation> pending) {}

    record StateSeen(String snapshot, long rows) {
        static StateSeen of(ViewState state) {
            return new StateSeen(state.asOf().snapshot(), state.rows());
        }
    }

    /** The executor under test. */
    protected abstract RefreshExecutor executor();

    /** The locks it is meant to work with. */
    protected abstract LockProvider locks();

    /** The states it commits, read on another way, which {@link #loseStore} leaves alone. */
    protected abstract ViewStates states();

    /** There is a view of this name that has never been refreshed, and whose sources have no rows. */
    protected abstract void createView(ViewName view);

    /** Changes the sources of these views in one commit: as they are now, each view has this many rows. */
    protected abstract void sourceRows(long rows, ViewName... views);

    /** The rows of the view that readers see; zero where it was never refreshed. */
    protected abstract long visibleRows(ViewName view);

    /** From now on the view cannot be refreshed, for a reason in the view or its sources. */
    protected abstract void breakView(ViewName view);

    /**
     * The next refresh of the view gets stuck in its work, until the result is closed. A view is stalled at most once
     * in a test.
     */
    protected abstract StalledRefresh stall(ViewName view);

    /** Whether the store still works at a refresh of the view, or holds something for it. */
    protected abstract boolean isAtWork(ViewName view);

    /** {@link #executor()} and {@link #locks()} do not reach the store any more, until the test ends. */
    protected abstract void loseStore();

    ViewName newView(String name, long rows) {
        ViewName view = Names.view(name);
        createView(view);
        sourceRows(rows, view);
        return view;
    }

    /** A view that was refreshed, and its invalidations done. */
    ViewName refreshedView(String name, long rows) throws RefreshException {
        ViewName view = newView(name, rows);
        refresh(view);
        states().invalidated(states().pendingInvalidations(List.of(view)));
        return view;
    }

    static RefreshRequest request(ViewName... views) {
        return request(LONG, CancelSignal.never(), views);
    }

    static RefreshRequest request(RefreshCondition condition, ViewName... views) {
        RefreshRequest always = request(views);
        return new RefreshRequest(
                always.run(),
                always.kind(),
                always.views(),
                always.timeout(),
                always.fuses(),
                always.recordsInvalidations(),
                always.verifies(),
                condition,
                always.cancel());
    }

    static RefreshRequest request(Duration timeout, CancelSignal cancel, ViewName... views) {
        return new RefreshRequest(RunId.random(), SyncKind.FULL, List.of(views), timeout, Map.of(), true, cancel);
    }

    /** The request of a host that has no cache. */
    static RefreshRequest requestWithoutCache(ViewName... views) {
        return new RefreshRequest(
                RunId.random(), SyncKind.FULL, List.of(views), LONG, Map.of(), false, CancelSignal.never());
    }

    static RefreshRequest request(Fuse fuse, ViewName view, ViewName... others) {
        List<ViewName> views = new ArrayList<>(List.of(others));
        views.add(view);
        return new RefreshRequest(
                RunId.random(), SyncKind.FULL, views, LONG, Map.of(view, fuse), true, CancelSignal.never());
    }

    List<ViewRefresh> refresh(ViewName... views) throws RefreshException {
        return refresh(request(views));
    }

    /** Refreshes under a lock of its own, which must be free. */
    List<ViewRefresh> refresh(RefreshRequest request) throws RefreshException {
        try (RefreshLock lock = lock(request)) {
            return executor().refresh(request, lock);
        }
    }

    RefreshLock lock(RefreshRequest request) throws RefreshException {
        return locks().tryAcquire(new LinkedHashSet<>(request.views()))
                .orElseThrow(() -> new AssertionError("somebody holds the lock on " + request.views()));
    }

    Future<List<ViewRefresh>> start(RefreshRequest request) {
        return Threads.start(() -> refresh(request));
    }

    RefreshException failure(RefreshRequest request) {
        return failure(Threads.start(() -> refresh(request)));
    }

    /** How it failed, which it must. */
    static RefreshException failure(Future<?> refresh) {
        RefreshException failure = catchThrowableOfType(RefreshException.class, () -> Threads.result(refresh));
        assertThat(failure).as("the refresh must fail").isNotNull();
        assertThat(failure).message().isNotBlank();
        return failure;
    }

    Seen seen(ViewName... views) throws RefreshException {
        Map<ViewName, StateSeen> states = new TreeMap<>();
        states().read(List.of(views)).forEach((view, state) -> states.put(view, StateSeen.of(state)));
        return new Seen(
                List.of(views).stream().map(this::visibleRows).toList(),
                states,
                states().pendingInvalidations(List.of(views)));
    }

    void assertNothingAtWork(ViewName... views) {
        for (ViewName view : views) {
            assertThat(isAtWork(view)).as("work left running on %s", view).isFalse();
        }
    }
}
