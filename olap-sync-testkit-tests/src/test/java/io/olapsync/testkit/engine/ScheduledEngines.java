package io.olapsync.testkit.engine;

import io.olapsync.OlapSync;
import io.olapsync.SyncHealth;
import io.olapsync.SyncPlan;
import io.olapsync.schedule.Schedule;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.SyncPlugin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** Schedules in virtual time: it is 03:00 UTC on the first of March when each test begins. */
abstract class ScheduledEngines {

    static final SyncPlan PLAN =
            SyncPlan.named("p").view("a").view("b", v -> v.after("a")).build();

    static final Schedule NIGHTLY = Schedule.of("nightly", "0 3 * * *");
    static final Duration DAY = Duration.ofDays(1);
    static final Duration MINUTE = Duration.ofMinutes(1);

    final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    final void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    final VirtualEngine engine(Schedule... schedules) {
        VirtualEngine engine = new VirtualEngine(PLAN, builder -> {
            for (Schedule schedule : schedules) {
                builder.schedule(schedule);
            }
            return builder.heartbeat(Duration.ofMinutes(10), Duration.ofMinutes(20));
        });
        open.add(engine);
        return engine;
    }

    /** Another process on the same store. */
    final OlapSync another(VirtualEngine engine, Schedule... schedules) {
        return another(engine, engine.fakes, schedules);
    }

    final OlapSync another(VirtualEngine engine, SyncPlugin plugin, Schedule... schedules) {
        OlapSync.Builder builder = OlapSync.builder(PLAN)
                .install(plugin)
                .clock(engine.clock)
                .executor(engine.clock.sameThread())
                .scheduler(engine.clock.scheduler());
        for (Schedule schedule : schedules) {
            builder.schedule(schedule);
        }
        OlapSync other = builder.build();
        open.add(other);
        return other;
    }

    static List<HistoryEntry.Run> runs(VirtualEngine engine) {
        return engine.fakes.history().recentRuns("p", 1000);
    }

    static SyncHealth.Schedule health(OlapSync sync) {
        return sync.health().schedules().get(0);
    }
}
