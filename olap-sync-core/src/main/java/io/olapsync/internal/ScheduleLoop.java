package io.olapsync.internal;

import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.schedule.Schedule;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.TickClaim;
import io.olapsync.spi.TickStore;
import io.olapsync.spi.Ticks;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs what the schedules ask for. Every process looks, at the next tick and at least every half minute, by the clock of the
 * store; who claims a tick first does it.
 */
final class ScheduleLoop {

    static final Duration LOOK_EVERY = Duration.ofSeconds(30);

    private static final Logger log = LoggerFactory.getLogger(ScheduleLoop.class);
    private static final Duration STORE_AWAY = Duration.ofSeconds(2);

    /** Begins a run with this identity. */
    @FunctionalInterface
    interface Starter {
        CompletableFuture<SyncReport> start(RunId id, SyncRequest request);
    }

    private final EngineParts parts;
    private final TickStore store;
    private final List<Schedule> schedules;
    private final Starter starter;
    private final Recurring looking;

    // touched by looks, of which there is one at a time
    private final Map<String, TickClaim> inDoubt = new HashMap<>();
    private final Set<RunId> begun = new HashSet<>();

    private volatile @Nullable Instant since;
    private volatile @Nullable String problem;

    ScheduleLoop(EngineParts parts, TickStore store, List<Schedule> schedules, Starter starter) {
        this.parts = parts;
        this.store = store;
        this.schedules = schedules;
        this.starter = starter;
        this.looking = new Recurring(parts, "The schedule", this::look);
    }

    void start() {
        looking.start();
    }

    void stop() {
        looking.stop();
    }

    /** Since when ticks count here, by the store's clock; empty before the first look. */
    Optional<Instant> since() {
        return Optional.ofNullable(since);
    }

    /** What is wrong with the looking itself. */
    Optional<String> problem() {
        Optional<Duration> silence = looking.silence().filter(s -> s.compareTo(LOOK_EVERY.multipliedBy(3)) > 0);
        if (silence.isPresent()) {
            return Optional.of("this process has not looked at its schedules for " + Texts.of(silence.get())
                    + ", though it" + " should every " + Texts.of(LOOK_EVERY)
                    + ": its threads are stuck, or the database does not answer");
        }
        return Optional.ofNullable(problem);
    }

    private Duration look() {
        String plan = parts.plan().name();
        try {
            Ticks ticks = store.read(plan);
            Instant from = since;
            if (from == null || from.isAfter(ticks.now())) { // the clock was set back
                from = ticks.now();
                since = from;
            }
            Duration pause = LOOK_EVERY;
            for (Schedule schedule : schedules) {
                Instant after = ticks.last(schedule.name())
                        .map(last -> last.claim().tick())
                        .orElse(from);
                take(schedule, after, ticks);
                Instant next = DueTick.nextStart(schedule, plan, after, ticks.now());
                Duration untilNext = Duration.between(ticks.now(), next);
                pause = untilNext.compareTo(pause) < 0 ? untilNext : pause;
            }
            recovered();
            return pause;
        } catch (RefreshException e) {
            away(e);
            return STORE_AWAY;
        }
    }

    private void take(Schedule schedule, Instant after, Ticks ticks) throws RefreshException {
        Optional<Ticks.Claimed> last = ticks.last(schedule.name());
        TickClaim doubt = inDoubt.remove(schedule.name());
        if (doubt != null && last.isPresent() && last.get().claim().equals(doubt)) {
            act(schedule, doubt); // granted, but the answer was lost
        } else if (last.isPresent()) {
            lookAfter(last.get(), ticks.now());
        }
        Optional<DueTick> due = DueTick.of(schedule, parts.plan().name(), after, ticks.now());
        if (due.isEmpty() || looking.isStopped()) {
            return; // a claim that nobody acts on is a lost tick
        }
        Optional<String> skip = due.get().reasonToSkip(schedule).or(() -> stillRunning(last, ticks.now()));
        TickClaim claim = new TickClaim(
                parts.plan().name(),
                schedule.name(),
                due.get().tick(),
                skip.isPresent() ? last.flatMap(before -> before.claim().run()) : Optional.of(RunId.random()),
                parts.process(),
                skip.orElse(""));
        inDoubt.put(schedule.name(), claim);
        boolean granted = store.claim(claim, Duration.ZERO);
        inDoubt.remove(schedule.name());
        if (granted) {
            act(schedule, claim);
        }
    }

