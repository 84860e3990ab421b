package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;

import io.olapsync.Alerts;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.SyncRequest;
import io.olapsync.SyncRun;
import io.olapsync.spi.Incident;
import io.olapsync.spi.Notifier;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.SyncPlugin;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.fakes.FaultyIncidents;
import io.olapsync.testkit.fakes.FaultyStates;
import io.olapsync.testkit.fakes.InMemoryCatalog;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import io.olapsync.testkit.fakes.RecordingNotifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Engines that share a store, on a manual clock; views fail as long as the test says. */
final class AlertBench implements AutoCloseable {

    static final Duration GATHER = Duration.ofSeconds(30);

    final ManualClock clock = ManualClock.at("2026-03-01T03:00:00Z");
    final InMemoryPlugin fakes = new InMemoryPlugin(clock);
    final FaultyIncidents incidents = new FaultyIncidents(fakes.incidents());
    final FaultyStates states = new FaultyStates(fakes.warehouse());
    final InMemoryCatalog catalog = new InMemoryCatalog();
    final RecordingNotifier slack = new RecordingNotifier("slack");
    private final Set<ViewName> failing = new HashSet<>();
    private final List<OlapSync> engines = new ArrayList<>();
    final SyncPlan plan;

    AlertBench(SyncPlan plan) {
        this.plan = plan;
        plan.views().forEach(planned -> catalog.view(planned.name()));
        plan.views()
                .forEach(planned -> fakes.executor().always(planned.name(), request -> {
                    if (failing.contains(planned.name())) {
                        throw new RefreshException(
                                Kind.PERMANENT,
                                "division by zero",
                                planned.name(),
                                "22012",
                                "mend the definition",
                                null);
                    }
                }));
    }

    static SyncPlan views(int number) {
        SyncPlan.Builder plan = SyncPlan.named("vision-olap");
        IntStream.range(0, number).forEach(i -> plan.view("mv_" + i));
        return plan.build();
    }

    /** What all processes share. */
    SyncPlugin store() {
        return registry -> registry.executor(fakes.executor())
                .locks(fakes.locks())
                .states(states)
                .history(fakes.history())
                .catalog(catalog)
                .ticks(fakes.ticks())
                .incidents(incidents);
    }

    OlapSync engine(Notifier... notifiers) {
        return engine(Alerts.to(notifiers), builder -> builder);
    }

    OlapSync engine(Alerts alerts, UnaryOperator<OlapSync.Builder> options) {
        OlapSync sync = options.apply(OlapSync.builder(plan)
                        .install(store())
                        .clock(clock)
                        .executor(clock.sameThread())
                        .scheduler(clock.scheduler())
                        .alerts(alerts.on(clock.sameThread())))
                .build();
        engines.add(sync);
        return sync;
    }

    void fail(String... names) {
        for (String name : names) {
            failing.add(view(name));
        }
    }

    void mend(String... names) {
        for (String name : names) {
            failing.remove(view(name));
        }
    }

    void mendAll() {
        failing.clear();
    }

    void pass(Duration time) {
        clock.advance(time);
    }

    /** Runs all, and lets pass what it takes to tell. */
    void runAndTell(OlapSync sync) {
        run(sync);
        pass(Duration.ofMinutes(2));
    }

    SyncRun run(OlapSync sync) {
        return sync.submit(SyncRequest.full());
    }

    List<Incident> open() {
        return fakes.incidents().open(plan.name());
    }

    @Override
    public void close() {
        engines.forEach(OlapSync::close);
    }
}
