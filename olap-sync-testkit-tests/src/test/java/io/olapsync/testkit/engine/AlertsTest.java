package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.Alerts;
import io.olapsync.OlapSync;
import io.olapsync.RefreshOptions;
import io.olapsync.SyncPlan;
import io.olapsync.SyncRequest;
import io.olapsync.SyncRun;
import io.olapsync.notify.AlertText;
import io.olapsync.spi.Alert;
import io.olapsync.spi.CheckSpec;
import io.olapsync.spi.Finding;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RunId;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SyncKind;
import io.olapsync.testkit.fakes.RecordingNotifier;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is told and what is not. */
class AlertsTest {

    private final AlertBench bench = new AlertBench(AlertBench.views(3));

    @Test
    void view_that_begins_to_fail_is_told_once_and_once_when_it_is_over() {
        try (bench) {
            OlapSync sync = bench.engine(bench.slack);
            bench.runAndTell(sync);
            bench.fail("mv_1");
            for (int i = 0; i < 4; i++) {
                bench.runAndTell(sync);
            }
            assertThat(bench.slack.subjects()).containsExactly("[vision-olap] FAILED: mv_1 cannot be refreshed");
            assertThat(bench.open())
                    .singleElement()
                    .satisfies(incident -> assertThat(incident.times()).isEqualTo(4));

            bench.mend("mv_1");
            bench.runAndTell(sync);
            bench.runAndTell(sync);
            assertThat(bench.slack.subjects()).last().isEqualTo("[vision-olap] RECOVERED: mv_1 is refreshed again");
            assertThat(bench.slack.alerts()).hasSize(2);
        }
    }

    @Test
    void message_has_what_people_need() {
        try (bench) {
            OlapSync sync = bench.engine(bench.slack);
            bench.runAndTell(sync);
            bench.fail("mv_1");
            SyncRun run = bench.run(sync);
            bench.pass(Duration.ofMinutes(2));
            Alert alert = bench.slack.alerts().get(0);
            assertThat(AlertText.body(alert))
                    .contains("error: division by zero", "SQLSTATE: 22012", "what to do: mend the definition")
                    .contains("run: " + run.id() + ", 1 attempt", "since: 2026-03-01T03:02:00Z")
                    .contains("readers see: data as of 2026-03-01T03:00:00Z");
        }
    }

    @Test
    void thousand_failures_in_a_minute_are_one_incident_and_one_message() {
        try (bench) {
            OlapSync sync = bench.engine(bench.slack);
            bench.fail("mv_1");
            for (int i = 0; i < 1_000; i++) {
                bench.run(sync);
                bench.pass(Duration.ofMillis(60));
            }
            bench.pass(Duration.ofMinutes(10));
            assertThat(bench.slack.alerts()).hasSize(1);
            assertThat(bench.fakes.incidents().all())
                    .singleElement()
                    .satisfies(incident -> assertThat(incident.times()).isEqualTo(1_000));
        }
    }

    @Test
    void many_views_that_fail_at_once_are_one_summary_and_so_is_their_recovery() {
        try (AlertBench many = new AlertBench(AlertBench.views(60))) {
            OlapSync sync = many.engine(many.slack);
            many.fail(IntStream.range(0, 60).mapToObj(i -> "mv_" + i).toArray(String[]::new));
            many.runAndTell(sync);
            assertThat(many.slack.subjects()).containsExactly("[vision-olap] 60 FAILED");
            many.mendAll();
            many.runAndTell(sync);
            many.pass(Duration.ofMinutes(10));
            assertThat(many.slack.subjects()).last().isEqualTo("[vision-olap] 60 RECOVERED");
            assertThat(many.slack.alerts()).hasSize(2);
        }
    }

    @Test
    void flood_that_goes_on_is_one_summary_in_five_minutes() {
        try (AlertBench many = new AlertBench(AlertBench.views(40))) {
            OlapSync sync = many.engine(many.slack);
            for (int i = 0; i < 40; i++) {
                many.fail("mv_" + i);
                many.run(sync);
                many.pass(Duration.ofSeconds(15));
            }
            many.pass(Duration.ofMinutes(10));
            assertThat(many.slack.alerts()).hasSizeLessThanOrEqualTo(9);
            assertThat(many.slack.alerts().stream()
                            .mapToInt(alert -> alert.items().size())
                            .sum())
                    .as("nobody is left out")
                    .isEqualTo(40);
        }
    }

    @Test
    void what_is_over_soon_is_not_told() {
        try (bench) {
            OlapSync sync = bench.engine(bench.slack);
            bench.fail("mv_1");
            bench.run(sync);
            bench.pass(Duration.ofSeconds(10));
            bench.mend("mv_1");
            bench.run(sync);
            bench.pass(Duration.ofMinutes(10));
            assertThat(bench.open()).isEmpty();
            assertThat(bench.slack.alerts()).isEmpty();
        }
    }

