package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.Incident;
import io.olapsync.spi.IncidentCause;
import io.olapsync.spi.IncidentKey;
import io.olapsync.spi.IncidentKey.Topic;
import io.olapsync.spi.IncidentReport;
import io.olapsync.spi.IncidentStore;
import io.olapsync.spi.IncidentStore.Turn;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link IncidentStore} promises. */
@Timeout(60)
public abstract class IncidentStoreContract {

    private static final String PLAN = "vision-olap";
    private static final IncidentKey A = new IncidentKey(PLAN, Topic.REFRESH, "mv_a");
    private static final IncidentKey B = new IncidentKey(PLAN, Topic.REFRESH, "mv_b");
    private static final IncidentKey A_OLD = new IncidentKey(PLAN, Topic.STALENESS, "mv_a");
    private static final Duration REOPEN = Duration.ofSeconds(30);
    private static final Duration LEASE = Duration.ofMinutes(2);
    private static final Duration LATELY = Duration.ofMinutes(5);

    /** The incidents, none at first. */
    protected abstract IncidentStore incidents();

    /** The same incidents as another process has them. */
    protected abstract IncidentStore otherProcess();

    /** Lets the store's clock go on by this time, as if it had passed. */
    protected abstract void passTime(Duration time);

    /** Makes the store unreachable for {@link #incidents()}. */
    protected abstract void loseStore();

    private static IncidentCause cause(String error) {
        return new IncidentCause(
                Optional.of(RunId.random()), 4, error, Optional.of("22012"), Optional.of("mend it"), "1@host");
    }

    private void fail(IncidentKey... keys) throws RefreshException {
        for (IncidentKey key : keys) {
            incidents().report(List.of(IncidentReport.now(key, cause("division by zero"))), REOPEN);
        }
    }

    private Incident open(IncidentKey key) throws RefreshException {
        return incidents().open(PLAN).stream()
                .filter(incident -> incident.key().equals(key))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no open incident of " + key));
    }

    /** It succeeds now, a moment after its last failure. */
    private Incident succeed(IncidentKey key) throws RefreshException {
        passTime(Duration.ofSeconds(1));
        Incident open = open(key);
        incidents().resolve(Map.of(open, open.lastAt().plusSeconds(1)));
        return open;
    }

    private List<Incident> untold(String notifier) throws RefreshException {
        Optional<Turn> turn = incidents().takeTurn(PLAN, notifier, "me", LEASE, LATELY);
        incidents().endTurn(PLAN, notifier, "me");
        return turn.map(Turn::untold).orElse(List.of());
    }

    private void tell(String notifier, List<Incident> incidents) throws RefreshException {
        incidents().told(PLAN, notifier, "me", LEASE, incidents, false);
    }

    @Test
    void failure_opens_an_incident_that_everybody_sees() throws Exception {
        IncidentCause cause = cause("0으로 나눌 수 없습니다");
        incidents().report(List.of(IncidentReport.now(A, cause)), REOPEN);
        Incident incident = otherProcess().open(PLAN).get(0);
        assertThat(incident.key()).isEqualTo(A);
        assertThat(incident.cause()).isEqualTo(cause);
        assertThat(incident.times()).isEqualTo(1);
        assertThat(incident.isOpen()).isTrue();
        assertThat(incident.openedAt()).isEqualTo(incident.lastAt());
        assertThat(incidents().open("another")).isEmpty();
    }

    @Test
    void cause_of_which_little_is_known_comes_back_as_it_was() throws Exception {
        IncidentCause cause =
                new IncidentCause(Optional.empty(), 0, "", Optional.empty(), Optional.empty(), "a\u0001b");
        incidents().report(List.of(IncidentReport.now(A_OLD, cause)), REOPEN);
        assertThat(open(A_OLD).cause()).isEqualTo(cause);
    }

    @Test
    void repeated_failures_are_one_incident_with_the_last_cause() throws Exception {
        fail(A);
        Instant opened = open(A).openedAt();
        passTime(Duration.ofMinutes(1));
        IncidentCause last = cause("another error");
        otherProcess().report(List.of(IncidentReport.now(A, last)), REOPEN);
        assertThat(incidents().open(PLAN)).singleElement().satisfies(incident -> {
            assertThat(incident.times()).isEqualTo(2);
            assertThat(incident.cause()).isEqualTo(last);
            assertThat(incident.lastAt()).isAfter(incident.openedAt());
            assertThat(incident.openedAt().plus(Duration.ofMinutes(1)))
                    .isBetween(opened, opened.plus(Duration.ofMinutes(2)));
        });
    }

    @Test
    void topics_and_subjects_are_incidents_of_their_own_oldest_first() throws Exception {
        fail(B, A, A_OLD, B);
        assertThat(incidents().open(PLAN)).extracting(Incident::key).containsExactly(B, A, A_OLD);
    }

