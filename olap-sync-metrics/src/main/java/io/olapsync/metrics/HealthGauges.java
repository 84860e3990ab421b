package io.olapsync.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.olapsync.PlannedView;
import io.olapsync.SyncHealth;
import io.olapsync.SyncPlan;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Gauges of the health that was read last; {@code NaN} is: not known, or there is none. Ages go on between two readings. */
final class HealthGauges {

    /** A reading, and when it was made by the monotonic clock. */
    private record Shown(
            SyncHealth health,
            Map<ViewName, SyncHealth.View> views,
            Map<String, SyncHealth.Source> sources,
            Map<String, SyncHealth.Schedule> schedules,
            Instant at,
            long atNanos) {
        Duration since() {
            return Duration.ofNanos(System.nanoTime() - atNanos);
        }

        /** How long ago that was, both by the wall clock of this process. */
        Duration age(Instant then) {
            return Duration.between(then, at).plus(since());
        }
    }

    private final MeterRegistry registry;
    private final Tags plan;
    private final Set<String> named = new HashSet<>();
    private volatile @Nullable Shown shown;

    HealthGauges(MeterRegistry registry, SyncPlan plan) {
        this.registry = registry;
        this.plan = Tags.of("plan", plan.name());
        gauge("olapsync.health.status", this.plan, () -> of(now -> Optional.of(number(now.health.status()))));
        age(
                "olapsync.health.age",
                this.plan,
                () -> seconds(now -> now.health.readAt().map(now::age)));
        age(
                "olapsync.full.sync.age",
                this.plan,
                () -> seconds(now -> now.health.lastFullSync().map(now::age)));
        age(
                "olapsync.incremental.sync.age",
                this.plan,
                () -> seconds(now -> now.health.lastIncrementalSync().map(now::age)));
        plan.views().forEach(this::view);
    }

    /** From now on the gauges show this. One thread at a time. */
    void show(SyncHealth health) {
        Map<ViewName, SyncHealth.View> views = new HashMap<>();
        health.views().forEach(view -> views.put(view.name(), view));
        Map<String, SyncHealth.Source> sources = new HashMap<>();
        health.sources().forEach(source -> sources.put(source.name(), source));
        Map<String, SyncHealth.Schedule> schedules = new HashMap<>();
        health.schedules().forEach(schedule -> schedules.put(schedule.name(), schedule));
        shown = new Shown(health, views, sources, schedules, Instant.now(), System.nanoTime());
        sources.keySet().stream().filter(name -> named.add("source " + name)).forEach(this::source);
        schedules.keySet().stream()
                .filter(name -> named.add("schedule " + name))
                .forEach(this::schedule);
    }

    private void view(PlannedView planned) {
        ViewName name = planned.name();
        Tags tags = plan.and("view", name.toString());
        age(
                "olapsync.view.staleness",
                tags,
                () -> seconds(now ->
                        view(now, name).flatMap(SyncHealth.View::staleness).map(age -> age.plus(now.since()))));
        age(
                "olapsync.view.stale.after",
                tags,
                () -> seconds(now -> view(now, name).map(SyncHealth.View::staleAfter)));
        if (planned.targetLag().isPresent()) {
            age(
                    "olapsync.view.target.lag",
                    tags,
                    () -> seconds(now -> view(now, name).flatMap(SyncHealth.View::targetLag)));
        }
        of("olapsync.view.status", tags, name, view -> number(view.status()));
        gauge(
                "olapsync.view.rows",
                tags,
                () -> of(now -> view(now, name).flatMap(SyncHealth.View::rows).map(Long::doubleValue)));
        of("olapsync.view.failures", tags, name, SyncHealth.View::failures);
        of("olapsync.view.pending.events", tags, name, SyncHealth.View::pendingEvents);
        of("olapsync.view.pending.orders", tags, name, SyncHealth.View::pendingOrders);
        of("olapsync.view.pending.invalidation", tags, name, view -> view.pendingInvalidation() ? 1 : 0);
        of("olapsync.view.suspended", tags, name, view -> isHeldBack(view, SkipReason.SUSPENDED));
        of("olapsync.view.paused", tags, name, view -> isHeldBack(view, SkipReason.PAUSED));
    }

    private void source(String name) {
        Tags tags = plan.and("source", name);
        counter("olapsync.events.delivered", tags, name, SyncHealth.Source::delivered);
        counter("olapsync.events.unknown", tags, name, SyncHealth.Source::unknown);
        counter("olapsync.events.set.aside", tags, name, SyncHealth.Source::setAside);
        gauge(
                "olapsync.source.waiting",
                tags,
                () -> of(now -> Optional.ofNullable(now.sources.get(name)).map(source -> (double) source.waiting())));
        gauge(
                "olapsync.source.away",
                tags,
                () -> of(now -> Optional.ofNullable(now.sources.get(name))
                        .map(source -> source.problem().isPresent() ? 1.0 : 0.0)));
    }

    private void schedule(String name) {
        Tags tags = plan.and("schedule", name);
        age(
                "olapsync.schedule.silence",
                tags,
                () -> seconds(now -> schedule(now, name)
                        .flatMap(SyncHealth.Schedule::lastTick)
                        .map(now::age)));
        age(
                "olapsync.schedule.overdue",
                tags,
                () -> seconds(now -> schedule(now, name)
                        .flatMap(SyncHealth.Schedule::next)
                        .map(next -> now.age(next).isNegative() ? Duration.ZERO : now.age(next))));
        gauge(
                "olapsync.schedule.troubled",
                tags,
                () -> of(now -> schedule(now, name).map(known -> known.problem().isPresent() ? 1.0 : 0.0)));
    }

    private static Optional<SyncHealth.View> view(Shown now, ViewName name) {
        return Optional.ofNullable(now.views.get(name));
    }

    private static Optional<SyncHealth.Schedule> schedule(Shown now, String name) {
        return Optional.ofNullable(now.schedules.get(name));
    }

    private static double isHeldBack(SyncHealth.View view, SkipReason reason) {
        return view.heldBack().equals(Optional.of(reason)) ? 1 : 0;
    }

    private static double number(SyncHealth.Status status) {
        return switch (status) {
            case HEALTHY -> 0;
            case STALE -> 1;
            case FAILING -> 2;
            case UNKNOWN -> 3;
        };
    }

    private void of(String meter, Tags tags, ViewName name, ToDoubleFunction<SyncHealth.View> value) {
        gauge(meter, tags, () -> of(now -> view(now, name).map(value::applyAsDouble)));
    }

    private double of(Function<Shown, Optional<Double>> value) {
        Shown now = shown;
        return now == null ? Double.NaN : value.apply(now).orElse(Double.NaN);
    }

    private double seconds(Function<Shown, Optional<Duration>> value) {
        return of(now -> value.apply(now).map(age -> age.toNanos() / 1e9));
    }

    private void gauge(String name, Tags tags, Supplier<Number> value) {
        Gauge.builder(name, value).tags(tags).register(registry);
    }

    private void age(String name, Tags tags, Supplier<Number> seconds) {
        TimeGauge.builder(name, seconds, TimeUnit.SECONDS).tags(tags).register(registry);
    }

    private void counter(String meter, Tags tags, String source, ToDoubleFunction<SyncHealth.Source> value) {
        FunctionCounter.builder(meter, this, gauges -> {
                    double now = gauges.of(known ->
                            Optional.ofNullable(known.sources.get(source)).map(value::applyAsDouble));
                    return Double.isNaN(now) ? 0 : now;
                })
                .tags(tags)
                .register(registry);
    }
}
