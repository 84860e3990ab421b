package io.olapsync.internal;

import io.olapsync.SyncHealth;
import io.olapsync.schedule.Schedule;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.Ticks;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Says of a schedule how it is doing, by what all processes have claimed. */
final class ScheduleHealth {

    private final EngineParts parts;
    private final Ticks ticks;
    private final Optional<Instant> since;
    private final Optional<String> looking;

    /**
     * @param since since when ticks count where none was ever claimed
     * @param looking what is wrong with this process's own looking
     */
    ScheduleHealth(EngineParts parts, Ticks ticks, Optional<Instant> since, Optional<String> looking) {
        this.parts = parts;
        this.ticks = ticks;
        this.since = since;
        this.looking = looking;
    }

    SyncHealth.Schedule of(Schedule schedule) {
        Optional<Ticks.Claimed> last = ticks.last(schedule.name());
        Optional<Instant> tick = last.map(claimed -> claimed.claim().tick());
        Instant after = tick.or(() -> since).orElse(ticks.now());
        return new SyncHealth.Schedule(
                schedule.name(),
                schedule.text(),
                tick,
                Optional.of(DueTick.nextStart(schedule, parts.plan().name(), after, ticks.now())),
                looking.or(() -> unclaimed(schedule, after)).or(() -> last.flatMap(this::wrong)));
    }

    /** Seen by every process, whichever of them should have taken it up. */
    private Optional<String> unclaimed(Schedule schedule, Instant after) {
        return DueTick.of(schedule, parts.plan().name(), after, ticks.now())
                .filter(due -> due.isMissed(schedule))
                .map(due -> "no process has taken up the tick of " + due.tick() + ", due for " + Texts.of(due.late()));
    }

    private Optional<String> wrong(Ticks.Claimed last) {
        String begin = "the tick of " + last.claim().tick();
        if (!last.claim().isRun()) {
            return Optional.of(begin + " was " + last.claim().note());
        }
        Optional<HistoryEntry.Run> run;
        try {
            run = parts.adapters().history().run(last.claim().run().orElseThrow());
        } catch (RefreshException e) {
            return Optional.of("its last run could not be read: " + e.getMessage());
        }
        if (run.isEmpty()) {
            Duration silent = Duration.between(last.at(), ticks.now());
            boolean tooLong = silent.compareTo(parts.settings().log().silence()) > 0
                    && silent.compareTo(parts.settings().log().keep()) < 0;
            return tooLong
                    ? Optional.of(begin + " was claimed by " + last.claim().process() + ", which never began its run")
                    : Optional.empty();
        }
        RunStatus status = run.get().status();
        return switch (status) {
            case RUNNING, COMPLETED -> Optional.empty();
            case FAILED, REJECTED, CANCELLED, ABANDONED ->
                Optional.of("the run for " + begin + " was " + (status == RunStatus.FAILED ? "a failure" : word(status))
                        + run.get().error().map(error -> ": " + error).orElse(""));
        };
    }

    private static String word(RunStatus status) {
        return status.name().toLowerCase(java.util.Locale.ROOT);
    }
}
