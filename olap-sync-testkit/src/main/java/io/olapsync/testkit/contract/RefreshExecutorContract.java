package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.Fuse;
import io.olapsync.spi.PendingInvalidation;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.spi.ViewState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link io.olapsync.spi.RefreshExecutor} promises: of the data it shows and the state it commits, of failures
 * in the data, of cancellation, timeouts, lost locks and a lost store.
 */
@Timeout(60)
public abstract class RefreshExecutorContract extends RefreshExecutorConditions {

    @Test
    void readers_see_what_the_sources_have() throws Exception {
        ViewName view = newView("v", 3);
        assertThat(refresh(view)).singleElement().satisfies(refresh -> {
            assertThat(refresh.view()).isEqualTo(view);
            assertThat(refresh.rows()).isEqualTo(3);
            assertThat(refresh.took()).isGreaterThanOrEqualTo(Duration.ZERO);
        });
        assertThat(visibleRows(view)).isEqualTo(3);

        sourceRows(5, view);
        assertThat(visibleRows(view)).as("not before it is refreshed").isEqualTo(3);
        assertThat(refresh(view).get(0).rows()).isEqualTo(5);
        assertThat(visibleRows(view)).isEqualTo(5);
    }

    @Test
    void state_is_committed_with_the_data() throws Exception {
        ViewName view = newView("v", 3);
        assertThat(states().read(List.of(view))).isEmpty();
        for (long rows : new long[] {3, 4}) {
            sourceRows(rows, view);
            ViewRefresh refresh = refresh(view).get(0);
            ViewState state =
                    Objects.requireNonNull(states().read(List.of(view)).get(view), "state");
            assertThat(state.asOf()).isEqualTo(refresh.asOf());
            assertThat(state.rows()).isEqualTo(rows);
            assertThat(state.refreshedAt()).isAfterOrEqualTo(state.asOf().time());
        }
    }

    @Test
    void delta_is_what_was_written_or_unknown() throws Exception {
        ViewName view = refreshedView("v", 3);
        sourceRows(5, view);
        refresh(view).get(0).delta().ifPresent(delta -> assertChange(delta, 2));
        sourceRows(1, view);
        refresh(view).get(0).delta().ifPresent(delta -> assertChange(delta, -4));
        refresh(view).get(0).delta().ifPresent(delta -> assertThat(delta).isEqualTo(RowDelta.NONE));
    }

    @Test
    void what_was_committed_before_the_refresh_is_in_it_however_long_it_waited() throws Exception {
        ViewName view = refreshedView("v", 1);
        try (StalledRefresh stall = stall(view)) {
            var first = start(request(view));
            stall.await();
            sourceRows(2, view);
            assertThat(locks().tryAcquire(Set.of(view)))
                    .as("the second has to wait")
                    .isEmpty();
            stall.close();
            var before = Threads.result(first).get(0).asOf();
            ViewRefresh second = refresh(view).get(0);
            assertThat(second.rows()).isEqualTo(2);
            assertThat(second.asOf().time()).isAfterOrEqualTo(before.time());
        }
        assertThat(visibleRows(view)).isEqualTo(2);
    }

    @Test
    void what_was_committed_after_the_lock_was_taken_and_before_the_call_is_in_it() throws Exception {
        ViewName a = refreshedView("a", 1);
        ViewName b = refreshedView("b", 1);
        for (ViewName[] views : new ViewName[][] {{a}, {a, b}}) {
            RefreshRequest request = request(views);
            try (var lock = lock(request)) {
                sourceRows(10 + views.length, a, b);
                executor().refresh(request, lock);
            }
            assertThat(visibleRows(a)).isEqualTo(10 + views.length);
        }
    }

    @Test
    void results_are_in_the_order_of_the_request() throws Exception {
        ViewName a = newView("a", 1);
        ViewName b = newView("b", 2);
        ViewName c = newView("c", 3);
        assertThat(refresh(b, c, a)).extracting(ViewRefresh::view).containsExactly(b, c, a);
        assertThat(refresh(c, a, b)).extracting(ViewRefresh::rows).containsExactly(3L, 1L, 2L);
    }