    @Test
    void benign_things_are_not_told() {
        try (bench) {
            OlapSync sync = bench.engine(bench.slack);
            bench.fakes.executor().fail(view("mv_0"), Kind.TRANSIENT, 2);
            bench.fakes.executor().fail(view("mv_1"), Kind.CONTENDED, 3);
            SyncRun run = bench.run(sync);
            bench.pass(Duration.ofMinutes(20));
            assertThat(run.report().join().succeeded()).isTrue();

            assertThatNobodyIsTold("another holds the lock", () -> {
                var lock = bench.fakes.locks().tryAcquire(Set.of(view("mv_2"))).orElseThrow();
                SyncRun cancelled = bench.run(sync);
                bench.pass(Duration.ofMinutes(1));
                cancelled.cancel();
                lock.close();
            });
            assertThatNobodyIsTold("paused and fresh", () -> {
                sync.pause("migration", "mv_0");
                bench.runAndTell(sync);
                sync.refresh("mv_1");
            });
            assertThatNobodyIsTold("its next attempt was called off", () -> {
                bench.fakes.executor().fail(view("mv_1"), Kind.TRANSIENT, 1);
                SyncRun cancelled = bench.run(sync);
                bench.pass(Duration.ofMinutes(1));
                cancelled.cancel();
                assertThat(cancelled.report().join().status()).isEqualTo(RunStatus.FAILED);
            });
            assertThat(bench.slack.alerts()).isEmpty();
        }
    }

    /** Something that may throw anything. */
    private interface Act {
        void run() throws Exception;
    }

