package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.Incident;
import io.olapsync.spi.IncidentCause;
import io.olapsync.spi.IncidentKey;
import io.olapsync.spi.IncidentKey.Topic;
import io.olapsync.spi.IncidentReport;
import io.olapsync.spi.IncidentStore.Turn;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the conditions in the SQL of incidents are for, one by one: other plans, other notifiers, earlier incidents. */
@Tag("one-major")
class PostgresIncidentsConditionsTest {

    private static final IncidentKey OURS = new IncidentKey("ours", Topic.REFRESH, "mv");
    private static final IncidentKey THEIRS = new IncidentKey("theirs", Topic.REFRESH, "mv");
    private static final Duration REOPEN = Duration.ofSeconds(30);
    private static final Duration LEASE = Duration.ofMinutes(2);
    private static final Duration LATELY = Duration.ofMinutes(5);

    private final ContractStore store = new ContractStore();
    private final PostgresIncidents incidents =
            new PostgresIncidents(store.dataSource, PostgresSchema.of(store.dataSource));

    @AfterEach
    void close() {
        store.close();
    }

    private static IncidentCause cause(RunId run, String error) {
        return new IncidentCause(Optional.of(run), 1, error, Optional.empty(), Optional.empty(), "1@host");
    }

    private void fail(IncidentKey... keys) throws RefreshException {
        for (IncidentKey key : keys) {
            incidents.report(List.of(IncidentReport.now(key, cause(RunId.random(), "it fails"))), REOPEN);
        }
    }

    private Incident open(IncidentKey key) throws RefreshException {
        return incidents.open(key.plan()).stream()
                .filter(incident -> incident.key().equals(key))
                .findFirst()
                .orElseThrow();
    }

    /** It was over for so long. */
    private Incident endAgo(IncidentKey key, Duration ago) throws RefreshException {
        Incident open = open(key);
        incidents.resolve(Map.of(open, open.lastAt().plusMillis(1)));
        String by = ago.toString();
        store.db.update(
                "UPDATE olap_sync.incident SET opened_at = opened_at - ?::interval, last_at = last_at - ?::interval,"
                        + " resolved_at = resolved_at - ?::interval WHERE id = ?",
                by,
                by,
                by,
                open.id());
        return open;
    }

    private void told(String notifier, Incident incident) throws RefreshException {
        incidents.told(incident.key().plan(), notifier, "me", LEASE, List.of(incident), false);
    }

    private Optional<Turn> turn(String plan, String notifier, String holder) throws RefreshException {
        return incidents.takeTurn(plan, notifier, holder, LEASE, LATELY);
    }

    private Incident untold(String notifier) throws RefreshException {
        return turn("ours", notifier, "me").orElseThrow().untold().get(0);
    }

    @Test
    void failure_is_counted_in_the_latest_incident_of_its_key_not_in_an_earlier_one() throws Exception {
        fail(OURS);
        Incident first = endAgo(OURS, Duration.ofMinutes(5));
        fail(OURS);
        fail(OURS);
        assertThat(open(OURS).id()).isNotEqualTo(first.id());
        assertThat(open(OURS).times()).isEqualTo(2);
    }

    @Test
    void plans_with_views_of_the_same_name_have_incidents_of_their_own_and_tell_and_forget_their_own()
            throws Exception {
        fail(OURS, THEIRS, OURS);
        assertThat(open(OURS).times()).isEqualTo(2);
        assertThat(open(THEIRS).times()).isEqualTo(1);
        assertThat(turn("ours", "slack", "me").orElseThrow().untold())
                .extracting(Incident::key)
                .containsExactly(OURS);
        told("slack", open(THEIRS));
        assertThat(turn("ours", "slack", "me").orElseThrow().toldLately()).isZero();
        store.db.update("UPDATE olap_sync.incident SET last_at = last_at - interval '40 days'");
        incidents.forget("ours", Duration.ofDays(30));
        assertThat(incidents.open("ours")).isEmpty();
        assertThat(incidents.open("theirs")).hasSize(1);
    }

    @Test
    void failure_that_is_reported_late_does_not_set_the_last_one_back() throws Exception {
        fail(OURS);
        Instant last = open(OURS).lastAt();
        IncidentReport late = new IncidentReport(
                OURS, cause(RunId.random(), "earlier"), Duration.ofMinutes(5), Duration.ofMinutes(5), 1, Set.of());
        incidents.report(List.of(late), REOPEN);
        assertThat(open(OURS).times()).isEqualTo(2);
        assertThat(open(OURS).lastAt()).isEqualTo(last);
    }

