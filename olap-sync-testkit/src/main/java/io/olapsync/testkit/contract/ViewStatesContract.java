package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.PendingInvalidation;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.spi.ViewState;
import io.olapsync.spi.ViewStates;
import io.olapsync.spi.ViewsSeen;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link ViewStates} promises. */
@Timeout(60)
public abstract class ViewStatesContract extends ViewStatesDemands {

    @Test
    void view_that_was_never_refreshed_has_no_state() throws Exception {
        refresh(A);
        assertThat(states().read(List.of(A, B))).containsOnlyKeys(A);
        assertThat(states().read(List.of(B))).isEmpty();
        assertThat(states().read(List.of())).isEmpty();
        assertThat(states().pendingInvalidations(List.of(B))).isEmpty();
        assertThat(states().pendingInvalidations(List.of())).isEmpty();
    }

    @Test
    void state_is_of_the_last_committed_refresh() throws Exception {
        for (int i = 0; i < 2; i++) {
            ViewRefresh refresh = refresh(A);
            ViewState state = read(states(), A);
            assertThat(state.view()).isEqualTo(A);
            assertThat(state.asOf()).isEqualTo(refresh.asOf());
            assertThat(state.rows()).isEqualTo(refresh.rows());
            assertThat(state.took()).isGreaterThanOrEqualTo(Duration.ZERO);
            assertThat(state.refreshedAt()).isAfterOrEqualTo(state.asOf().time());
        }
    }

    @Test
    void everybody_reads_the_same() throws Exception {
        refresh(A);
        assertThat(read(otherProcess(), A).asOf()).isEqualTo(read(states(), A).asOf());
        assertThat(otherProcess().pendingInvalidations(List.of(A)))
                .isEqualTo(states().pendingInvalidations(List.of(A)))
                .hasSize(1);
    }

    @Test
    void look_says_what_each_question_says_alone() throws Exception {
        refresh(A);
        states().pause(List.of(B), "test");
        states().order(List.of(A), Duration.ZERO, "written before the look");
        ViewsSeen seen = states().look(List.of(A, B, A), Map.of(A, Set.of(), B, Set.of(A)));
        assertThat(seen.now().covers(states().orders(List.of(A)).get(0).transaction()))
                .isTrue();
        assertThat(seen.states()).containsOnlyKeys(A);
        assertThat(Objects.requireNonNull(seen.states().get(A)).asOf())
                .isEqualTo(read(otherProcess(), A).asOf());
        assertThat(seen.controls()).isEqualTo(otherProcess().controls(List.of(A, B)));
        assertThat(seen.pending())
                .isEqualTo(otherProcess().pendingInvalidations(List.of(A, B)))
                .hasSize(1);
        assertThat(seen.unchanged()).as("it was never refreshed").doesNotContain(B);

        ViewsSeen nothing = states().look(List.of(), Map.of());
        assertThat(nothing.now().covers(seen.now())).isTrue();
        assertThat(nothing.states()).isEmpty();
        assertThat(nothing.controls()).isEmpty();
        assertThat(nothing.pending()).isEmpty();
        assertThat(nothing.unchanged()).isEmpty();
    }

    @Test
    void staleness_is_the_age_of_the_data_and_grows() throws Exception {
        refresh(A);
        ViewState first = read(states(), A);
        ViewState second = read(states(), A);
        assertThat(first.staleness())
                .isGreaterThanOrEqualTo(Duration.between(first.asOf().time(), first.refreshedAt()))
                .isGreaterThanOrEqualTo(Duration.ZERO);
        assertThat(second.staleness()).isGreaterThanOrEqualTo(first.staleness());
        assertThat(second.asOf()).isEqualTo(first.asOf());
    }

    @Test
    void view_that_is_named_twice_is_read_once() throws Exception {
        refresh(A);
        assertThat(states().read(List.of(A, A))).containsOnlyKeys(A);
        assertThat(states().pendingInvalidations(List.of(A, A))).hasSize(1);
    }

