package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.Alerts;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.notify.AlertText;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import io.olapsync.testkit.fakes.RecordingNotifier;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Several engines on one real database; their notifiers are told by the clock of the test, at once. */
class AlertsOnPostgresTest {

    private final TestDatabase db = TestServers.postgres().newDatabase();
    private final ManualClock clock = ManualClock.at("2026-03-01T03:00:00Z");
    private final RecordingNotifier slack = new RecordingNotifier("slack");

    @BeforeEach
    void createView() {
        db.execute(
                "CREATE TABLE t (a int PRIMARY KEY, divisor int NOT NULL)",
                "INSERT INTO t VALUES (1, 1)",
                "CREATE MATERIALIZED VIEW \"매출\" AS SELECT a, 1 / divisor AS b FROM t",
                "CREATE UNIQUE INDEX ON \"매출\" (a)");
    }

    @AfterEach
    void drop() {
        db.close();
    }

    /** Looks when the clock of the test is moved on; what it does itself is on threads of its own. */
    private OlapSync engine() {
        return OlapSync.builder(SyncPlan.named("vision-olap").view("매출").build())
                .install(PostgresPlugin.of(db.pooledDataSource()))
                .clock(clock)
                .scheduler(clock.scheduler())
                .alerts(Alerts.to(slack)
                        .gathering(Duration.ZERO)
                        .withoutStaleness()
                        .on(clock.sameThread()))
                .build();
    }

    @Test
    void failure_and_recovery_are_told_once_by_whichever_process_and_not_again_after_a_restart() {
        try (OlapSync one = engine();
                OlapSync two = engine()) {
            db.execute("UPDATE t SET divisor = 0");
            assertThat(one.runFull().succeeded()).isFalse();
            assertThat(two.runFull().succeeded()).isFalse();
            clock.advance(Duration.ofMinutes(2));
            assertThat(slack.subjects()).containsExactly("[vision-olap] FAILED: 매출 cannot be refreshed");
            assertThat(AlertText.body(slack.alerts().get(0))).contains("SQLSTATE: 22012", "division by zero");
        }
        assertThat(db.queryForLong("SELECT times FROM olap_sync.incident WHERE resolved_at IS NULL"))
                .isEqualTo(2);

        db.execute("UPDATE t SET divisor = 1");
        try (OlapSync three = engine();
                OlapSync four = engine()) {
            clock.advance(Duration.ofMinutes(2));
            assertThat(slack.alerts()).hasSize(1);
            assertThat(three.runFull().succeeded()).isTrue();
            clock.advance(Duration.ofMinutes(2));
            assertThat(four.runFull().succeeded()).isTrue();
            clock.advance(Duration.ofMinutes(2));
            assertThat(slack.subjects())
                    .containsExactly(
                            "[vision-olap] FAILED: 매출 cannot be refreshed",
                            "[vision-olap] RECOVERED: 매출 is refreshed again");
        }
        assertThat(db.queryForLong("SELECT count(*) FROM olap_sync.alert_turn")).isZero();
    }

    @Test
    void process_that_died_in_its_turn_is_followed_by_another() throws Exception {
        try (OlapSync one = engine()) {
            db.execute("UPDATE t SET divisor = 0");
            PostgresSchema.of(db.pooledDataSource()).ensure();
            db.execute(
                    "INSERT INTO olap_sync.alert_turn VALUES ('vision-olap', 'slack', 'dead', now() + interval '1 h')");
            one.runFull();
            clock.advance(Duration.ofMinutes(2));
            assertThat(slack.alerts()).as("it is the turn of another").isEmpty();
            db.execute("UPDATE olap_sync.alert_turn SET ends_at = now() - interval '1 s'"); // which has died
            clock.advance(Duration.ofMinutes(2));
            assertThat(slack.alerts()).hasSize(1);
        }
    }

    @Test
    void incident_that_only_a_newer_library_understands_is_left_to_it() throws Exception {
        try (OlapSync one = engine()) {
            PostgresSchema.of(db.pooledDataSource()).ensure();
            db.execute("INSERT INTO olap_sync.incident (plan, topic, subject, opened_at, last_at, times, attempts,"
                    + " error, process) VALUES ('vision-olap', 'run', 'full', now(), now(), 1, 0, 'e', 'p'),"
                    + " ('vision-olap', 'of-a-newer-library', 'x', now(), now(), 1, 0, 'e', 'p')");
            clock.advance(Duration.ofMinutes(2));
            assertThat(slack.subjects()).containsExactly("[vision-olap] FAILED: the full sync fails");
            assertThat(one.health().problems()).isEmpty();
        }
    }
}
