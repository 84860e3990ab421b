package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.RefreshCondition;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RefreshFacts;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshOrder;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Refreshes that depend on a condition, and what else commits with a refresh. */
@Timeout(60)
public abstract class RefreshExecutorConditions extends RefreshExecutorFaults {

    private static final RefreshCondition NEVER = facts -> false;

    @Test
    void condition_that_does_not_hold_changes_nothing() throws Exception {
        ViewName view = refreshedView("v", 1);
        sourceRows(2, view);
        states().order(List.of(view), Duration.ZERO, "test");
        Seen before = seen(view);
        assertThat(refresh(request(NEVER, view))).isEmpty();
        assertThat(seen(view)).isEqualTo(before);
        assertThat(states().orders(List.of(view))).hasSize(1);
        assertNothingAtWork(view);
        refresh(view);
        assertThat(visibleRows(view)).as("another attempt is free to").isEqualTo(2);
    }

    @Test
    void condition_that_does_not_hold_populates_nothing() throws Exception {
        ViewName view = newView("v", 2);
        List<Boolean> shows = new ArrayList<>();
        RefreshCondition condition = facts -> {
            shows.add(facts.shows().isPresent() || facts.sinceRefresh().isPresent() || facts.nothingChanged(Set.of()));
            return false;
        };
        assertThat(refresh(request(condition, view))).isEmpty();
        assertThat(shows).containsExactly(false);
        assertThat(states().read(List.of(view))).isEmpty();
        assertThat(visibleRows(view)).isZero();
    }

    @Test
    void condition_is_told_what_the_view_shows() throws Exception {
        ViewName view = newView("v", 2);
        var asOf = refresh(view).get(0).asOf();
        List<RefreshFacts> told = new ArrayList<>();
        RefreshCondition condition = facts -> {
            told.add(facts);
            assertThat(facts.view()).isEqualTo(view);
            assertThat(facts.shows()).contains(asOf);
            assertThat(facts.sinceRefresh().orElseThrow()).isBetween(Duration.ZERO, LONG);
            return true;
        };
        assertThat(refresh(request(condition, view))).hasSize(1);
        assertThat(told).as("it is asked once").hasSize(1);
    }

    @Test
    void units_are_refreshed_where_the_condition_holds_for_one_of_them() throws Exception {
        ViewName a = refreshedView("a", 1);
        ViewName b = refreshedView("b", 1);
        ViewName fresh = newView("fresh", 1);
        sourceRows(2, a, b, fresh);
        List<ViewName> asked = new ArrayList<>();
        RefreshCondition none = facts -> !asked.add(facts.view());
        Seen before = seen(a, b, fresh);
        assertThat(refresh(request(none, a, b, fresh))).isEmpty();
        assertThat(asked).as("each is asked, once").containsExactly(a, b, fresh);
        assertThat(seen(a, b, fresh)).isEqualTo(before);

        refresh(request(facts -> facts.view().equals(b), a, b, fresh));
        assertThat(List.of(visibleRows(a), visibleRows(b), visibleRows(fresh))).containsExactly(2L, 2L, 2L);
    }

    @Test
    void condition_that_fails_is_the_failure_of_the_refresh() throws Exception {
        ViewName view = refreshedView("v", 1);
        sourceRows(2, view);
        Seen before = seen(view);
        RefreshException fault = new RefreshException(Kind.TRANSIENT, "no answer", null);
        RefreshCondition failing = facts -> {
            throw fault;
        };
        assertThat(failure(request(failing, view))).isSameAs(fault);
        assertThat(seen(view)).isEqualTo(before);
        assertNothingAtWork(view);
    }

    @Test
    void something_changed_where_a_source_did() throws Exception {
        ViewName view = refreshedView("v", 1);
        sourceRows(2, view);
        List<Boolean> nothingChanged = new ArrayList<>();
        refresh(request(facts -> !nothingChanged.add(facts.nothingChanged(Set.of())), view));
        assertThat(nothingChanged).containsExactly(false);
    }

    @Test
    void view_shows_the_latest_of_those_beneath_until_one_of_them_changes() throws Exception {
        ViewName below = refreshedView("below", 1);
        ViewName above = refreshedView("above", 1);
        assertThat(showsLatest(above, below)).isTrue();
        refresh(below);
        assertThat(showsLatest(above, below)).as("it stayed as it was").isTrue();
        sourceRows(2, below);
        refresh(below);
        assertThat(showsLatest(above, below)).isFalse();
        refresh(above);
        assertThat(showsLatest(above, below)).isTrue();
        sourceRows(3, below, above);
        refresh(below, above);
        assertThat(showsLatest(above, below)).as("of one commit").isTrue();
        assertThat(showsLatest(above, newView("unknown", 1))).isFalse();
    }

    private boolean showsLatest(ViewName above, ViewName below) throws RefreshException {
        List<Boolean> shows = new ArrayList<>();
        refresh(request(facts -> !shows.add(facts.showsLatest(Set.of(below))), above));
        return shows.get(0);
    }

    @Test
    void state_tells_the_last_change() throws Exception {
        ViewName view = refreshedView("v", 1);
        long first = lastChange(view);
        refresh(view);
        assertThat(lastChange(view)).as("nothing changed").isEqualTo(first);
        sourceRows(2, view);
        refresh(view);
        assertThat(lastChange(view)).isGreaterThan(first);
        assertThat(states().now().covers(lastChange(view))).isTrue();
    }

    private long lastChange(ViewName view) throws RefreshException {
        return Objects.requireNonNull(states().read(List.of(view)).get(view), "state")
                .lastChange();
    }

    @Test
    void order_stays_whatever_is_committed() throws Exception {
        ViewName a = refreshedView("a", 1);
        ViewName b = refreshedView("b", 1);
        states().order(List.of(a, b), Duration.ofHours(1), "before");
        refresh(a);
        refresh(a, b);
        assertThat(states().orders(List.of(a, b)))
                .as("only the engine knows what they read")
                .extracting(RefreshOrder::view)
                .containsExactlyInAnyOrder(a, b);
    }

    @Test
    void failed_refresh_ends_no_order_and_no_suspension() throws Exception {
        ViewName view = refreshedView("v", 1);
        states().order(List.of(view), Duration.ZERO, "test");
        states().failed(List.of(view), 1);
        breakView(view);
        failure(request(view));
        assertThat(states().orders(List.of(view))).hasSize(1);
        assertThat(states().controls(List.of(view)).get(view))
                .matches(control -> control.isSuspended() && control.failures() == 1);
    }

    @Test
    void commit_ends_a_suspension_and_no_pause() throws Exception {
        ViewName a = refreshedView("a", 1);
        ViewName b = refreshedView("b", 1);
        for (ViewName[] views : new ViewName[][] {{a}, {a, b}}) {
            states().failed(List.of(views), 1);
            states().pause(List.of(views), "test");
            RefreshRequest request = request(views);
            try (RefreshLock lock = lock(request)) {
                executor().refresh(request, lock);
            }
            for (var control : states().controls(List.of(views)).values()) {
                assertThat(control.isSuspended()).isFalse();
                assertThat(control.failures()).isZero();
                assertThat(control.isPaused()).isTrue();
            }
        }
    }
}
