package io.olapsync.testkit.engine;

import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.SyncRun;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.SyncPlugin;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** The real engine on a manual clock, in-memory adapters and the test's own thread. */
final class VirtualEngine implements AutoCloseable {

    final ManualClock clock = ManualClock.at("2026-03-01T03:00:00Z");
    final InMemoryPlugin fakes = new InMemoryPlugin(clock);
    final List<SyncEvent> events = new ArrayList<>();
    final OlapSync sync;

    VirtualEngine(SyncPlan plan) {
        this(plan, builder -> builder);
    }

    VirtualEngine(SyncPlan plan, UnaryOperator<OlapSync.Builder> options) {
        this(plan, (clock, builder) -> options.apply(builder));
    }

    VirtualEngine(SyncPlan plan, BiFunction<ManualClock, OlapSync.Builder, OlapSync.Builder> options) {
        this(plan, options, fakes -> fakes);
    }

    private VirtualEngine(
            SyncPlan plan,
            BiFunction<ManualClock, OlapSync.Builder, OlapSync.Builder> options,
            Function<InMemoryPlugin, SyncPlugin> around) {
        OlapSync.Builder builder = OlapSync.builder(plan)
                .install(around.apply(fakes))
                .listener(events::add)
                .clock(clock)
                .executor(clock.sameThread())
                .scheduler(clock.scheduler());
        sync = options.apply(clock, builder).build();
    }

    /** @param plugin what is made of the fakes */
    static VirtualEngine around(SyncPlan plan, Function<InMemoryPlugin, SyncPlugin> plugin) {
        return around(plan, builder -> builder, plugin);
    }

    static VirtualEngine around(
            SyncPlan plan, UnaryOperator<OlapSync.Builder> options, Function<InMemoryPlugin, SyncPlugin> plugin) {
        return new VirtualEngine(plan, (clock, builder) -> options.apply(builder), plugin);
    }

    static ViewName view(String name) {
        return ViewName.parse(name);
    }

    /** Starts a full run and moves the time until it has ended. */
    SyncReport runFull() {
        return finish(sync.submit(SyncRequest.full()));
    }

    SyncReport finish(SyncRun run) {
        for (int i = 0; i < 100_000 && !run.report().isDone(); i++) {
            clock.advance(Duration.ofSeconds(1));
        }
        return run.report().join();
    }

    @Override
    public void close() {
        sync.close();
    }
}
