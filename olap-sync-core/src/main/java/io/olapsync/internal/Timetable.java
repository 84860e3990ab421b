package io.olapsync.internal;

import io.olapsync.SyncHealth;
import io.olapsync.SyncPlan;
import io.olapsync.schedule.Schedule;
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

/** All that begins by itself and in time: schedules. */
final class Timetable {

    private final EngineParts parts;
    private final List<Schedule> schedules;
    private final Optional<TickStore> store;
    private final Optional<ScheduleLoop> loop;

    Timetable(EngineParts parts, List<Schedule> schedules, ScheduleLoop.Starter starter) {
        this.parts = parts;
        this.schedules = List.copyOf(schedules);
        this.store = parts.adapters().ticks();
        this.loop = schedules.isEmpty()
                ? Optional.empty()
                : Optional.of(new ScheduleLoop(parts, store.orElseThrow(), this.schedules, starter));
    }

    /** What is wrong with the schedules themselves; refuses the engine. */
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
        if (!schedules.isEmpty() && !hasStore) {
            problems.add("schedules need a TickStore; install a plugin that brings one, such as PostgresPlugin");
        }
        return problems;
    }

    void start() {
        loop.ifPresent(ScheduleLoop::start);
    }

    void stop() {
        loop.ifPresent(ScheduleLoop::stop);
    }

    /** What health says of it. */
    record Health(List<SyncHealth.Schedule> schedules, Map<ViewName, Instant> nextDue) {}

    Health health() {
        if (loop.isEmpty()) {
            return new Health(List.of(), Map.of());
        }
        Ticks ticks;
        try {
            ticks = store.orElseThrow().read(parts.plan().name());
        } catch (RefreshException | RuntimeException e) {
            return new Health(unknown(e), Map.of());
        }
        ScheduleHealth health =
                new ScheduleHealth(parts, ticks, loop.get().since(), loop.get().problem());
        List<SyncHealth.Schedule> found = schedules.stream().map(health::of).toList();
        Map<ViewName, Instant> nextDue = new HashMap<>();
        for (int i = 0; i < schedules.size(); i++) {
            Optional<Instant> next = found.get(i).next();
            schedules
                    .get(i)
                    .selection()
                    .in(parts.plan())
                    .forEach(view -> next.ifPresent(
                            due -> nextDue.merge(view, due, (one, other) -> one.isBefore(other) ? one : other)));
        }
        return new Health(found, nextDue);
    }

    private List<SyncHealth.Schedule> unknown(Exception e) {
        return schedules.stream()
                .map(schedule -> new SyncHealth.Schedule(
                        schedule.name(),
                        schedule.text(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of("its ticks cannot be read: " + e.getMessage())))
                .toList();
    }
}