    private void act(Schedule schedule, TickClaim claim) {
        if (!claim.isRun()) {
            log.warn("Schedule '{}': the tick of {} was {}", schedule.name(), claim.tick(), claim.note());
            return;
        }
        RunId run = claim.run().orElseThrow();
        begun.add(run);
        log.info("Schedule '{}': run {} for the tick of {}", schedule.name(), run, claim.tick());
        SyncRequest request = SyncRequest.of(schedule.selection()).withTrigger(trigger(schedule.name()));
        try {
            CompletableFuture<?> unused = starter.start(run, request).whenComplete((report, failure) -> {
                if (failure != null) {
                    log.warn("Schedule '{}': run {} was refused: {}", schedule.name(), run, failure.getMessage());
                }
            });
        } catch (IllegalStateException closed) {
            log.info("Schedule '{}': run {} did not begin, since the engine is being closed", schedule.name(), run);
        }
    }

    private static String trigger(String schedule) {
        return "schedule " + schedule;
    }

    private Optional<String> stillRunning(Optional<Ticks.Claimed> last, Instant now) {
        RunId before = last.flatMap(claimed -> claimed.claim().run()).orElse(null);
        if (last.isEmpty() || before == null) {
            return Optional.empty();
        }
        try {
            boolean running = parts.adapters()
                    .history()
                    .run(before)
                    .map(known -> known.status() == RunStatus.RUNNING)
                    .orElse(!isSilent(last.get(), now)); // its first line is on the way
            return running
                    ? Optional.of(DueTick.LEFT_OUT + "run " + before + ", begun for an earlier one, is still under way")
                    : Optional.empty();
        } catch (RefreshException e) {
            log.debug("It could not be read whether run {} is still under way", before, e);
            return Optional.empty(); // two runs do no harm, none at all might
        }
    }

    private boolean isSilent(Ticks.Claimed claimed, Instant now) {
        return Duration.between(claimed.at(), now)
                        .compareTo(parts.settings().log().silence())
                > 0;
    }

    /** A process that dies between its claim and the first line of its run has left no line at all: here it is. */
    private void lookAfter(Ticks.Claimed claimed, Instant now) {
        Optional<RunId> run = claimed.claim().run().filter(id -> !begun.contains(id));
        if (run.isEmpty() || !isSilent(claimed, now)) {
            return;
        }
        try {
            boolean forgotten = Duration.between(claimed.at(), now)
                            .compareTo(parts.settings().log().keep())
                    > 0;
            if (!forgotten && parts.adapters().history().run(run.get()).isEmpty()) {
                parts.adapters().history().write(List.of(abandoned(claimed, run.get(), now)));
                log.warn(
                        "Schedule '{}': {} claimed the tick of {} and never began its run",
                        claimed.claim().schedule(),
                        claimed.claim().process(),
                        claimed.claim().tick());
            }
            begun.add(run.get());
        } catch (RefreshException e) {
            log.debug("It could not be seen whether run {} has begun", run.get(), e);
        }
    }

    private HistoryEntry.Run abandoned(Ticks.Claimed claimed, RunId run, Instant now) {
        TickClaim claim = claimed.claim();
        SyncKind kind = schedules.stream()
                .filter(schedule -> schedule.name().equals(claim.schedule()))
                .map(schedule -> SyncRequest.of(schedule.selection()).kind())
                .findFirst()
                .orElse(SyncKind.FULL);
        return new HistoryEntry.Run(
                run,
                claim.plan(),
                kind,
                trigger(claim.schedule()),
                RunStatus.ABANDONED,
                claimed.at(),
                Optional.of(now),
                claim.process(),
                Optional.of("its process claimed the tick of " + claim.tick() + " and never began"));
    }

    private void away(RefreshException e) {
        if (problem == null) {
            log.warn("The ticks of schedules cannot be read; tried again until they can: {}", e.getMessage());
        }
        problem = "its ticks cannot be read: " + e.getMessage();
    }

    private void recovered() {
        if (problem != null) {
            log.info("The ticks of schedules can be read again");
            problem = null;
        }
    }
}
