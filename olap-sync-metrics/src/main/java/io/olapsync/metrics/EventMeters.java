package io.olapsync.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.olapsync.SyncPlan;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Timers and counters of what happens. Tags have values of the plan, of enums, and classes of SQLSTATEs; nothing else. */
final class EventMeters {

    private static final Pattern SQLSTATE_CLASS = Pattern.compile("[0-9A-Z]{2}");

    private final MeterRegistry registry;
    private final Tags plan;
    private final Set<String> views;
    private final Map<RunId, SyncKind> kinds = Recent.map(kind -> {});

    EventMeters(MeterRegistry registry, SyncPlan plan) {
        this.registry = registry;
        this.plan = Tags.of("plan", plan.name());
        this.views = plan.views().stream().map(view -> view.name().toString()).collect(Collectors.toUnmodifiableSet());
    }

    void on(SyncEvent event) {
        if (event instanceof SyncEvent.RunStarted started) {
            kinds.put(event.run(), started.kind());
        } else if (event instanceof SyncEvent.RunDelayed delayed) {
            count("olapsync.run.delays", "kind", lower(delayed.cause().kind()));
        } else if (event instanceof SyncEvent.StepRetrying retrying) {
            count(
                    "olapsync.retries",
                    "step",
                    retrying.step(),
                    "kind",
                    lower(retrying.cause().kind()));
        } else if (event instanceof SyncEvent.StepFinished finished) {
            finished(finished);
        } else if (event instanceof SyncEvent.InvalidationPostponed postponed) {
            postponed.views().forEach(view -> count("olapsync.invalidations.postponed", "view", view.toString()));
        } else if (event instanceof SyncEvent.ViewsSuspended suspended) {
            suspended.views().forEach(view -> count("olapsync.suspensions", "view", view.toString()));
        } else if (event instanceof SyncEvent.RunFinished finished) {
            SyncKind kind = kinds.remove(event.run());
            time(
                    "olapsync.run",
                    finished.took(),
                    "kind",
                    kind == null ? "unknown" : lower(kind),
                    "status",
                    lower(finished.status()));
        }
    }

    void covered(ViewName view, int events, Duration longest) {
        time("olapsync.events.visible", longest, "view", view.toString());
        add("olapsync.events.covered", events, "view", view.toString());
    }

    private void finished(SyncEvent.StepFinished finished) {
        String step = finished.step();
        StepOutcome outcome = finished.outcome();
        if (outcome instanceof StepOutcome.Skipped skipped) {
            count("olapsync.skips", "step", step, "reason", lower(skipped.reason()));
            return;
        }
        if (outcome instanceof StepOutcome.Failed failed) {
            count(
                    "olapsync.failures",
                    "step",
                    step,
                    "kind",
                    lower(failed.cause().kind()),
                    "sqlstate",
                    sqlStateClass(failed.cause()));
        }
        boolean view = views.contains(step);
        time(
                view ? "olapsync.refresh" : "olapsync.step",
                finished.took(),
                view ? "view" : "step",
                step,
                "outcome",
                outcome.succeeded() ? "completed" : "failed");
        if (outcome instanceof StepOutcome.Refreshed refreshed) {
            refreshed(refreshed.result());
        }
    }

    private void refreshed(ViewRefresh result) {
        String view = result.view().toString();
        time("olapsync.refresh.work", result.took(), "view", view);
        result.delta().ifPresent(delta -> {
            add("olapsync.rows.changed", delta.inserted(), "view", view, "change", "inserted");
            add("olapsync.rows.changed", delta.updated(), "view", view, "change", "updated");
            add("olapsync.rows.changed", delta.deleted(), "view", view, "change", "deleted");
        });
        result.incremental().ifPresent(how -> {
            count("olapsync.refresh.ways", "view", view, "way", lower(how.way()));
            add("olapsync.rows.drifted", how.drift(), "view", view);
        });
    }

    private static String sqlStateClass(RefreshException cause) {
        return cause.sqlState()
                .filter(state -> state.length() == 5)
                .map(state -> state.substring(0, 2))
                .filter(name -> SQLSTATE_CLASS.matcher(name).matches())
                .orElse("none");
    }

    private void count(String name, String... tags) {
        add(name, 1, tags);
    }

    private void add(String name, long amount, String... tags) {
        Counter.builder(name).tags(plan).tags(tags).register(registry).increment((double) amount);
    }

    private void time(String name, Duration took, String... tags) {
        Timer.builder(name).tags(plan).tags(tags).register(registry).record(took);
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
