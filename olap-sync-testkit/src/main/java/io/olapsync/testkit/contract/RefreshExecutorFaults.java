package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.testkit.fakes.FaultyLocks;
import io.olapsync.testkit.fakes.InMemoryLocks;
import io.olapsync.testkit.fakes.ManualCancel;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * What an executor promises when it is cancelled, reaches its timeout, or loses its lock
 * or its store: it says so, nothing has changed, and nothing is left running.
 */
abstract class RefreshExecutorFaults extends RefreshExecutorFixture {

    @Test
    void cancelled_request_does_not_begin() throws Exception {
        ViewName view = refreshedView("v", 1);
        sourceRows(2, view);
        Seen before = seen(view);
        ManualCancel cancel = new ManualCancel();
        cancel.cancel();
        assertThat(failure(request(LONG, cancel, view)).kind()).isEqualTo(Kind.CANCELLED);
        assertUntouched(before, view);
    }

    @Test
    void cancelled_work_ends_and_changes_nothing() throws Exception {
        ViewName a = refreshedView("a", 1);
        ViewName b = refreshedView("b", 1);
        sourceRows(2, a, b);
        Seen before = seen(a, b);
        ManualCancel cancel = new ManualCancel();
        try (StalledRefresh stall = stall(b)) {
            Future<List<ViewRefresh>> refresh = start(request(LONG, cancel, a, b));
            stall.await();
            cancel.cancel();
            assertThat(failure(refresh).kind()).isEqualTo(Kind.CANCELLED);
            assertUntouched(before, a, b);
        }
        assertThat(cancel.callbacks()).as("callbacks left behind").isZero();
        assertRefreshes(a, b);
    }

    @Test
    void work_that_reaches_its_timeout_ends_and_changes_nothing() throws Exception {
        ViewName view = refreshedView("v", 1);
        sourceRows(2, view);
        Seen before = seen(view);
        try (StalledRefresh stall = stall(view)) {
            RefreshException failure = failure(request(Duration.ofMillis(500), CancelSignal.never(), view));
            assertThat(failure.kind()).isEqualTo(Kind.TIMED_OUT);
            assertUntouched(before, view);
        }
        assertRefreshes(view);
    }

    @Test
    void nothing_is_committed_under_a_lock_that_was_given_back() throws Exception {
        ViewName view = refreshedView("v", 1);
        sourceRows(2, view);
        Seen before = seen(view);
        RefreshRequest request = request(view);
        RefreshLock lock = lock(request);
        lock.close();
        failure(Threads.start(() -> executor().refresh(request, lock)));
        assertUntouched(before, view);
        assertRefreshes(view);
    }

    @Test
    void nothing_is_committed_when_the_lock_is_given_back_in_mid_work() throws Exception {
        ViewName a = refreshedView("a", 1);
        ViewName b = refreshedView("b", 1);
        sourceRows(2, a, b);
        Seen before = seen(a, b);
        RefreshRequest request = request(a, b);
        try (StalledRefresh stall = stall(b);
                RefreshLock lock = lock(request)) {
            Future<List<ViewRefresh>> refresh = Threads.start(() -> executor().refresh(request, lock));
            stall.await();
            lock.close();
            stall.close();
            failure(refresh);
            assertUntouched(before, a, b);
        }
    }

    @Test
    void nothing_is_committed_when_a_lock_of_another_store_is_lost_in_mid_work() throws Exception {
        ViewName view = refreshedView("v", 1);
        sourceRows(2, view);
        Seen before = seen(view);
        FaultyLocks foreign = new FaultyLocks(new InMemoryLocks());
        try (StalledRefresh stall = stall(view);
                RefreshLock lock = foreign.tryAcquire(Set.of(view)).orElseThrow()) {
            Future<List<ViewRefresh>> refresh = Threads.start(() -> executor().refresh(request(view), lock));
            stall.await();
            foreign.lose();
            stall.close();
            failure(refresh);
            assertUntouched(before, view);
        }
        assertRefreshes(view);
    }

    @Test
    void nothing_is_committed_when_the_store_of_another_lock_cannot_be_asked() throws Exception {
        ViewName a = refreshedView("a", 1);
        ViewName b = refreshedView("b", 1);
        sourceRows(2, a, b);
        Seen before = seen(a, b);
        FaultyLocks foreign = new FaultyLocks(new InMemoryLocks());
        try (StalledRefresh stall = stall(b);
                RefreshLock lock = foreign.tryAcquire(Set.of(a, b)).orElseThrow()) {
            Future<List<ViewRefresh>> refresh = Threads.start(() -> executor().refresh(request(a, b), lock));
            stall.await();
            foreign.away(true);
            stall.close();
            failure(refresh);
            assertUntouched(before, a, b);
        }
    }

    @Test
    void lost_store_is_a_transient_failure_and_changes_nothing() throws Exception {
        ViewName view = refreshedView("v", 1);
        sourceRows(2, view);
        Seen before = seen(view);
        RefreshRequest request = request(view);
        try (RefreshLock lock = lock(request)) {
            loseStore();
            RefreshException failure = failure(Threads.start(() -> executor().refresh(request, lock)));
            assertThat(failure.kind()).isNotIn(Kind.PERMANENT, Kind.CANCELLED);
            assertThat(seen(view)).isEqualTo(before);
        }
    }

    private void assertUntouched(Seen before, ViewName... views) throws RefreshException {
        assertNothingAtWork(views);
        assertThat(seen(views)).isEqualTo(before);
    }

    /** The views can be locked and refreshed at once: another attempt is safe. */
    private void assertRefreshes(ViewName... views) throws RefreshException {
        assertThat(refresh(views))
                .allSatisfy(refresh -> assertThat(refresh.rows()).isEqualTo(2));
        for (ViewName view : views) {
            assertThat(visibleRows(view)).isEqualTo(2);
        }
    }
}
