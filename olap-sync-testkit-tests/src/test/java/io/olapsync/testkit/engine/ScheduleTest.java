package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.OlapSync;
import io.olapsync.SyncHealth;
import io.olapsync.schedule.Schedule;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RunId;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.TickClaim;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One run for each tick, and what is said of it. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ScheduleTest extends ScheduledEngines {

    @Test
    void each_tick_is_one_full_run_named_after_the_schedule() {
        VirtualEngine engine = engine(NIGHTLY);
        engine.sync.start();
        engine.clock.advance(DAY.minusSeconds(1));
        assertThat(runs(engine)).as("the tick of the very start counts as past").isEmpty();
        engine.clock.advance(Duration.ofSeconds(1));
        assertThat(runs(engine)).hasSize(1).allSatisfy(run -> {
            assertThat(run.kind()).isEqualTo(SyncKind.FULL);
            assertThat(run.trigger()).isEqualTo("schedule nightly");
            assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
            assertThat(run.startedAt()).isEqualTo("2026-03-02T03:00:00Z");
        });
        engine.clock.advance(DAY.multipliedBy(3));
        assertThat(runs(engine)).hasSize(4);
    }

    @Test
    void schedules_of_a_selection_run_beside_each_other_and_refresh_what_they_say() {
        VirtualEngine engine =
                engine(NIGHTLY, Schedule.of("often", "*/10 * * * *").selecting("b"));
        engine.sync.start();
        engine.clock.advance(Duration.ofMinutes(30));
        assertThat(engine.fakes.executor().refreshed()).containsExactly(view("b"), view("b"), view("b"));
        assertThat(runs(engine)).allMatch(run -> run.kind() == SyncKind.INCREMENTAL);
        assertThat(engine.sync.health().views().get(1).nextDue()).contains(Instant.parse("2026-03-01T03:40:00Z"));
        assertThat(engine.sync.health().views().get(0).nextDue()).contains(Instant.parse("2026-03-02T03:00:00Z"));
    }

    @Test
    void nothing_begins_before_start_or_after_close() {
        VirtualEngine engine = engine(NIGHTLY);
        engine.clock.advance(DAY);
        assertThat(runs(engine)).isEmpty();
        engine.sync.start();
        engine.sync.start();
        engine.clock.advance(DAY);
        assertThat(runs(engine)).hasSize(1);
        engine.close();
        engine.clock.advance(DAY);
        assertThat(runs(engine)).hasSize(1);
    }

    @Test
    void of_three_processes_one_runs_each_tick() {
        VirtualEngine engine = engine(NIGHTLY);
        engine.sync.start();
        another(engine, NIGHTLY).start();
        another(engine, NIGHTLY).start();
        engine.clock.advance(DAY.multipliedBy(5));
        assertThat(runs(engine)).hasSize(5);
    }

    @Test
    void process_that_has_not_seen_the_claim_of_another_is_refused() {
        VirtualEngine engine = engine(NIGHTLY);
        engine.sync.start();
        UnseenClaims late = new UnseenClaims(engine.fakes);
        another(engine, late, NIGHTLY).start();
        engine.clock.advance(DAY.plusSeconds(1));
        assertThat(late.refused).isPositive();
        assertThat(runs(engine)).hasSize(1);
    }

    @Test
    void process_that_is_left_takes_over_the_next_tick() {
        VirtualEngine engine = engine(NIGHTLY);
        engine.sync.start();
        OlapSync other = another(engine, NIGHTLY);
        other.start();
        engine.clock.advance(DAY);
        engine.close();
        engine.clock.advance(DAY);
        assertThat(runs(engine)).hasSize(2);
        assertThat(health(other).problem()).isEmpty();
    }

    @Test
    void run_begins_within_its_jitter_at_the_same_moment_in_every_process() {
        Schedule spread = NIGHTLY.withJitter(Duration.ofMinutes(30));
        VirtualEngine engine = engine(spread);
        engine.sync.start();
        OlapSync other = another(engine, spread);
        other.start();
        Instant tick = Instant.parse("2026-03-02T03:00:00Z");
        Instant start = spread.startOf(tick, "p");
        assertThat(start).isAfter(tick.plusSeconds(1));
        assertThat(health(other).next()).contains(start);
        engine.clock.advanceTo(start.minusMillis(1));
        assertThat(runs(engine)).isEmpty();
        engine.clock.advanceTo(start.plusMillis(20));
        assertThat(runs(engine)).hasSize(1);
        assertThat(health(other).lastTick()).contains(tick);
        assertThat(health(other).next()).contains(spread.startOf(tick.plus(DAY), "p"));
    }

    @Test
    void tick_that_waits_for_its_jitter_is_told_as_next() {
        Schedule spread = NIGHTLY.withJitter(Duration.ofHours(3));
        VirtualEngine engine = engine(spread);
        engine.sync.start();
        Instant start = spread.startOf(Instant.parse("2026-03-02T03:00:00Z"), "p");
        engine.clock.advanceTo(start.minusSeconds(1));
        assertThat(health(engine.sync).next()).contains(start);
        assertThat(health(engine.sync).problem()).isEmpty();
    }

    @Test
    void tick_that_comes_while_the_run_before_is_under_way_is_left_out() {
        Schedule minutely = Schedule.of("minutely", "* * * * *");
        VirtualEngine engine = engine(minutely);
        another(engine, minutely).start();
        engine.sync.start();
        engine.fakes.executor().fail(view("a"), Kind.TRANSIENT, 1); // tried again after 5 minutes
        engine.clock.advance(Duration.ofMinutes(3));
        assertThat(runs(engine)).hasSize(1);
        assertThat(health(engine.sync).problem())
                .get()
                .asString()
                .startsWith("the tick of 2026-03-01T03:03:00Z was left out: run "
                        + runs(engine).get(0).run())
                .endsWith("is still under way");
        engine.clock.advance(Duration.ofMinutes(4));
        assertThat(runs(engine)).hasSizeBetween(2, 3);
        assertThat(health(engine.sync).problem()).isEmpty();
    }

    @Test
    void claim_whose_answer_was_lost_is_run_by_whoever_made_it() {
        VirtualEngine engine = engine(NIGHTLY);
        engine.sync.start();
        another(engine, NIGHTLY).start();
        engine.fakes.ticks().unclear(1);
        engine.clock.advance(DAY.plusSeconds(3));
        assertThat(runs(engine)).hasSize(1);
        engine.clock.advance(MINUTE);
        assertThat(runs(engine)).hasSize(1);
        assertThat(health(engine.sync).problem()).isEmpty();
    }

    @Test
    void tick_whose_process_died_before_its_run_is_not_run_but_told_as_abandoned() throws Exception {
        VirtualEngine engine = engine(NIGHTLY);
        engine.sync.start();
        engine.clock.advance(DAY.minusSeconds(10));
        RunId run = RunId.random();
        Instant tick = Instant.parse("2026-03-02T03:00:00Z");
        engine.fakes
                .ticks()
                .claim(new TickClaim("p", "nightly", tick, Optional.of(run), "another (pid 1)", ""), Duration.ZERO);
        engine.clock.advance(Duration.ofMinutes(10));
        assertThat(runs(engine)).as("it may be on its way").isEmpty();
        engine.clock.advance(Duration.ofMinutes(11));
        assertThat(runs(engine)).hasSize(1).allSatisfy(line -> {
            assertThat(line.run()).isEqualTo(run);
            assertThat(line.status()).isEqualTo(RunStatus.ABANDONED);
            assertThat(line.process()).isEqualTo("another (pid 1)");
            assertThat(line.trigger()).isEqualTo("schedule nightly");
        });
        assertThat(engine.fakes.executor().refreshed()).isEmpty();
        assertThat(health(engine.sync).problem())
                .get()
                .asString()
                .contains("abandoned")
                .contains("never began");
        engine.clock.advance(DAY);
        assertThat(runs(engine)).hasSize(2);
    }

    @Test
    void failure_of_the_run_is_told() {
        VirtualEngine engine = engine(NIGHTLY);
        engine.sync.start();
        engine.fakes.executor().fail(view("a"), Kind.PERMANENT, 1);
        engine.clock.advance(DAY);
        assertThat(health(engine.sync).problem())
                .get()
                .asString()
                .startsWith("the run for the tick of 2026-03-02T03:00:00Z was a failure");
        engine.clock.advance(DAY);
        assertThat(health(engine.sync).problem()).isEmpty();
    }

    @Test
    void process_that_does_not_look_any_more_says_so_and_the_others_see_what_it_left() {
        List<Runnable> stuck = new ArrayList<>();
        boolean[] isStuck = {false};
        VirtualEngine engine = new VirtualEngine(
                PLAN,
                (clock, builder) -> builder.schedule(NIGHTLY)
                        .executor(work -> {
                            if (isStuck[0]) {
                                stuck.add(work);
                            } else {
                                work.run();
                            }
                        })
                        .closeGrace(Duration.ZERO));
        open.add(engine);
        engine.sync.start();
        engine.clock.advance(Duration.ofHours(1));
        assertThat(health(engine.sync).problem()).isEmpty();
        isStuck[0] = true;
        engine.clock.advance(Duration.ofSeconds(121));
        assertThat(health(engine.sync).problem())
                .get()
                .asString()
                .startsWith("this process has not looked at its schedules for");
        engine.clock.advance(DAY);
        OlapSync observer = another(engine, NIGHTLY);
        assertThat(health(observer).problem()).as("no tick was ever claimed").isEmpty();
        isStuck[0] = false;
        stuck.forEach(Runnable::run);
        engine.clock.advance(DAY);
        assertThat(health(engine.sync).problem()).isEmpty();
        isStuck[0] = true;
        engine.clock.advance(DAY);
        assertThat(health(observer).problem()).get().asString().startsWith("no process has taken up the tick of");
        isStuck[0] = false;
        stuck.forEach(Runnable::run);
    }

    @Test
    void health_of_a_schedule_names_it_and_says_when_it_is_due() {
        VirtualEngine engine = engine(NIGHTLY.in("Europe/Berlin"));
        SyncHealth.Schedule before = health(engine.sync);
        assertThat(before.name()).isEqualTo("nightly");
        assertThat(before.text()).isEqualTo("0 3 * * * Europe/Berlin");
        assertThat(before.lastTick()).isEmpty();
        assertThat(before.next()).contains(Instant.parse("2026-03-02T02:00:00Z"));
        engine.sync.start();
        engine.clock.advance(DAY);
        assertThat(health(engine.sync).lastTick()).contains(Instant.parse("2026-03-02T02:00:00Z"));
        assertThat(health(engine.sync).problem()).isEmpty();
        engine.fakes.ticks().away(true);
        assertThat(health(engine.sync).problem()).get().asString().startsWith("its ticks cannot be read");
    }

    @Test
    void schedules_that_cannot_be_are_refused_when_the_engine_is_built() {
        assertThatThrownBy(() -> engine(NIGHTLY, NIGHTLY.selecting("c")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("two schedules are called 'nightly'")
                .hasMessageContaining("schedule 'nightly': ")
                .hasMessageContaining("c");
        VirtualEngine engine = engine();
        assertThatThrownBy(() -> OlapSync.builder(PLAN)
                        .install(registry -> registry.executor(engine.fakes.executor())
                                .locks(engine.fakes.locks())
                                .states(engine.fakes.warehouse())
                                .history(engine.fakes.history()))
                        .schedule(NIGHTLY)
                        .build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("schedules need a TickStore");
    }
}
