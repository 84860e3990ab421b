package io.olapsync.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.SyncHealth;
import io.olapsync.SyncPlan;
import io.olapsync.schedule.Misfire;
import io.olapsync.schedule.Schedule;
import io.olapsync.spi.HistoryEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Hosts that share a store and differ in plan or schedules. */
class ScheduleHostsTest extends ScheduledEngines {

    private static List<String> began(VirtualEngine engine, String plan) {
        return engine.fakes.history().recentRuns(plan, 1_000).stream()
                .sorted((a, b) -> a.startedAt().compareTo(b.startedAt()))
                .map((HistoryEntry.Run run) -> run.startedAt() + " " + run.trigger())
                .toList();
    }

    @Test
    void hosts_of_one_plan_with_schedules_of_other_names_each_follow_their_own() {
        VirtualEngine nightly = engine(NIGHTLY);
        OlapSync noon = another(nightly, Schedule.of("noon", "0 12 * * *"));
        nightly.sync.start();
        noon.start();

        nightly.clock.advance(DAY.plus(MINUTE));

        assertThat(began(nightly, "p"))
                .containsExactly("2026-03-01T12:00:00Z schedule noon", "2026-03-02T03:00:00Z schedule nightly");
        assertThat(nightly.sync.health().schedules())
                .extracting(SyncHealth.Schedule::name)
                .containsExactly("nightly");
        assertThat(health(noon).name()).isEqualTo("noon");
        assertThat(health(noon).problem()).isEmpty();
        assertThat(health(nightly.sync).problem()).isEmpty();
    }

    @Test
    void schedule_of_one_name_and_two_expressions_as_in_a_rollout_runs_the_ticks_of_both_once_and_misses_none() {
        VirtualEngine old = engine(NIGHTLY, Schedule.of("often", "*/30 * * * *"));
        OlapSync next = another(old, Schedule.of("nightly", "0 4 * * *"), Schedule.of("often", "*/20 * * * *"));
        old.sync.start();
        next.start();

        old.clock.advance(Duration.ofHours(1).plus(MINUTE));

        assertThat(began(old, "p"))
                .as("each tick of either once, and once where both have it")
                .containsExactlyInAnyOrder(
                        "2026-03-01T03:20:00Z schedule often",
                        "2026-03-01T03:30:00Z schedule often",
                        "2026-03-01T03:40:00Z schedule often",
                        "2026-03-01T04:00:00Z schedule nightly",
                        "2026-03-01T04:00:00Z schedule often");
        old.clock.advance(DAY.minus(Duration.ofMinutes(30)));
        assertThat(began(old, "p").stream().filter(run -> run.endsWith("nightly")))
                .containsExactly("2026-03-01T04:00:00Z schedule nightly", "2026-03-02T03:00:00Z schedule nightly");
        for (OlapSync host : List.of(old.sync, next)) {
            assertThat(host.health().schedules())
                    .allSatisfy(schedule -> assertThat(schedule.problem()).isEmpty());
        }
    }

    @Test
    void selections_that_differ_under_one_name_are_that_of_whoever_takes_the_tick() {
        VirtualEngine all = engine(NIGHTLY);
        OlapSync some = another(all, NIGHTLY.selecting("a"));
        some.start();
        all.sync.start();

        all.clock.advance(DAY.plus(MINUTE));

        assertThat(began(all, "p")).containsExactly("2026-03-02T03:00:00Z schedule nightly");
    }

    @Test
    void plans_have_ticks_histories_and_missed_ticks_of_their_own_and_share_what_is_known_of_a_view() {
        VirtualEngine p = engine(NIGHTLY);
        OlapSync q = OlapSync.builder(SyncPlan.named("q").view("a").view("c").build())
                .install(p.fakes)
                .clock(p.clock)
                .executor(p.clock.sameThread())
                .scheduler(p.clock.scheduler())
                .schedule(NIGHTLY.onMisfire(Misfire.RUN_ONCE))
                .build();
        open.add(q);
        p.sync.start();
        q.start();

        p.clock.advance(DAY.plus(MINUTE));

        assertThat(began(p, "p")).containsExactly("2026-03-02T03:00:00Z schedule nightly");
        assertThat(began(p, "q")).containsExactly("2026-03-02T03:00:00Z schedule nightly");
        assertThat(p.sync.health().views())
                .extracting(view -> view.name().name())
                .containsExactly("a", "b");

        q.close();
        p.clock.advance(DAY);
        Instant refreshed = p.clock.now();
        assertThat(began(p, "p")).hasSize(2);
        assertThat(began(p, "q")).as("nobody follows it any more").hasSize(1);
        OlapSync again = OlapSync.builder(SyncPlan.named("q").view("a").build())
                .install(p.fakes)
                .clock(p.clock)
                .executor(p.clock.sameThread())
                .scheduler(p.clock.scheduler())
                .build();
        open.add(again);
        assertThat(again.health().lastFullSync())
                .as("of its own plan")
                .hasValueSatisfying(time -> assertThat(time).isBefore(refreshed.minus(Duration.ofHours(20))));
        assertThat(again.health().views().get(0).staleness())
                .as("whoever has refreshed the view")
                .hasValueSatisfying(age -> assertThat(age).isLessThan(Duration.ofMinutes(5)));
    }
}
