package io.olapsync.metrics;

import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.SyncRun;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import java.time.Duration;
import java.util.function.BiFunction;

/** The engine on a manual clock, with in-memory adapters. */
final class VirtualSync implements AutoCloseable {

    final ManualClock clock = ManualClock.at("2026-03-01T03:00:00Z");
    final InMemoryPlugin fakes = new InMemoryPlugin(clock);
    final OlapSync sync;

    VirtualSync(SyncPlan plan, BiFunction<ManualClock, OlapSync.Builder, OlapSync.Builder> options) {
        sync = options.apply(
                        clock,
                        OlapSync.builder(plan)
                                .install(fakes)
                                .clock(clock)
                                .executor(clock.sameThread())
                                .scheduler(clock.scheduler()))
                .build();
    }

    static ViewName view(String name) {
        return ViewName.parse(name);
    }

    SyncReport runFull() {
        SyncRun run = sync.submit(SyncRequest.full());
        for (int i = 0; i < 10_000 && !run.report().isDone(); i++) {
            clock.advance(Duration.ofSeconds(1));
        }
        return run.report().join();
    }

    @Override
    public void close() {
        sync.close();
    }
}
