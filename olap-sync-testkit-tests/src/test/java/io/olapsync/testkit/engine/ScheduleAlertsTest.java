package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.Alerts;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.notify.AlertText;
import io.olapsync.schedule.Schedule;
import io.olapsync.spi.IncidentKey.Topic;
import io.olapsync.spi.IncidentSource.Judgement;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.TickClaim;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is told of schedules and target lags: once when it begins, once when it is over. It is 03:00 UTC when each test begins. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ScheduleAlertsTest {

    private static final Duration DAY = Duration.ofDays(1);
    private static final Schedule NIGHTLY = Schedule.of("nightly", "0 3 * * *");
    private static final String SCHEDULE_FAILED =
            "[vision-olap] FAILED: the schedule nightly does not run as it should";
    private static final String SCHEDULE_RECOVERED = "[vision-olap] RECOVERED: the schedule nightly runs again";

    private long rows;

    private final AlertBench bench = new AlertBench(AlertBench.views(2));

    private OlapSync engine(AlertBench on, Schedule... schedules) {
        return on.engine(Alerts.to(on.slack), builder -> {
            for (Schedule schedule : schedules) {
                builder.schedule(schedule);
            }
            boolean scheduled = schedules.length > 0; // then age is not what this is about
            return builder.heartbeat(Duration.ofMinutes(10), Duration.ofMinutes(20))
                    .staleAfter(scheduled ? DAY.multipliedBy(30) : Duration.ofHours(25));
        });
    }

    private static OlapSync started(OlapSync sync) {
        sync.start();
        return sync;
    }

    @Test
    void tick_that_was_missed_is_told_once_and_once_when_the_next_has_run() {
        try (bench) {
            OlapSync before = started(engine(bench, NIGHTLY));
            bench.pass(DAY.plusHours(1));
            before.close(); // the only one
            bench.pass(DAY);
            started(engine(bench, NIGHTLY));
            started(engine(bench, NIGHTLY));
            bench.pass(Duration.ofHours(12));
            assertThat(bench.slack.subjects()).containsExactly(SCHEDULE_FAILED);
            assertThat(bench.open())
                    .as("it happened once, however often it was looked at")
                    .allSatisfy(incident -> assertThat(incident.times()).isEqualTo(1));
            assertThat(AlertText.body(bench.slack.alerts().get(0)))
                    .contains("the tick of 2026-03-03T03:00:00Z was missed: noticed 1h")
                    .contains("what to do: ")
                    .contains("the next tick, at 2026-03-04T03:00:00Z");
            bench.pass(DAY.multipliedBy(3));
            assertThat(bench.slack.subjects()).containsExactly(SCHEDULE_FAILED, SCHEDULE_RECOVERED);
        }
    }

    @Test
    void ticks_that_nobody_takes_up_are_told_by_a_process_that_was_never_started() {
        try (bench) {
            OlapSync worker = started(engine(bench, NIGHTLY));
            engine(bench, NIGHTLY);
            bench.pass(DAY);
            worker.close();
            bench.pass(DAY.plusMinutes(4));
            assertThat(bench.slack.subjects()).isEmpty();
            bench.pass(Duration.ofHours(2));
            assertThat(bench.slack.subjects()).containsExactly(SCHEDULE_FAILED);
            assertThat(AlertText.body(bench.slack.alerts().get(0)))
                    .contains("no process has taken up the tick of 2026-03-03T03:00:00Z, due for 5m");
            started(engine(bench, NIGHTLY));
            bench.pass(Duration.ofMinutes(30));
            assertThat(bench.slack.subjects()).as("what was missed is missed").hasSize(1);
            bench.pass(DAY);
            assertThat(bench.slack.subjects()).containsExactly(SCHEDULE_FAILED, SCHEDULE_RECOVERED);
        }
    }

    @Test
    void schedule_whose_runs_take_longer_than_its_interval_is_one_incident_and_a_single_long_run_is_none() {
        try (bench) {
            started(engine(bench, Schedule.of("nightly", "*/4 * * * *")));
            bench.fakes
                    .executor()
                    .fail(view("mv_0"), Kind.TRANSIENT, 1); // tried again after 5 minutes: one tick left out
            bench.pass(Duration.ofMinutes(30));
            assertThat(bench.slack.subjects()).isEmpty();
            for (int i = 0; i < 6; i++) {
                bench.fakes.executor().fail(view("mv_0"), Kind.TRANSIENT, 2); // 10 minutes: two ticks left out
                bench.pass(Duration.ofMinutes(12));
            }
            assertThat(bench.slack.subjects()).containsExactly(SCHEDULE_FAILED);
            assertThat(AlertText.body(bench.slack.alerts().get(0))).contains("left out: run ", "is still under way");
            bench.pass(Duration.ofMinutes(40));
            assertThat(bench.slack.subjects()).containsExactly(SCHEDULE_FAILED, SCHEDULE_RECOVERED);
        }
    }

    @Test
    void run_of_a_tick_that_fails_is_told_as_what_fails_in_it_alone() {
        try (bench) {
            started(engine(bench, NIGHTLY));
            bench.fail("mv_1");
            bench.pass(DAY.plusHours(1));
            assertThat(bench.slack.subjects()).containsExactly("[vision-olap] FAILED: mv_1 cannot be refreshed");
        }
    }

    @Test
    void database_that_is_away_for_a_moment_is_no_matter_of_schedules_and_ticks_that_cannot_be_read_for_long_are() {
        try (bench) {
            started(engine(bench, Schedule.of("nightly", "0 12 * * *")));
            bench.pass(Duration.ofMinutes(1));
            bench.fakes.ticks().away(true);
            bench.pass(Duration.ofMinutes(1));
            bench.fakes.ticks().away(false);
            bench.pass(Duration.ofMinutes(10));
            bench.fakes.ticks().away(true);
            bench.pass(Duration.ofMinutes(1));
            bench.fakes.ticks().away(false);
            bench.pass(Duration.ofMinutes(10));
            bench.fakes.ticks().away(true);
            bench.pass(Duration.ofMinutes(1));
            assertThat(bench.open()).isEmpty();
            bench.pass(Duration.ofMinutes(10));
            assertThat(bench.slack.subjects()).containsExactly(SCHEDULE_FAILED);
            assertThat(AlertText.body(bench.slack.alerts().get(0)))
                    .contains("its ticks cannot be read: the ticks are away");
            bench.fakes.ticks().away(false);
            bench.pass(Duration.ofHours(10));
            assertThat(bench.slack.subjects()).containsExactly(SCHEDULE_FAILED, SCHEDULE_RECOVERED);
        }
    }

    /** Lets the time pass while somebody writes all the time. */
    private void write(AlertBench lags, Duration time) {
        for (long i = 0; i < time.toSeconds() / 10; i++) {
            lags.fakes.warehouse().sourceRows(++rows, view("mv_0"), view("mv_1"));
            lags.pass(Duration.ofSeconds(10));
        }
    }

    private static AlertBench lagging() {
        return new AlertBench(SyncPlan.named("vision-olap")
                .view("mv_0")
                .view("mv_1", v -> v.after("mv_0").targetLag(Duration.ofMinutes(10)))
                .build());
    }

    @Test
    void target_lag_that_cannot_be_held_is_told_once_and_once_when_it_can() {
        try (AlertBench lags = lagging()) {
            started(engine(lags));
            write(lags, Duration.ofHours(1));
            assertThat(lags.slack.subjects()).isEmpty();
            lags.fakes.warehouse().takes(view("mv_1"), Duration.ofMinutes(6));
            write(lags, Duration.ofHours(3));
            assertThat(lags.slack.subjects())
                    .containsExactly("[vision-olap] FAILED: mv_1 is not held to its target lag");
            assertThat(AlertText.body(lags.slack.alerts().get(0)))
                    .contains("error: at most 10m was asked for; its refresh, and those of what it reads, take 6m")
                    .contains("what to do: give it a longer target lag, at least ")
                    .contains("readers see: data as of ");
            lags.fakes.warehouse().takes(view("mv_1"), Duration.ofSeconds(1));
            write(lags, Duration.ofHours(1));
            assertThat(lags.slack.subjects())
                    .hasSize(2)
                    .last()
                    .isEqualTo("[vision-olap] RECOVERED: mv_1 is held to its target lag again");
        }
    }

    @Test
    void target_lag_that_is_held_now_and_then_is_one_incident_until_it_is_held_with_something_to_spare() {
        try (AlertBench lags = lagging()) {
            started(engine(lags));
            for (int i = 0; i < 10; i++) {
                lags.fakes.warehouse().takes(view("mv_1"), Duration.ofSeconds(i % 2 == 0 ? 320 : 280));
                write(lags, Duration.ofMinutes(20));
            }
            assertThat(lags.slack.subjects())
                    .containsExactly("[vision-olap] FAILED: mv_1 is not held to its target lag");
        }
    }

    @Test
    void target_lag_of_a_view_that_fails_or_reads_one_that_does_or_is_paused_is_not_told() throws Exception {
        try (AlertBench lags = lagging()) {
            OlapSync sync = started(engine(lags));
            write(lags, Duration.ofHours(1));
            lags.fail("mv_0");
            write(lags, Duration.ofHours(3));
            assertThat(lags.slack.subjects()).containsExactly("[vision-olap] FAILED: mv_0 cannot be refreshed");
            lags.mendAll();
            sync.resume("mv_0");
            write(lags, Duration.ofHours(1));
            assertThat(lags.slack.subjects()).hasSize(2);
            for (String paused : List.of("mv_1", "mv_0")) {
                sync.pause("migration", paused);
                write(lags, Duration.ofHours(3));
                assertThat(lags.slack.subjects()).as(paused).hasSize(2);
                sync.resume(paused);
                write(lags, Duration.ofHours(1));
            }
        }
    }

    @Test
    void view_that_is_taken_up_again_and_again_and_grows_no_younger_is_told() throws Exception {
        try (AlertBench lags = lagging()) {
            started(engine(lags));
            write(lags, Duration.ofHours(1));
            for (int i = 0; i < 1_000; i++) {
                Instant now = lags.fakes.warehouse().databaseTime();
                TickClaim claim = new TickClaim("vision-olap", "target lag mv_1", now, Optional.empty(), "zombie", "");
                lags.fakes.ticks().claim(claim, Duration.ZERO);
                lags.pass(Duration.ofSeconds(2));
            }
            assertThat(lags.slack.subjects())
                    .containsExactly("[vision-olap] FAILED: mv_1 is not held to its target lag");
            assertThat(AlertText.body(lags.slack.alerts().get(0))).contains("zombie began to refresh it");
        }
    }

    @Test
    void age_is_not_told_of_target_lags_either_where_only_failures_are_wanted() {
        try (AlertBench lags = lagging()) {
            lags.engine(Alerts.to(lags.slack).withoutStaleness(), builder -> builder)
                    .start();
            lags.fakes.warehouse().takes(view("mv_1"), Duration.ofMinutes(6));
            write(lags, Duration.ofHours(3));
            assertThat(lags.slack.subjects()).isEmpty();
        }
    }

    @Test
    void
            target_lag_is_nobodys_business_where_no_process_was_started_to_hold_it_and_told_once_the_one_that_was_is_gone() {
        try (AlertBench lags = lagging()) {
            engine(lags);
            write(lags, Duration.ofHours(2));
            assertThat(lags.slack.subjects()).isEmpty();
            OlapSync worker = started(engine(lags));
            write(lags, Duration.ofHours(1));
            worker.close();
            write(lags, Duration.ofHours(1));
            assertThat(lags.slack.subjects())
                    .containsExactly("[vision-olap] FAILED: mv_1 is not held to its target lag");
            assertThat(AlertText.body(lags.slack.alerts().get(0))).contains("no process has begun to refresh it");
            lags.pass(DAY.multipliedBy(2));
            assertThat(lags.slack.subjects())
                    .as("that it is out of date by now is no news; the other one, which has no aim, is")
                    .hasSize(2)
                    .last()
                    .isEqualTo("[vision-olap] FAILED: mv_0 is out of date");
        }
    }

    @Test
    void plugin_says_what_else_is_wrong_and_one_that_throws_keeps_nobody_else_from_being_told() {
        try (bench) {
            boolean[] wrong = {true};
            bench.engine(
                    Alerts.to(bench.slack),
                    builder -> builder.install(registry -> registry.incidentSource(() -> {
                                throw new IllegalStateException("broken");
                            })
                            .incidentSource(() -> List.of(
                                    wrong[0]
                                            ? Judgement.wrong(Topic.SCHEDULE, "nightly", "it is too late", "wait")
                                            : Judgement.well(Topic.SCHEDULE, "nightly")))));
            bench.pass(Duration.ofMinutes(10));
            assertThat(bench.slack.subjects()).containsExactly(SCHEDULE_FAILED);
            assertThat(AlertText.body(bench.slack.alerts().get(0)))
                    .contains("error: it is too late", "what to do: wait");
            wrong[0] = false;
            bench.pass(Duration.ofMinutes(10));
            assertThat(bench.slack.subjects()).containsExactly(SCHEDULE_FAILED, SCHEDULE_RECOVERED);
        }
    }
}
