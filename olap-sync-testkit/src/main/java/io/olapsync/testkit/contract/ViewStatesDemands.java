package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshOrder;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.ViewConfirmation;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.spi.ViewState;
import io.olapsync.spi.ViewStates;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is asked of views, and what holds them back, for all processes alike. */
abstract class ViewStatesDemands {

    static final ViewName A = Names.view("a");
    static final ViewName B = Names.view("b");

    /** The states under test, always the same. */
    protected abstract ViewStates states();

    /** The states as another process would read them, which {@link #loseStore} leaves alone. */
    protected abstract ViewStates otherProcess();

    /** Commits a refresh that changes rows of the view and leaves an invalidation; makes the view where it is absent. */
    protected abstract ViewRefresh refresh(ViewName view) throws RefreshException;

    /** {@link #states()} does not reach the store any more, until the test ends. */
    protected abstract void loseStore();

    @Test
    void snapshot_covers_what_was_committed_before() throws Exception {
        Snapshot before = states().now();
        states().order(List.of(A), Duration.ZERO, "test");
        long transaction = states().orders(List.of(A)).get(0).transaction();
        assertThat(before.covers(transaction)).isFalse();
        assertThat(otherProcess().now().covers(transaction)).isTrue();
        assertThat(states().now().covers(before)).isTrue();
    }

    @Test
    void order_stays_until_it_is_said_to_be_fulfilled() throws Exception {
        refresh(A);
        otherProcess().order(List.of(A, B, A), Duration.ofHours(1), "first");
        states().order(List.of(B), Duration.ofSeconds(-5), "second");
        List<RefreshOrder> orders = states().orders(List.of(A, B, A));
        assertThat(orders)
                .extracting(RefreshOrder::view)
                .as("each view once in a call")
                .containsExactlyInAnyOrder(A, B, B);
        assertThat(orders).extracting(RefreshOrder::id).isSorted().doesNotHaveDuplicates();
        assertThat(orders.get(2).reason()).as("oldest first").isEqualTo("second");
        assertThat(orders.get(2).dueIn()).isLessThanOrEqualTo(Duration.ZERO);
        assertThat(orders.get(0).dueIn()).isBetween(Duration.ofMinutes(58), Duration.ofHours(1));
        assertThat(states().orders(List.of(A)))
                .extracting(RefreshOrder::transaction)
                .containsExactly(orders.get(0).transaction());

        Snapshot shown = Snapshot.parse(refresh(A).asOf().snapshot());
        assertThat(shown.covers(orders.get(0).transaction())).isTrue();
        assertThat(states().orders(List.of(A, B)))
                .as("what is beneath may not show it yet")
                .hasSize(3);
        states().fulfilled(states().orders(List.of(A)));
        assertThat(otherProcess().orders(List.of(A, B)))
                .extracting(RefreshOrder::view)
                .containsExactly(B, B);
        otherProcess().fulfilled(orders);
        states().fulfilled(orders);
        states().fulfilled(List.of());
        assertThat(otherProcess().orders(List.of(A, B))).isEmpty();
        assertThat(states().orders(List.of())).isEmpty();
    }

    @Test
    void confirmation_makes_what_readers_see_younger_until_the_next_refresh() throws Exception {
        DataAsOf shown = refresh(A).asOf();
        ViewState before = state(A);
        assertThat(before.confirmedAt()).isEmpty();
        assertThat(before.current()).isEqualTo(shown.time());
        Duration hour = Duration.ofHours(1);
        ViewConfirmation late = new ViewConfirmation(A, shown.snapshot(), hour);
        otherProcess().confirmed(List.of(new ViewConfirmation(A, shown.snapshot(), Duration.ZERO), late));
        states().confirmed(List.of(new ViewConfirmation(A, shown.snapshot(), hour.minusMinutes(1))));
        states().confirmed(List.of(new ViewConfirmation(B, shown.snapshot(), hour)));
        states().confirmed(List.of());
        ViewState confirmed = state(A);
        assertThat(confirmed.confirmedAt())
                .as("never back")
                .contains(before.refreshedAt().plus(hour));
        assertThat(confirmed.asOf()).isEqualTo(shown);
        assertThat(confirmed.age()).isZero();
        assertThat(confirmed.staleness()).isLessThan(hour);

        DataAsOf next = refresh(A).asOf();
        assertThat(state(A).confirmedAt()).as("of a refresh that is past").isEmpty();
        states().confirmed(List.of(late));
        assertThat(state(A).confirmedAt()).isEmpty();
        states().confirmed(List.of(new ViewConfirmation(A, next.snapshot(), Duration.ofMinutes(1))));
        assertThat(state(A).confirmedAt()).contains(state(A).refreshedAt().plusSeconds(60));
    }

    private ViewState state(ViewName view) throws RefreshException {
        return Objects.requireNonNull(otherProcess().read(List.of(view)).get(view), () -> "no state of " + view);
    }

