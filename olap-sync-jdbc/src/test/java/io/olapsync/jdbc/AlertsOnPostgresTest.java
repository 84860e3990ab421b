package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.Alerts;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.notify.AlertText;
import io.olapsync.spi.IncidentCause;
import io.olapsync.spi.IncidentKey;
import io.olapsync.spi.IncidentKey.Topic;
import io.olapsync.spi.IncidentReport;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import io.olapsync.testkit.fakes.RecordingNotifier;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Several engines on one real database; their notifiers are told by the clock of the test, at once. */
@Tag("one-major")
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
    void failure_that_another_process_is_just_recording_is_counted_there() throws Exception {
        IncidentKey key = new IncidentKey("vision-olap", Topic.REFRESH, "매출");
        IncidentCause cause =
                new IncidentCause(Optional.empty(), 1, "again", Optional.empty(), Optional.empty(), "1@host");
        PostgresIncidents incidents =
                new PostgresIncidents(db.pooledDataSource(), PostgresSchema.of(db.pooledDataSource()));
        assertThat(incidents.open("vision-olap")).isEmpty();
        FutureTask<Void> report = new FutureTask<>(() -> {
            incidents.report(List.of(IncidentReport.now(key, cause)), Duration.ZERO);
            return null;
        });
        try (Connection other = db.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE olap_sync.incident IN SHARE ROW EXCLUSIVE MODE");
            statement.execute(
                    "INSERT INTO olap_sync.incident (plan, topic, subject, opened_at, last_at, times, attempts,"
                            + " error, process) VALUES ('vision-olap', 'refresh', '매출', now(), now(), 1, 1, 'e', 'p')");
            new Thread(report).start();
            db.await("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                    + " AND datname = current_database())");
            other.commit();
        }
        report.get(30, TimeUnit.SECONDS);
        assertThat(incidents.open("vision-olap"))
                .singleElement()
                .satisfies(incident -> assertThat(incident.times()).isEqualTo(2));
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
