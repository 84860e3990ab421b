package io.olapsync.metrics;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.olapsync.SyncPlan;
import io.olapsync.spi.RunId;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.SyncListener;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An observation of each run ({@code olapsync.sync}) and, as its children, of each of its steps ({@code olapsync.sync.step}),
 * which micrometer-tracing makes spans of. A run's parent is what is observed on the thread that starts it, if anything is.
 *
 * <p>While a thread of the engine works for a step, the step's observation is the current one of that thread, so that what
 * the host's data source reports belongs to it; where views are published together, it is the run's. Thread-safe. Add it with
 * {@link io.olapsync.OlapSync.Builder#listener}.
 */
public final class OlapSyncObservations implements SyncListener {

    static final String RUN = "olapsync.sync";
    static final String STEP = "olapsync.sync.step";

    /** A run under way. Touched by several threads; guarded by itself. */
    private static final class Open {
        final Observation run;
        private final Map<String, Observation> steps = new HashMap<>();
        private boolean ended;

        Open(Observation run) {
            this.run = run;
        }

        synchronized @Nullable Observation step(String name) {
            return steps.get(name);
        }
    }

    private final ObservationRegistry registry;
    private final String plan;
    private final Map<RunId, Open> runs = Recent.map(open -> end(open, "unknown"));

    private OlapSyncObservations(ObservationRegistry registry, SyncPlan plan) {
        this.registry = Objects.requireNonNull(registry, "registry");
        this.plan = plan.name();
    }

    /** Observes the runs of an engine of this plan. */
    public static OlapSyncObservations of(ObservationRegistry registry, SyncPlan plan) {
        return new OlapSyncObservations(registry, plan);
    }

    @Override
    public void on(SyncEvent event) {
        if (event instanceof SyncEvent.RunStarted started) {
            begin(started);
            return;
        }
        Open open = runs.get(event.run());
        if (open == null) {
            return;
        }
        if (event instanceof SyncEvent.StepStarted started) {
            step(open, event.run(), started.step());
        } else if (event instanceof SyncEvent.StepRetrying retrying) {
            Observation step = step(open, event.run(), retrying.step());
            step.event(Observation.Event.of(
                    "retry." + lower(retrying.cause().kind()),
                    "attempt " + retrying.attempt() + " failed, the next follows in " + retrying.delay()));
        } else if (event instanceof SyncEvent.RunDelayed delayed) {
            open.run.event(Observation.Event.of(
                    "delay." + lower(delayed.cause().kind()),
                    "the next attempt to begin follows in " + delayed.delay()));
        } else if (event instanceof SyncEvent.StepFinished finished) {
            end(open, finished.step(), finished.outcome());
        } else if (event instanceof SyncEvent.RunFinished finished) {
            runs.remove(event.run());
            end(open, lower(finished.status()));
        }
    }

    @Override
    public Scope working(RunId run, List<String> steps) {
        Open open = runs.get(run);
        if (open == null) {
            return () -> {};
        }
        Observation observed = steps.size() == 1 ? step(open, run, steps.get(0)) : open.run;
        return observed.openScope()::close;
    }

    private void begin(SyncEvent.RunStarted started) {
        Observation run = Observation.createNotStarted(RUN, registry)
                .contextualName(lower(started.kind()) + " sync of " + plan)
                .lowCardinalityKeyValue("plan", plan)
                .lowCardinalityKeyValue("kind", lower(started.kind()))
                .highCardinalityKeyValue("run", started.run().toString())
                .highCardinalityKeyValue("trigger", started.trigger())
                .start();
        runs.put(started.run(), new Open(run));
    }

    /** Begun by whatever is heard of it first: its worker, which looks for the lock, or the start of its first attempt. */
    private Observation step(Open open, RunId run, String name) {
        synchronized (open) {
            Observation known = open.steps.get(name);
            if (known != null || open.ended) {
                return known != null ? known : open.run;
            }
            Observation begun = Observation.createNotStarted(STEP, registry)
                    .contextualName(name)
                    .parentObservation(open.run)
                    .lowCardinalityKeyValue("plan", plan)
                    .lowCardinalityKeyValue("step", name)
                    .highCardinalityKeyValue("run", run.toString())
                    .start();
            open.steps.put(name, begun);
            return begun;
        }
    }

    private static void end(Open open, String step, StepOutcome outcome) {
        Observation observed = open.step(step);
        if (observed == null) {
            return; // it never began
        }
        if (outcome instanceof StepOutcome.Failed failed) {
            observed.error(failed.cause());
        }
        synchronized (open) {
            open.steps.remove(step);
        }
        observed.lowCardinalityKeyValue("outcome", word(outcome));
        observed.stop();
    }

    private static void end(Open open, String status) {
        List<Observation> left;
        synchronized (open) {
            open.ended = true;
            left = List.copyOf(open.steps.values());
            open.steps.clear();
        }
        left.forEach(step -> step.lowCardinalityKeyValue("outcome", "unknown").stop());
        open.run.lowCardinalityKeyValue("status", status).stop();
    }

    private static String word(StepOutcome outcome) {
        if (outcome instanceof StepOutcome.Skipped skipped) {
            return lower(skipped.reason());
        }
        return outcome.succeeded() ? "completed" : "failed";
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
