package io.olapsync.testkit.engine;

import io.olapsync.OlapSync;
import io.olapsync.SyncHealth;
import io.olapsync.SyncPlan;
import io.olapsync.spi.EventSource;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncEvent;
import io.olapsync.testkit.fakes.InMemoryQueue;
import io.olapsync.testkit.fakes.UnblockingEventSource;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;

/** An engine that reads a queue, on a manual clock. */
final class VirtualEvents implements AutoCloseable {

    final VirtualEngine engine;
    final InMemoryQueue queue;

    private final SyncPlan plan;

    VirtualEvents(SyncPlan plan) {
        this(plan, builder -> builder);
    }

    VirtualEvents(SyncPlan plan, UnaryOperator<OlapSync.Builder> options) {
        this(plan, options, source -> source);
    }

    /** @param around what is put around the source */
    VirtualEvents(SyncPlan plan, UnaryOperator<OlapSync.Builder> options, UnaryOperator<EventSource> around) {
        this.plan = plan;
        InMemoryQueue[] opened = new InMemoryQueue[1];
        engine = new VirtualEngine(plan, (clock, builder) -> {
            opened[0] = new InMemoryQueue(clock).gapRecorded();
            EventSource source = around.apply(new UnblockingEventSource(opened[0].open()));
            return options.apply(
                    builder.install(registry -> registry.events(source)).executor(likePool(clock.sameThread())));
        });
        queue = opened[0];
        engine.sync.start();
    }

    /** Whoever hands work over does not hear of what leaves it. */
    private static Executor likePool(Executor sameThread) {
        return work -> sameThread.execute(() -> {
            try {
                work.run();
            } catch (Throwable lost) {
                // as in a thread that nobody looks after
            }
        });
    }

    OlapSync another() {
        OlapSync other = OlapSync.builder(plan)
                .install(engine.fakes)
                .install(registry -> registry.events(new UnblockingEventSource(queue.open())))
                .listener(engine.events::add)
                .clock(engine.clock)
                .executor(engine.clock.sameThread())
                .scheduler(engine.clock.scheduler())
                .build();
        other.start();
        return other;
    }

    long commit() {
        return engine.fakes.warehouse().commit();
    }

    /** The id of the message. */
    String send(String type) {
        return queue.send(type, commit());
    }

    void pass(int seconds) {
        for (int i = 0; i < seconds; i++) {
            engine.clock.advance(Duration.ofSeconds(1));
        }
    }

    SyncHealth.Source source() {
        return engine.sync.health().sources().get(0);
    }

    /** The views that were refreshed, in order. */
    List<String> steps() {
        return engine.events.stream()
                .filter(SyncEvent.StepFinished.class::isInstance)
                .map(SyncEvent.StepFinished.class::cast)
                .filter(step -> step.outcome() instanceof StepOutcome.Refreshed)
                .map(SyncEvent.StepFinished::step)
                .toList();
    }

    int refreshes(String view) {
        return (int) steps().stream().filter(view::equals).count();
    }

    @Override
    public void close() {
        engine.close();
    }
}
