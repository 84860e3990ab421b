package io.olapsync.internal;

import io.olapsync.SyncHealth;
import io.olapsync.schedule.Schedule;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.IncidentKey.Topic;
import io.olapsync.spi.IncidentSource.Judgement;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.TickClaim;
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

    /**
     * Whether its ticks are run, by what all processes share; empty where that is not certain, as while the run of the latest is
     * under way. What became of that run is told of the run.
     *
     * @param after since when ticks count where none was ever claimed
     */
    Optional<Judgement> judge(Schedule schedule, Instant after) throws RefreshException {
        String name = schedule.name();
        Optional<Ticks.Claimed> last = ticks.last(name);
        Optional<String> nobody =
                unclaimed(schedule, last.map(claimed -> claimed.claim().tick()).orElse(after));
        if (nobody.isPresent()) {
            return Optional.of(
                    Judgement.wrong(
                            Topic.SCHEDULE,
                            name,
                            nobody.get(),
                            "see whether a process that has this schedule is started, and whether its health says that it is stuck"));
        }
        if (last.isEmpty()) {
            return Optional.empty();
        }
        TickClaim claim = last.get().claim();
        if (claim.isRun()) {
            return hasEnded(last.get()) ? Optional.of(Judgement.well(Topic.SCHEDULE, name)) : Optional.empty();
        }
        if (claim.note().startsWith(DueTick.LEFT_OUT)) {
            return isTheFirstLeftOut(schedule, claim)
                    ? Optional.empty()
                    : Optional.of(
                            wrong(claim, "see where that run spends its time, or let the schedule tick less often"));
        }
        return Optional.of(wrong(
                claim,
                "see why no process looked at that time; run it by hand where the next tick, at "
                        + schedule.next(ticks.now()) + ", is too late"));
    }

    private static Judgement wrong(TickClaim claim, String remedy) {
        return Judgement.wrong(
                Topic.SCHEDULE, claim.schedule(), "the tick of " + claim.tick() + " was " + claim.note(), remedy);
    }

    private boolean hasEnded(Ticks.Claimed last) throws RefreshException {
        return parts.adapters()
                .history()
                .run(last.claim().run().orElseThrow())
                .map(run -> run.status() != RunStatus.RUNNING)
                .orElse(isSilent(last));
    }

    /** One run that takes longer than it should is none of those that nobody wants to be woken for. */
    private boolean isTheFirstLeftOut(Schedule schedule, TickClaim claim) throws RefreshException {
        Optional<RunId> before = claim.run();
        Optional<HistoryEntry.Run> run =
                before.isPresent() ? parts.adapters().history().run(before.get()) : Optional.empty();
        return run.isPresent()
                && schedule.lastBetween(run.get().startedAt(), claim.tick().minusMillis(1))
                        .isEmpty();
    }

    private boolean isSilent(Ticks.Claimed last) {
        return Duration.between(last.at(), ticks.now())
                        .compareTo(parts.settings().log().silence())
                > 0;
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
            boolean tooLong = isSilent(last)
                    && Duration.between(last.at(), ticks.now())
                                    .compareTo(parts.settings().log().keep())
                            < 0;
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