    @Test
    void several_views_show_one_snapshot() throws Exception {
        ViewName a = refreshedView("a", 1);
        ViewName b = refreshedView("b", 1);
        try (StalledRefresh stall = stall(a)) {
            var refresh = start(request(a, b));
            stall.await();
            sourceRows(2, a, b);
            stall.close();
            List<ViewRefresh> results = Threads.result(refresh);
            assertThat(results.get(1).asOf()).isEqualTo(results.get(0).asOf());
        }
        assertThat(visibleRows(b)).as("of one commit, both or none").isEqualTo(visibleRows(a));
    }

    @Test
    void several_views_appear_together() throws Exception {
        ViewName a = refreshedView("a", 1);
        ViewName b = refreshedView("b", 1);
        sourceRows(2, a, b);
        Seen before = seen(a, b);
        try (StalledRefresh stall = stall(b)) {
            var refresh = start(request(a, b));
            stall.await();
            assertThat(seen(a, b)).as("while the second view is under way").isEqualTo(before);
            stall.close();
            Threads.result(refresh);
        }
        assertThat(List.of(visibleRows(a), visibleRows(b))).containsExactly(2L, 2L);
    }

    @Test
    void changed_views_leave_an_invalidation_and_unchanged_ones_none() throws Exception {
        ViewName changed = refreshedView("changed", 1);
        ViewName same = refreshedView("same", 1);
        sourceRows(2, changed);
        List<ViewRefresh> refreshed = refresh(changed, same);
        for (ViewRefresh refresh : refreshed) {
            assertThat(states().pendingInvalidations(List.of(refresh.view())))
                    .as("%s, delta %s", refresh.view(), refresh.delta())
                    .isEqualTo(refresh.invalidation().stream().toList())
                    .hasSize(refresh.mayHaveChanged() ? 1 : 0)
                    .allMatch(pending -> pending.view().equals(refresh.view()));
        }
        assertThat(refreshed.get(0).mayHaveChanged()).isTrue();
    }

    @Test
    void first_population_leaves_an_invalidation_too() throws Exception {
        ViewName view = newView("v", 2);
        refresh(view);
        assertThat(states().pendingInvalidations(List.of(view))).hasSize(1);
    }

    @Test
    void invalidations_are_left_only_where_they_are_asked_for() throws Exception {
        ViewName view = newView("v", 1);
        refresh(requestWithoutCache(view));
        sourceRows(2, view);
        assertThat(refresh(requestWithoutCache(view)))
                .allMatch(refresh -> refresh.invalidation().isEmpty());
        assertThat(states().pendingInvalidations(List.of(view))).isEmpty();
    }

    @Test
    void change_of_which_no_cache_has_heard_is_left_to_the_next_refresh_that_asks() throws Exception {
        ViewName view = refreshedView("v", 1);
        sourceRows(2, view);
        refresh(requestWithoutCache(view));
        refresh(requestWithoutCache(view)); // changes nothing, and makes nothing forgotten

        List<ViewRefresh> asked = refresh(view);

        List<PendingInvalidation> pending = states().pendingInvalidations(List.of(view));
        assertThat(pending).hasSize(1);
        assertThat(asked.get(0).invalidation()).contains(pending.get(0));
        states().invalidated(pending);
        if (refresh(view).get(0).delta().isPresent()) {
            assertThat(states().pendingInvalidations(List.of(view)))
                    .as("told once")
                    .isEmpty();
        }
    }

    @Test
    void failed_refresh_changes_nothing_and_names_its_view() throws Exception {
        ViewName view = refreshedView("v", 1);
        sourceRows(2, view);
        breakView(view);
        Seen before = seen(view);
        RefreshException failure = failure(request(view));
        assertThat(failure.kind()).isEqualTo(Kind.PERMANENT);
        assertThat(failure.view()).contains(view);
        assertThat(failure).hasMessageContaining(view.name());
        assertThat(seen(view)).isEqualTo(before);
        assertNothingAtWork(view);
    }

