package io.olapsync.internal;

import io.olapsync.SyncHealth;
import io.olapsync.SyncPlan;
import io.olapsync.schedule.Schedule;
import io.olapsync.spi.IncidentSource;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.TickStore;
import io.olapsync.spi.Ticks;
import io.olapsync.spi.ViewName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** All that begins by itself and in time: schedules and target lags. */
final class Timetable {

    private final EngineParts parts;
    private final List<Schedule> schedules;
    private final Optional<ScheduleLoop> loop;
    private final Optional<LagLoop> lags;

    Timetable(EngineParts parts, List<Schedule> schedules, ScheduleLoop.Starter starter, Runs runs) {
        this.parts = parts;
        this.schedules = List.copyOf(schedules);
        this.loop = schedules.isEmpty()
                ? Optional.empty()
                : Optional.of(new ScheduleLoop(parts, store(), this.schedules, starter));
        this.lags = hasLags(parts.plan()) ? Optional.of(new LagLoop(parts, store(), runs)) : Optional.empty();
    }

    private TickStore store() {
        return parts.adapters().ticks().orElseThrow();
    }

    private static boolean hasLags(SyncPlan plan) {
        return plan.views().stream().anyMatch(view -> view.targetLag().isPresent());
    }

    /** What is wrong with it; refuses the engine. */
    static List<String> problems(SyncPlan plan, List<Schedule> schedules, boolean hasStore) {
        List<String> problems = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Schedule schedule : schedules) {
            if (!names.add(schedule.name())) {
                problems.add("two schedules are called '" + schedule.name() + "'");
            }
            try {
                schedule.selection().in(plan);
            } catch (IllegalArgumentException e) {
                problems.add("schedule '" + schedule.name() + "': " + e.getMessage());
            }
        }
        if (!hasStore && (!schedules.isEmpty() || hasLags(plan))) {
            problems.add((schedules.isEmpty() ? "target lags" : "schedules")
                    + " need a TickStore; install a plugin that brings one, such as PostgresPlugin");
        }
        return problems;
    }

    void start() {
        loop.ifPresent(ScheduleLoop::start);
        lags.ifPresent(LagLoop::start);
    }

    void stop() {
        loop.ifPresent(ScheduleLoop::stop);
        lags.ifPresent(LagLoop::stop);
    }

    /** What health says of it. */
    record Health(List<SyncHealth.Schedule> schedules, Map<ViewName, Instant> nextDue) {

        private void due(ViewName view, Instant at) {
            nextDue.merge(view, at, (one, other) -> one.isBefore(other) ? one : other);
        }
    }

    /** Blocks for some reads. */
    Health health() {
        Health health = new Health(new ArrayList<>(), new HashMap<>());
        loop.ifPresent(each -> addSchedules(each, health));
        lags.ifPresent(each -> addLags(each, health));
        return health;
    }

    /** Whether it is kept to, for alerts. */
    List<IncidentSource> incidentSources() {
        List<IncidentSource> sources = new ArrayList<>();
        loop.ifPresent(each -> sources.add(new ScheduleJudge(parts, store(), schedules, each)));
        lags.ifPresent(each -> sources.add(new LagJudge(parts, each)));
        return sources;
    }

    private void addSchedules(ScheduleLoop running, Health health) {
        Ticks ticks;
        try {
            ticks = store().read(parts.plan().name());
        } catch (RefreshException | RuntimeException e) {
            schedules.forEach(schedule -> health.schedules()
                    .add(unknown(schedule.name(), schedule.text(), "its ticks cannot be read: " + e.getMessage())));
            return;
        }
        ScheduleHealth reader = new ScheduleHealth(parts, ticks, running.since(), running.problem());
        for (Schedule schedule : schedules) {
            SyncHealth.Schedule entry = reader.of(schedule);
            health.schedules().add(entry);
            schedule.selection()
                    .in(parts.plan())
                    .forEach(view -> entry.next().ifPresent(next -> health.due(view, next)));
        }
    }

    private void addLags(LagLoop running, Health health) {
        LagHealth read;
        try {
            read = running.read();
        } catch (RefreshException | RuntimeException e) {
            parts.plan()
                    .views()
                    .forEach(view -> view.targetLag()
                            .ifPresent(lag -> health.schedules()
                                    .add(unknown(
                                            LagHealth.claimName(view.name()),
                                            "at most " + Texts.of(lag) + " old",
                                            "its age cannot be read: " + e.getMessage()))));
            return;
        }
        for (Lags.Aim aim : read.lags().aims()) {
            SyncHealth.Schedule entry = read.entry(aim, running.problem());
            health.schedules().add(entry);
            Demand.beneath(parts.plan(), Set.of(aim.view()))
                    .forEach(view -> entry.next().ifPresent(next -> health.due(view, next)));
        }
    }

    private static SyncHealth.Schedule unknown(String name, String text, String problem) {
        return new SyncHealth.Schedule(name, text, Optional.empty(), Optional.empty(), Optional.of(problem));
    }
}