    private void assertThatNobodyIsTold(String why, Act act) {
        try {
            act.run();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        bench.pass(Duration.ofMinutes(2));
        assertThat(bench.open()).as(why).isEmpty();
    }

    @Test
    void run_that_is_refused_is_told_with_what_mends_it() {
        try (bench) {
            OlapSync sync = bench.engine(bench.slack);
            bench.catalog.finding(new Finding(
                    Finding.Severity.ERROR,
                    "no-unique-index",
                    view("mv_1"),
                    "it has no unique index",
                    "CREATE UNIQUE INDEX ON mv_1 (a)"));
            bench.runAndTell(sync);
            bench.runAndTell(sync);
            assertThat(bench.slack.subjects()).containsExactly("[vision-olap] FAILED: the full sync fails");
            assertThat(AlertText.body(bench.slack.alerts().get(0)))
                    .contains("no unique index", "CREATE UNIQUE INDEX ON mv_1 (a)");
        }
    }

    @Test
    void run_that_cannot_begin_is_told_and_its_successor_ends_that() {
        try (bench) {
            OlapSync sync = bench.engine(bench.slack);
            bench.catalog.away(true);
            bench.run(sync);
            bench.pass(Duration.ofMinutes(14));
            assertThat(bench.slack.alerts()).as("it is still trying").isEmpty();
            bench.pass(Duration.ofMinutes(5));
            assertThat(bench.slack.subjects()).containsExactly("[vision-olap] FAILED: the full sync fails");
            bench.catalog.away(false);
            bench.runAndTell(sync);
            assertThat(bench.slack.subjects())
                    .last()
                    .isEqualTo("[vision-olap] RECOVERED: the full sync succeeds again");
        }
    }

    @Test
    void run_out_of_time_is_told() {
        try (bench) {
            OlapSync sync = bench.engine(bench.slack);
            bench.fakes.locks().tryAcquire(Set.of(view("mv_1")));
            sync.submit(SyncRequest.full().withDeadline(Duration.ofMinutes(10)));
            bench.pass(Duration.ofMinutes(12));
            assertThat(bench.slack.subjects()).containsExactly("[vision-olap] FAILED: the full sync fails");
            assertThat(AlertText.body(bench.slack.alerts().get(0))).contains("deadline");
        }
    }

    @Test
    void run_whose_process_died_is_told_once() {
        try (bench) {
            OlapSync sync = bench.engine(bench.slack);
            bench.fakes
                    .history()
                    .write(List.of(new HistoryEntry.Run(
                            RunId.random(),
                            "vision-olap",
                            SyncKind.FULL,
                            "nightly",
                            RunStatus.RUNNING,
                            bench.clock.now(),
                            Optional.empty(),
                            "77@dead",
                            Optional.empty())));
            bench.pass(Duration.ofMinutes(30));
            assertThat(bench.slack.subjects()).containsExactly("[vision-olap] FAILED: the full sync fails");
            assertThat(AlertText.body(bench.slack.alerts().get(0))).contains("77@dead");
            bench.runAndTell(sync);
            bench.pass(Duration.ofMinutes(30));
            assertThat(bench.slack.subjects())
                    .hasSize(2)
                    .last()
                    .isEqualTo("[vision-olap] RECOVERED: the full sync succeeds again");
        }
    }

    @Test
    void check_that_does_not_pass_is_told() {
        SyncPlan plan = SyncPlan.named("vision-olap")
                .check("source", CheckSpec.of("fake"))
                .view("mv_0")
                .build();
        boolean[] broken = {true};
        try (AlertBench checked = new AlertBench(plan)) {
            OlapSync sync = checked.engine(
                    Alerts.to(checked.slack),
                    builder -> builder.install(registry -> registry.check("fake", (check, cancel) -> {
                        if (broken[0]) {
                            throw new RefreshException(Kind.PERMANENT, "negative amounts", null);
                        }
                    })));
            checked.runAndTell(sync);
            assertThat(checked.slack.subjects())
                    .containsExactly("[vision-olap] FAILED: the check source does not pass");
            broken[0] = false;
            checked.runAndTell(sync);
            assertThat(checked.slack.subjects())
                    .last()
                    .isEqualTo("[vision-olap] RECOVERED: the check source passes again");
        }
    }

    @Test
    void view_that_is_suspended_is_the_same_incident_with_more_to_do() {
        try (bench) {
            OlapSync sync = bench.engine(bench.slack);
            bench.fail("mv_1");
            for (int i = 0; i < 5; i++) {
                bench.run(sync);
            }
            bench.pass(Duration.ofMinutes(2));
            assertThat(AlertText.body(bench.slack.alerts().get(0)))
                    .contains("mend the definition; then resume(mv_1)", "5 times");
            assertThat(bench.open().get(0).times()).isEqualTo(5);
        }
    }

    @Test
    void view_that_nobody_refreshes_is_told_when_it_is_too_old() {
        try (bench) {
            OlapSync sync = bench.engine(Alerts.to(bench.slack), builder -> builder.staleAfter(Duration.ofHours(25)));
            bench.runAndTell(sync);
            sync.refresh(RefreshOptions.DEFAULTS.forced(), "mv_1");
            bench.pass(Duration.ofDays(1));
            assertThat(bench.slack.alerts()).isEmpty();
            bench.pass(Duration.ofDays(2));
            assertThat(bench.slack.subjects())
                    .containsExactlyInAnyOrder(
                            "[vision-olap] FAILED: mv_0 is out of date",
                            "[vision-olap] FAILED: mv_1 is out of date",
                            "[vision-olap] FAILED: mv_2 is out of date");
            bench.runAndTell(sync);
            assertThat(bench.slack.subjects()).hasSize(6).last().asString().contains("is up to date again");
        }
    }

    @Test
    void age_alone_is_not_told_where_that_is_switched_off_or_the_view_is_paused_or_is_known_to_fail() throws Exception {
        try (bench) {
            RecordingNotifier failuresOnly = new RecordingNotifier("failures");
            OlapSync sync = bench.engine(bench.slack);
            bench.runAndTell(sync);
            sync.pause("meant", "mv_0");
            bench.fail("mv_1");
            bench.runAndTell(sync);
            bench.pass(Duration.ofDays(3));
            assertThat(bench.slack.subjects())
                    .containsExactly(
                            "[vision-olap] FAILED: mv_1 cannot be refreshed",
                            "[vision-olap] FAILED: mv_2 is out of date");
            try (AlertBench other = new AlertBench(AlertBench.views(2))) {
                other.engine(Alerts.to(failuresOnly).withoutStaleness(), builder -> builder);
                other.pass(Duration.ofDays(3));
                assertThat(failuresOnly.alerts()).isEmpty();
            }
        }
    }

    @Test
    void view_with_a_limit_of_its_own_is_judged_by_that() {
        SyncPlan plan = SyncPlan.named("vision-olap")
                .view("mv_0", v -> v.staleAfter(Duration.ofHours(1)))
                .view("mv_1")
                .build();
        try (AlertBench limited = new AlertBench(plan)) {
            limited.engine(limited.slack);
            limited.pass(Duration.ofHours(2));
            assertThat(limited.slack.subjects()).containsExactly("[vision-olap] FAILED: mv_0 is out of date");
            assertThat(AlertText.body(limited.slack.alerts().get(0))).contains("never refreshed");
        }
    }

    @Test
    void settings_that_cannot_be_are_refused() {
        RecordingNotifier twin = new RecordingNotifier("slack");
        assertThatThrownBy(() -> Alerts.to(bench.slack, twin)).hasMessageContaining("two notifiers are named 'slack'");
        assertThatThrownBy(() -> Alerts.to(new RecordingNotifier(" "))).hasMessageContaining("name of a notifier");
        assertThatThrownBy(() -> Alerts.to().summingUpOver(0)).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> Alerts.to().gathering(Duration.ofDays(2))).hasMessageContaining("gather");
        assertThatThrownBy(() -> Alerts.to().storeAwayAfter(Duration.ofSeconds(-1)))
                .hasMessageContaining("store may be away");
    }
}
