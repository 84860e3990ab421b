package io.olapsync.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.schedule.Misfire;
import io.olapsync.schedule.Schedule;
import io.olapsync.spi.HistoryEntry;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What clocks, pauses and stores that are away do to ticks. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ScheduleClocksTest extends ScheduledEngines {

    @Test
    void clocks_that_go_forward_make_up_for_the_tick_of_the_gap_once() {
        // 2026-03-08 in New York: 02:00 is followed by 03:00
        VirtualEngine engine = engine(Schedule.of("night", "30 2 * * *").in("America/New_York"));
        engine.clock.advanceTo(Instant.parse("2026-03-07T12:00:00Z"));
        engine.sync.start();
        engine.clock.advanceTo(Instant.parse("2026-03-09T12:00:00Z"));
        assertThat(runs(engine))
                .extracting(HistoryEntry.Run::startedAt)
                .containsExactly(Instant.parse("2026-03-09T06:30:00Z"), Instant.parse("2026-03-08T07:00:00Z"));
    }

    @Test
    void clocks_that_go_back_run_the_tick_of_the_hour_that_comes_twice_once() {
        // 2026-10-25 in Berlin: 03:00 is followed by 02:00
        VirtualEngine engine = engine(Schedule.of("night", "30 2 * * *").in("Europe/Berlin"));
        Duration ahead = Duration.between(engine.clock.now(), Instant.parse("2026-10-24T12:00:00Z"));
        engine.fakes.warehouse().stepClock(ahead);
        engine.sync.start();
        engine.clock.advance(DAY.multipliedBy(2));
        assertThat(runs(engine))
                .extracting(run -> run.startedAt().plus(ahead))
                .containsExactly(Instant.parse("2026-10-26T01:30:00Z"), Instant.parse("2026-10-25T00:30:00Z"));
    }

    @Test
    void tick_noticed_too_late_is_left_out_and_health_says_so_until_the_next() {
        VirtualEngine engine = engine(NIGHTLY);
        engine.sync.start();
        engine.clock.advance(DAY.minusMinutes(5));
        engine.fakes.ticks().away(true);
        engine.clock.advance(Duration.ofMinutes(11));
        assertThat(health(engine.sync).problem())
                .get()
                .asString()
                .contains("cannot be read")
                .contains("away");
        engine.fakes.ticks().away(false);
        engine.clock.advance(MINUTE);
        assertThat(runs(engine)).isEmpty();
        assertThat(health(engine.sync).problem())
                .get()
                .asString()
                .startsWith("the tick of 2026-03-02T03:00:00Z was missed: noticed 6m")
                .contains("after it was due");
        engine.clock.advance(DAY);
        assertThat(runs(engine)).hasSize(1);
        assertThat(health(engine.sync).problem()).isEmpty();
    }

    @Test
    void tick_noticed_within_its_grace_is_run() {
        VirtualEngine engine = engine(NIGHTLY);
        engine.sync.start();
        engine.clock.advance(DAY.minusMinutes(1));
        engine.fakes.ticks().away(true);
        engine.clock.advance(Duration.ofMinutes(5).plusSeconds(50));
        engine.fakes.ticks().away(false);
        engine.clock.advance(Duration.ofSeconds(5));
        assertThat(runs(engine)).hasSize(1);
    }

    @Test
    void missed_ticks_are_run_once_where_that_is_wanted() {
        Schedule hourly = Schedule.of("hourly", "0 * * * *").onMisfire(Misfire.RUN_ONCE);
        VirtualEngine engine = engine(hourly);
        engine.sync.start();
        engine.clock.advance(Duration.ofMinutes(61));
        assertThat(runs(engine)).hasSize(1);
        engine.close(); // all are down
        engine.clock.advance(Duration.ofHours(5).plusMinutes(29));
        OlapSync later = another(engine, hourly);
        later.start();
        assertThat(runs(engine)).hasSize(2);
        engine.clock.advance(Duration.ofMinutes(29));
        assertThat(runs(engine)).hasSize(2);
        engine.clock.advance(Duration.ofMinutes(2));
        assertThat(runs(engine)).hasSize(3);
    }

    @Test
    void after_a_downtime_nothing_is_made_up_for_but_it_is_told() {
        VirtualEngine engine = engine(NIGHTLY);
        engine.sync.start();
        engine.clock.advance(DAY);
        engine.close();
        engine.clock.advance(DAY.plusHours(1));
        OlapSync later = another(engine, NIGHTLY);
        assertThat(health(later).problem())
                .contains("no process has taken up the tick of 2026-03-03T03:00:00Z, due for 1h");
        later.start();
        assertThat(runs(engine)).hasSize(1);
        assertThat(health(later).problem())
                .contains("the tick of 2026-03-03T03:00:00Z was missed: noticed 1h after it was due");
        engine.clock.advance(DAY);
        assertThat(runs(engine)).hasSize(2);
        assertThat(health(later).problem()).isEmpty();
    }

    @Test
    void clock_of_the_database_decides_whatever_the_processes_clocks_say() {
        VirtualEngine engine = engine(NIGHTLY);
        engine.fakes.warehouse().stepClock(Duration.ofHours(-2));
        engine.sync.start();
        engine.clock.advance(Duration.ofHours(1));
        assertThat(runs(engine)).isEmpty();
        engine.clock.advance(Duration.ofHours(1).plusSeconds(1));
        assertThat(runs(engine)).hasSize(1);
        assertThat(health(engine.sync).lastTick()).contains(Instant.parse("2026-03-01T03:00:00Z"));
    }

    @Test
    void step_forward_over_a_tick_is_noticed_within_half_a_minute() {
        VirtualEngine engine = engine(NIGHTLY);
        engine.sync.start();
        engine.clock.advance(Duration.ofHours(5));
        engine.fakes.warehouse().stepClock(Duration.ofHours(19).plusMinutes(1));
        engine.clock.advance(Duration.ofSeconds(30));
        assertThat(runs(engine)).hasSize(1);
        engine.fakes.warehouse().stepClock(DAY.plusHours(1));
        engine.clock.advance(Duration.ofSeconds(30));
        assertThat(runs(engine)).as("an hour too late").hasSize(1);
        assertThat(health(engine.sync).problem()).get().asString().contains("missed: noticed 1h");
    }

    @Test
    void small_step_back_repeats_no_tick() {
        VirtualEngine engine = engine(NIGHTLY);
        engine.sync.start();
        engine.clock.advance(DAY.plusSeconds(5));
        assertThat(runs(engine)).hasSize(1);
        engine.fakes.warehouse().stepClock(Duration.ofMinutes(-4));
        engine.clock.advance(Duration.ofMinutes(10));
        assertThat(runs(engine)).hasSize(1);
        assertThat(health(engine.sync).problem()).isEmpty();
    }

    @Test
    void great_step_back_does_not_stop_a_schedule_for_as_long() {
        VirtualEngine engine = engine(NIGHTLY);
        engine.fakes.warehouse().stepClock(DAY.multipliedBy(365));
        engine.sync.start();
        engine.clock.advance(DAY);
        assertThat(runs(engine)).hasSize(1);
        engine.fakes.warehouse().stepClock(DAY.multipliedBy(-365));
        engine.clock.advance(DAY);
        assertThat(runs(engine)).hasSize(2);
        assertThat(health(engine.sync).lastTick()).contains(Instant.parse("2026-03-03T03:00:00Z"));
    }

    @Test
    void long_pause_of_the_process_leaves_out_what_was_missed_and_goes_on() {
        VirtualEngine engine = engine(Schedule.of("hourly", "0 * * * *"));
        engine.sync.start();
        engine.clock.advance(Duration.ofMinutes(30));
        // The machine stands still for five hours and a half: its own clock does not notice, the database's has gone
        // on.
        engine.fakes.warehouse().stepClock(Duration.ofHours(5).plusMinutes(30).plusMinutes(10));
        engine.clock.advance(Duration.ofSeconds(30));
        assertThat(runs(engine)).isEmpty();
        assertThat(health(engine.sync).problem()).get().asString().contains("2026-03-01T09:00:00Z was missed");
        engine.clock.advance(Duration.ofMinutes(50));
        assertThat(runs(engine)).hasSize(1);
    }
}