    @Test
    void invalidations_are_read_oldest_first_and_stay() throws Exception {
        refresh(B);
        refresh(A);
        refresh(B);
        List<PendingInvalidation> pending = states().pendingInvalidations(List.of(A, B));
        assertThat(pending).extracting(PendingInvalidation::view).containsExactly(B, A, B);
        assertThat(pending).extracting(PendingInvalidation::id).doesNotHaveDuplicates();
        assertThat(states().pendingInvalidations(List.of(A, B)))
                .as("reading takes nothing away")
                .isEqualTo(pending);
        assertThat(states().pendingInvalidations(List.of(A))).containsExactly(pending.get(1));
    }

    @Test
    void done_invalidations_are_forgotten_and_no_others() throws Exception {
        refresh(A);
        refresh(B);
        refresh(A);
        List<PendingInvalidation> pending = states().pendingInvalidations(List.of(A, B));
        states().invalidated(List.of(pending.get(0), pending.get(1)));
        assertThat(states().pendingInvalidations(List.of(A, B))).containsExactly(pending.get(2));
        assertThat(otherProcess().pendingInvalidations(List.of(A, B))).containsExactly(pending.get(2));
        assertThat(states().read(List.of(A, B))).as("the state itself stays").containsOnlyKeys(A, B);
    }

    @Test
    void change_committed_since_they_were_read_is_not_forgotten_with_them() throws Exception {
        refresh(A);
        List<PendingInvalidation> read = states().pendingInvalidations(List.of(A));
        refresh(A);
        states().invalidated(read);
        assertThat(states().pendingInvalidations(List.of(A))).hasSize(1).doesNotContainAnyElementsOf(read);
    }

    @Test
    void unknown_invalidations_are_ignored() throws Exception {
        refresh(A);
        List<PendingInvalidation> pending = states().pendingInvalidations(List.of(A));
        states().invalidated(List.of());
        states().invalidated(List.of(new PendingInvalidation(pending.get(0).id() + 1_000_000, A)));
        assertThat(states().pendingInvalidations(List.of(A))).isEqualTo(pending);
        states().invalidated(pending);
        states().invalidated(pending);
        otherProcess().invalidated(pending);
        assertThat(states().pendingInvalidations(List.of(A))).isEmpty();
    }

    @Test
    void what_was_read_does_not_change_afterwards() throws Exception {
        refresh(A);
        Map<ViewName, ViewState> states = states().read(List.of(A, B));
        List<PendingInvalidation> pending = states().pendingInvalidations(List.of(A));
        refresh(B);
        states().invalidated(pending);
        assertThat(states).containsOnlyKeys(A);
        assertThat(pending).hasSize(1);
    }

    @Test
    void many_threads_forget_the_same_and_none_loses_another() throws Exception {
        for (int i = 0; i < 10; i++) {
            refresh(i % 2 == 0 ? A : B);
        }
        List<PendingInvalidation> pending = states().pendingInvalidations(List.of(A, B));
        List<PendingInvalidation> done = new ArrayList<>(pending.subList(0, 9));
        Threads.together(6, () -> {
            states().invalidated(done);
            return true;
        });
        assertThat(states().pendingInvalidations(List.of(A, B))).containsExactly(pending.get(9));
    }

    @Test
    void names_are_taken_as_they_are() throws Exception {
        for (ViewName view : Names.AWKWARD) {
            refresh(view);
        }
        assertThat(states().read(Names.AWKWARD)).containsOnlyKeys(Names.AWKWARD);
        for (ViewName view : Names.AWKWARD) {
            assertThat(states().read(List.of(view))).containsOnlyKeys(view);
            assertThat(states().pendingInvalidations(List.of(view)))
                    .extracting(PendingInvalidation::view)
                    .containsExactly(view);
        }
    }

    @Test
    void store_that_cannot_be_asked_is_a_failure_and_not_an_empty_answer() throws Exception {
        refresh(A);
        List<PendingInvalidation> pending = states().pendingInvalidations(List.of(A));
        loseStore();
        assertThatThrownBy(() -> states().read(List.of(A))).isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> states().pendingInvalidations(List.of(A))).isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> states().invalidated(pending)).isInstanceOf(RefreshException.class);
        assertThat(otherProcess().pendingInvalidations(List.of(A)))
                .as("nothing is lost")
                .isEqualTo(pending);
    }

    private static ViewState read(ViewStates states, ViewName view) throws RefreshException {
        return Objects.requireNonNull(states.read(List.of(view)).get(view), () -> "there is no state of " + view);
    }
}