    @Test
    void failure_that_is_reported_twice_counts_once() throws Exception {
        IncidentCause first = cause("first text");
        IncidentCause again = new IncidentCause(
                first.run(), 4, "first text", Optional.empty(), Optional.of("another remedy"), "1@host");
        incidents().report(List.of(IncidentReport.now(A, first)), REOPEN);
        incidents().report(List.of(IncidentReport.now(A, again)), REOPEN);
        assertThat(open(A).times()).isEqualTo(1);
        assertThat(open(A).cause()).isEqualTo(again);
        succeed(A);
        passTime(Duration.ofMinutes(5));
        incidents().report(List.of(IncidentReport.now(A, again)), REOPEN);
        assertThat(incidents().open(PLAN)).as("it is over").isEmpty();
    }

    @Test
    void success_ends_it_unless_it_has_failed_again_since_it_was_read() throws Exception {
        fail(A);
        Incident read = open(A);
        passTime(Duration.ofSeconds(2));
        fail(A);
        incidents().resolve(Map.of(read, read.lastAt().plusSeconds(1)));
        assertThat(open(A).times()).isEqualTo(2);
        succeed(A);
        assertThat(incidents().open(PLAN)).isEmpty();
    }

    @Test
    void failure_soon_after_a_success_goes_on_with_the_incident() throws Exception {
        fail(A);
        Incident first = succeed(A);
        passTime(Duration.ofSeconds(10));
        fail(A);
        assertThat(open(A).id()).isEqualTo(first.id());
        assertThat(open(A).times()).isEqualTo(2);
    }

    @Test
    void failure_later_than_that_is_another_incident() throws Exception {
        fail(A);
        Incident first = succeed(A);
        passTime(Duration.ofSeconds(40));
        fail(A);
        assertThat(open(A).id()).isNotEqualTo(first.id());
        assertThat(open(A).times()).isEqualTo(1);
    }

    @Test
    void failure_from_before_the_success_does_not_open_it_again() throws Exception {
        fail(A);
        tell("slack", List.of(open(A)));
        succeed(A);
        passTime(Duration.ofMinutes(1));
        incidents()
                .report(
                        List.of(new IncidentReport(
                                A, cause("late"), Duration.ofMinutes(10), Duration.ofMinutes(5), 3, Set.of("email"))),
                        REOPEN);
        assertThat(incidents().open(PLAN)).isEmpty();
        assertThat(untold("email"))
                .as("who was told that it failed is told that it is over")
                .singleElement()
                .satisfies(incident -> assertThat(incident.times()).isEqualTo(4));
    }

    @Test
    void what_was_noticed_while_the_store_was_away_keeps_its_time_and_is_not_told_again() throws Exception {
        incidents()
                .report(
                        List.of(new IncidentReport(
                                A, cause("away"), Duration.ofMinutes(20), Duration.ofMinutes(5), 3, Set.of("slack"))),
                        REOPEN);
        Incident incident = open(A);
        assertThat(Duration.between(incident.openedAt(), incident.lastAt()))
                .isBetween(Duration.ofMinutes(14), Duration.ofMinutes(16));
        assertThat(incident.times()).isEqualTo(3);
        assertThat(untold("slack")).isEmpty();
        assertThat(untold("email")).hasSize(1);
    }

    @Test
    void each_notifier_is_told_of_an_opening_once() throws Exception {
        fail(A, B);
        List<Incident> untold = untold("slack");
        assertThat(untold).extracting(Incident::key).containsExactly(A, B);
        tell("slack", List.of(untold.get(0)));
        assertThat(untold("slack")).extracting(Incident::key).containsExactly(B);
        assertThat(untold("email")).hasSize(2);
        fail(A);
        assertThat(untold("slack")).extracting(Incident::key).containsExactly(B);
    }

    @Test
    void recovery_is_told_once_and_only_to_those_who_know_of_the_failure() throws Exception {
        fail(A);
        tell("slack", List.of(open(A)));
        succeed(A);
        assertThat(untold("email")).isEmpty();
        List<Incident> over = untold("slack");
        assertThat(over).singleElement().satisfies(incident -> {
            assertThat(incident.isOpen()).isFalse();
            assertThat(incident.resolvedAt().orElseThrow()).isAfter(incident.lastAt());
        });
        tell("slack", over);
        assertThat(untold("slack")).isEmpty();
    }

    @Test
    void incident_that_goes_on_after_its_end_was_told_is_told_again() throws Exception {
        fail(A);
        tell("slack", List.of(open(A)));
        succeed(A);
        tell("slack", untold("slack"));
        passTime(Duration.ofSeconds(10));
        fail(A);
        assertThat(untold("slack"))
                .singleElement()
                .satisfies(incident -> assertThat(incident.isOpen()).isTrue());
        tell("slack", untold("slack"));
        assertThat(untold("slack")).isEmpty();
        succeed(A);
        assertThat(untold("slack")).hasSize(1);
    }