    @Test
    void what_is_over_keeps_its_end_and_its_cause() throws Exception {
        RunId run = RunId.random();
        incidents.report(List.of(IncidentReport.now(OURS, cause(run, "first"))), REOPEN);
        Incident read = open(OURS);
        told("slack", read);
        Instant end = read.lastAt().plusMillis(1);
        incidents.resolve(Map.of(read, end));
        incidents.resolve(Map.of(read, end.plusSeconds(60)));
        incidents.report(List.of(IncidentReport.now(OURS, cause(run, "again"))), REOPEN);
        assertThat(untold("slack").resolvedAt()).contains(end);
        assertThat(untold("slack").cause().error()).isEqualTo("first");
    }

    @Test
    void process_whose_turn_has_gone_to_another_does_not_prolong_that() throws Exception {
        fail(OURS);
        Incident incident = untold("slack");
        store.db.update("UPDATE olap_sync.alert_turn SET ends_at = ends_at - interval '3 minutes'");
        assertThat(incidents.takeTurn("ours", "slack", "you", Duration.ofSeconds(10), LATELY))
                .isPresent();
        incidents.told("ours", "slack", "me", Duration.ofHours(1), List.of(incident), false);
        fail(new IncidentKey("ours", Topic.REFRESH, "another"));
        store.db.update("UPDATE olap_sync.alert_turn SET ends_at = ends_at - interval '20 seconds'");
        assertThat(turn("ours", "slack", "third")).isPresent();
    }

    @Test
    void turn_that_is_given_back_is_that_of_one_notifier_and_one_plan() throws Exception {
        fail(OURS, THEIRS);
        assertThat(turn("ours", "slack", "me")).isPresent();
        assertThat(turn("ours", "email", "me")).isPresent();
        assertThat(turn("theirs", "slack", "me")).isPresent();
        incidents.endTurn("ours", "slack", "me");
        assertThat(turn("ours", "slack", "you")).isPresent();
        assertThat(turn("ours", "email", "you")).isEmpty();
        assertThat(turn("theirs", "slack", "you")).isEmpty();
    }

    @Test
    void what_was_told_lately_counts_for_its_notifier_and_counts_recoveries() throws Exception {
        fail(OURS);
        told("slack", open(OURS));
        store.db.update("UPDATE olap_sync.incident_told SET opened_at = opened_at - interval '10 minutes'");
        incidents.resolve(Map.of(open(OURS), open(OURS).lastAt().plusMillis(1)));
        told("slack", untold("slack"));
        fail(new IncidentKey("ours", Topic.REFRESH, "another"));
        assertThat(turn("ours", "slack", "me").orElseThrow().toldLately()).isEqualTo(1);
        assertThat(turn("ours", "email", "me").orElseThrow().toldLately()).isZero();
    }

    @Test
    void recovery_that_one_notifier_was_told_is_still_to_be_told_to_the_other() throws Exception {
        fail(OURS);
        told("slack", open(OURS));
        told("email", open(OURS));
        incidents.resolve(Map.of(open(OURS), open(OURS).lastAt().plusMillis(1)));
        told("slack", untold("slack"));
        assertThat(turn("ours", "slack", "me")).isEmpty();
        assertThat(untold("email").isOpen()).isFalse();
    }

    @Test
    void who_was_told_from_memory_what_the_store_knows_by_now_is_not_told_again() throws Exception {
        fail(OURS);
        told("slack", open(OURS));
        incidents.resolve(Map.of(open(OURS), open(OURS).lastAt().plusMillis(1)));
        told("slack", untold("slack"));
        IncidentReport late = new IncidentReport(
                OURS,
                cause(RunId.random(), "from memory"),
                Duration.ofMinutes(5),
                Duration.ofMinutes(5),
                1,
                Set.of("slack"));
        incidents.report(List.of(late), REOPEN);
        assertThat(turn("ours", "slack", "me")).isEmpty();
    }

    @Test
    void incident_that_began_long_ago_and_still_fails_is_not_forgotten() throws Exception {
        fail(OURS);
        store.db.update("UPDATE olap_sync.incident SET opened_at = opened_at - interval '40 days'");
        incidents.forget("ours", Duration.ofDays(30));
        assertThat(incidents.open("ours")).hasSize(1);
    }
}