    @Test
    void nothing_holds_a_new_view_back() throws Exception {
        assertThat(states().controls(List.of(A, B)))
                .containsOnlyKeys(A, B)
                .containsEntry(A, ViewControl.none(A))
                .containsEntry(B, ViewControl.none(B));
        assertThat(states().controls(List.of())).isEmpty();
        assertThat(states().failed(List.of(), 1)).isEmpty();
    }

    @Test
    void failures_are_counted_in_a_row_and_suspend_at_the_limit() throws Exception {
        assertThat(states().failed(List.of(A, B), 3)).isEmpty();
        assertThat(otherProcess().failed(List.of(A), 3)).isEmpty();
        assertThat(control(A).failures()).isEqualTo(2);
        assertThat(control(A).isSuspended()).isFalse();
        assertThat(states().failed(List.of(A, B), 3)).containsExactly(A);
        ViewControl suspended = control(A);
        assertThat(suspended.isSuspended()).isTrue();
        assertThat(suspended.failures()).isEqualTo(3);
        assertThat(states().failed(List.of(A), 3)).as("it is already").isEmpty();
        assertThat(control(A).suspendedAt()).isEqualTo(suspended.suspendedAt());
        assertThat(states().failed(List.of(B), 1))
                .as("past the limit, and not suspended")
                .containsExactly(B);

        refresh(A);
        assertThat(control(A).failures()).isZero();
        assertThat(control(A).isSuspended()).isFalse();
        assertThat(control(B).isSuspended()).isTrue();
        assertThat(states().failed(List.of(A), 1)).as("again").containsExactly(A);
    }

    @Test
    void of_many_processes_exactly_one_is_told_of_a_suspension() throws Exception {
        AtomicInteger told = new AtomicInteger();
        Threads.together(6, () -> {
            told.addAndGet(states().failed(List.of(B, A), 4).size());
            told.addAndGet(otherProcess().failed(List.of(A, B), 4).size());
            return true;
        });
        assertThat(told).hasValue(2);
        assertThat(control(A).failures()).isEqualTo(12);
        assertThat(control(B).failures()).isEqualTo(12);
    }

    @Test
    void pause_holds_for_all_until_somebody_resumes() throws Exception {
        states().pause(List.of(A), "first");
        otherProcess().pause(List.of(A, B), "second");
        assertThat(control(A).pauseReason()).as("it was paused already").isEqualTo("first");
        assertThat(control(B).pauseReason()).isEqualTo("second");
        refresh(A);
        assertThat(control(A).isPaused()).as("a refresh does not end it").isTrue();
        otherProcess().failed(List.of(A), 1);
        otherProcess().resume(List.of(A));
        assertThat(control(A)).isEqualTo(ViewControl.none(A));
        assertThat(control(B).isPaused()).isTrue();
        states().resume(List.of(A, B));
        assertThat(control(B)).isEqualTo(ViewControl.none(B));
        states().pause(List.of(B), "again");
        assertThat(control(B).pauseReason()).isEqualTo("again");
    }

    @Test
    void arriving_events_are_known_to_all() throws Exception {
        states().eventsArriving(List.of(A));
        Duration since = control(otherProcess(), A).sinceEvent().orElseThrow();
        assertThat(since).isBetween(Duration.ZERO, Duration.ofMinutes(1));
        assertThat(control(B).sinceEvent()).isEmpty();
        otherProcess().eventsArriving(List.of(A, B, A));
        assertThat(control(B).sinceEvent()).isPresent();
        states().resume(List.of(A));
        assertThat(control(A).sinceEvent()).as("not what resume is about").isPresent();
    }

    @Test
    void demands_on_a_store_that_is_away_are_failures() throws Exception {
        states().order(List.of(A), Duration.ZERO, "test");
        loseStore();
        assertThatThrownBy(() -> states().confirmed(List.of(new ViewConfirmation(A, "1:1:", Duration.ZERO))))
                .isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> states().now()).isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> states().look(List.of(A), Map.of(A, Set.of()))).isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> states().order(List.of(A), Duration.ZERO, "test"))
                .isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> states().orders(List.of(A))).isInstanceOf(RefreshException.class);
        List<RefreshOrder> orders = otherProcess().orders(List.of(A));
        assertThatThrownBy(() -> states().fulfilled(orders)).isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> states().controls(List.of(A))).isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> states().failed(List.of(A), 1)).isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> states().pause(List.of(A), "test")).isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> states().resume(List.of(A))).isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> states().eventsArriving(List.of(A))).isInstanceOf(RefreshException.class);
        assertThat(otherProcess().orders(List.of(A))).hasSize(1);
        assertThat(otherProcess().controls(Set.of(A)).get(A)).isEqualTo(ViewControl.none(A));
    }

    private ViewControl control(ViewName view) throws RefreshException {
        return control(states(), view);
    }

    private static ViewControl control(ViewStates states, ViewName view) throws RefreshException {
        return Objects.requireNonNull(states.controls(List.of(view)).get(view), () -> "no control of " + view);
    }
}