    @Test
    void one_failed_view_leaves_all_views_of_its_unit_as_they_were() throws Exception {
        ViewName a = refreshedView("a", 1);
        ViewName broken = refreshedView("broken", 1);
        ViewName c = refreshedView("c", 1);
        sourceRows(2, a, broken, c);
        breakView(broken);
        Seen before = seen(a, broken, c);
        RefreshException failure = failure(request(a, broken, c));
        assertThat(failure.view()).contains(broken);
        assertThat(seen(a, broken, c)).isEqualTo(before);
        assertNothingAtWork(a, broken, c);
        refresh(a, c);
        assertThat(visibleRows(a)).as("another attempt is safe").isEqualTo(2);
    }

    @Test
    void blown_fuse_leaves_everything_as_it_was_and_is_not_to_be_retried() throws Exception {
        ViewName a = refreshedView("a", 10);
        ViewName guarded = refreshedView("guarded", 10);
        sourceRows(4, a, guarded);
        Seen before = seen(a, guarded);
        for (RefreshRequest request :
                List.of(request(Fuse.ofChangedShare(0.5), guarded), request(Fuse.ofChangedShare(0.5), guarded, a))) {
            RefreshException failure = failure(request);
            assertThat(failure.kind()).isEqualTo(Kind.PERMANENT);
            assertThat(failure.view()).contains(guarded);
            assertThat(seen(a, guarded)).isEqualTo(before);
        }
        assertThat(refresh(request(Fuse.ofChangedShare(0.7), guarded, a)))
                .extracting(ViewRefresh::rows)
                .containsExactly(4L, 4L);
    }

    @Test
    void fuse_keeps_a_view_from_becoming_empty_unless_it_may() throws Exception {
        ViewName view = refreshedView("v", 3);
        sourceRows(0, view);
        assertThat(failure(request(new Fuse(5.0, false), view)).kind()).isEqualTo(Kind.PERMANENT);
        assertThat(visibleRows(view)).isEqualTo(3);
        refresh(request(new Fuse(1.0, true), view));
        assertThat(visibleRows(view)).isZero();
    }

    @Test
    void fuse_never_stops_the_first_population() throws Exception {
        ViewName view = newView("v", 3);
        refresh(request(Fuse.ofChangedShare(0.01), view));
        assertThat(visibleRows(view)).isEqualTo(3);
    }

    @Test
    void many_threads_refresh_many_views_at_once() throws Exception {
        List<ViewName> views = new ArrayList<>();
        List<Callable<List<ViewRefresh>>> tasks = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            ViewName view = newView("v" + i, i);
            views.add(view);
            tasks.add(() -> refresh(view));
        }
        assertThat(Threads.together(tasks))
                .extracting(results -> results.get(0).rows())
                .containsExactly(0L, 1L, 2L, 3L, 4L, 5L);
        assertThat(states().read(views)).hasSize(6);
    }

    @Test
    void names_are_taken_as_they_are() throws Exception {
        for (int i = 0; i < Names.AWKWARD.size(); i++) {
            createView(Names.AWKWARD.get(i));
            sourceRows(i + 1, Names.AWKWARD.get(i));
        }
        for (ViewName view : Names.AWKWARD) {
            refresh(view);
        }
        for (int i = 0; i < Names.AWKWARD.size(); i++) {
            ViewName view = Names.AWKWARD.get(i);
            assertThat(visibleRows(view)).as(view.sql()).isEqualTo(i + 1);
            assertThat(states().read(List.of(view))).containsOnlyKeys(view);
        }
    }

    private static void assertChange(RowDelta delta, long change) {
        assertThat(delta.inserted() - delta.deleted()).as("%s", delta).isEqualTo(change);
    }
}
