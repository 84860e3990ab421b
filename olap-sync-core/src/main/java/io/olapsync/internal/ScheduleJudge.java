package io.olapsync.internal;

import io.olapsync.schedule.Schedule;
import io.olapsync.spi.IncidentKey.Topic;
import io.olapsync.spi.IncidentSource;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.TickStore;
import io.olapsync.spi.Ticks;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Judges, for alerts, whether schedules are kept to: by the claims of all processes, so that all judge alike. */
final class ScheduleJudge implements IncidentSource {

    private final EngineParts parts;
    private final TickStore store;
    private final List<Schedule> schedules;
    private final ScheduleLoop loop;
    private final Unreadable unreadable;
    private @Nullable Instant since; // by the store's clock

    ScheduleJudge(EngineParts parts, TickStore store, List<Schedule> schedules, ScheduleLoop loop) {
        this.parts = parts;
        this.store = store;
        this.schedules = schedules;
        this.loop = loop;
        this.unreadable = new Unreadable(parts.clock());
    }

    @Override
    public synchronized List<Judgement> judge() throws RefreshException {
        Ticks ticks;
        try {
            ticks = store.read(parts.plan().name());
        } catch (RefreshException e) {
            String remedy = unreadable.remedy(e);
            return schedules.stream()
                    .map(schedule -> Judgement.wrong(
                            Topic.SCHEDULE, schedule.name(), "its ticks cannot be read: " + e.getMessage(), remedy))
                    .toList();
        }
        unreadable.over();
        Instant from = since == null || since.isAfter(ticks.now()) ? ticks.now() : since;
        since = from;
        ScheduleHealth reader = new ScheduleHealth(parts, ticks, loop.since(), loop.problem());
        List<Judgement> all = new ArrayList<>();
        for (Schedule schedule : schedules) {
            reader.judge(schedule, loop.since().orElse(from)).ifPresent(all::add);
        }
        return all;
    }
}