    @Test
    void turn_is_one_holders_until_it_ends() throws Exception {
        fail(A);
        assertThat(incidents().takeTurn(PLAN, "slack", "me", LEASE, LATELY)).isPresent();
        assertThat(incidents().takeTurn(PLAN, "slack", "me", LEASE, LATELY)).isPresent();
        assertThat(otherProcess().takeTurn(PLAN, "slack", "you", LEASE, LATELY)).isEmpty();
        assertThat(otherProcess().takeTurn(PLAN, "email", "you", LEASE, LATELY)).isPresent();
        otherProcess().endTurn(PLAN, "slack", "you");
        assertThat(otherProcess().takeTurn(PLAN, "slack", "you", LEASE, LATELY))
                .as("nobody ends the turn of another")
                .isEmpty();
        incidents().endTurn(PLAN, "slack", "me");
        assertThat(otherProcess().takeTurn(PLAN, "slack", "you", LEASE, LATELY)).isPresent();
    }

    @Test
    void turn_of_a_process_that_died_ends_by_itself_and_nothing_is_lost() throws Exception {
        fail(A);
        assertThat(incidents().takeTurn(PLAN, "slack", "me", LEASE, LATELY)).isPresent();
        passTime(LEASE.minusSeconds(20));
        assertThat(otherProcess().takeTurn(PLAN, "slack", "you", LEASE, LATELY)).isEmpty();
        passTime(Duration.ofSeconds(40));
        assertThat(otherProcess().takeTurn(PLAN, "slack", "you", LEASE, LATELY))
                .get()
                .satisfies(turn -> assertThat(turn.untold()).hasSize(1));
    }

    @Test
    void telling_prolongs_the_turn() throws Exception {
        fail(A, B);
        Turn turn = incidents().takeTurn(PLAN, "slack", "me", LEASE, LATELY).orElseThrow();
        passTime(LEASE.minusSeconds(20));
        tell("slack", turn.untold().subList(0, 1));
        passTime(LEASE.minusSeconds(20));
        assertThat(otherProcess().takeTurn(PLAN, "slack", "you", LEASE, LATELY)).isEmpty();
    }

    @Test
    void there_is_no_turn_where_nothing_is_untold() throws Exception {
        assertThat(incidents().takeTurn(PLAN, "slack", "me", LEASE, LATELY)).isEmpty();
        fail(A);
        tell("slack", List.of(open(A)));
        assertThat(incidents().takeTurn(PLAN, "slack", "me", LEASE, LATELY)).isEmpty();
    }

    @Test
    void turn_knows_what_was_told_lately() throws Exception {
        fail(A, B, A_OLD);
        tell("slack", List.of(open(A)));
        Turn turn = incidents().takeTurn(PLAN, "slack", "me", LEASE, LATELY).orElseThrow();
        assertThat(turn.toldLately()).isEqualTo(1);
        assertThat(turn.summedUpLately()).isFalse();
        assertThat(turn.at()).isAfterOrEqualTo(open(A).openedAt());
        incidents().told(PLAN, "slack", "me", LEASE, List.of(open(B)), true);
        turn = incidents().takeTurn(PLAN, "slack", "me", LEASE, LATELY).orElseThrow();
        assertThat(turn.toldLately()).isEqualTo(2);
        assertThat(turn.summedUpLately()).isTrue();
        passTime(LATELY.plusSeconds(1));
        turn = incidents().takeTurn(PLAN, "slack", "me", LEASE, LATELY).orElseThrow();
        assertThat(turn.toldLately()).isZero();
        assertThat(turn.summedUpLately()).isFalse();
    }

    @Test
    void what_has_long_been_over_is_forgotten_and_what_is_not_stays() throws Exception {
        fail(A);
        passTime(Duration.ofDays(40));
        fail(B);
        incidents().forget(PLAN, Duration.ofDays(30));
        assertThat(incidents().open(PLAN)).extracting(Incident::key).containsExactly(B);
        assertThat(untold("slack")).extracting(Incident::key).containsExactly(B);
    }

    @Test
    void many_threads_report_and_none_is_lost() throws Exception {
        Threads.together(8, () -> {
            for (int i = 0; i < 5; i++) {
                fail(A);
                otherProcess().report(List.of(IncidentReport.now(B, cause("from another"))), REOPEN);
            }
            return true;
        });
        assertThat(incidents().open(PLAN))
                .hasSize(2)
                .allSatisfy(incident -> assertThat(incident.times()).isEqualTo(40));
    }

    @Test
    void of_many_who_want_the_turn_one_has_it() throws Exception {
        fail(A);
        List<Boolean> taken = Threads.together(
                8,
                () -> otherProcess()
                        .takeTurn(PLAN, "slack", Objects.toString(RunId.random()), LEASE, LATELY)
                        .isPresent());
        assertThat(taken).containsOnlyOnce(true);
    }

    @Test
    void store_that_cannot_be_asked_is_a_failure_and_not_an_empty_answer() throws Exception {
        fail(A);
        Incident open = open(A);
        loseStore();
        assertThatThrownBy(() -> incidents().open(PLAN)).isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> fail(B)).isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> incidents().resolve(Map.of(open, open.lastAt().plusSeconds(1))))
                .isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> untold("slack")).isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> tell("slack", List.of(open))).isInstanceOf(RefreshException.class);
        assertThat(otherProcess().open(PLAN)).containsExactly(open);
    }
}
