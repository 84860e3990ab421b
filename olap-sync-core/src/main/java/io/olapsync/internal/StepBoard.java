package io.olapsync.internal;

import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.StepStatus;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.ViewRefresh;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Notes what happens to the steps of a run, and passes it on to listeners and history. Touched only in the run's turn. */
final class StepBoard {

    private static final Logger log = LoggerFactory.getLogger(StepBoard.class);

    private final RunId run;
    private final EngineParts parts;

    StepBoard(RunId run, EngineParts parts) {
        this.run = run;
        this.parts = parts;
    }

    /** The run. */
    RunId run() {
        return run;
    }

    void began(Step step, int attempt) {
        Instant now = parts.clock().now();
        step.attempts = attempt;
        step.lockReported = false;
        if (step.startedAt == null) {
            step.startedAt = now;
            step.startedNanos = parts.clock().nanoTime();
        }
        parts.events().publish(new SyncEvent.StepStarted(run, now, step.name, attempt));
        if (!step.ended()) {
            parts.history().add(running(step, now));
        }
    }

    /** Another attempt will follow. Waiting for somebody else's lock is told once, not at each look. */
    void retrying(Step step, RefreshException cause, Duration pause) {
        boolean lockBusy = cause instanceof LockBusyException;
        if (lockBusy && step.lockReported) {
            return;
        }
        step.lockReported = lockBusy;
        parts.events()
                .publish(new SyncEvent.StepRetrying(run, parts.clock().now(), step.name, step.attempts, cause, pause));
        if (!lockBusy) {
            Level level = cause.kind() == RefreshException.Kind.CONTENDED ? Level.DEBUG : Level.INFO;
            try (LogContext ours = LogContext.of(run, step)) {
                log.atLevel(level)
                        .log(
                                "{}: attempt {} failed, the next follows in {}: {}",
                                step.name,
                                step.attempts,
                                pause,
                                cause.getMessage());
            }
        }
    }

    /** Another attempt to prepare the run will follow. */
    void delayed(int attempt, RefreshException cause, Duration pause) {
        parts.events().publish(new SyncEvent.RunDelayed(run, parts.clock().now(), attempt, cause, pause));
        Level level = cause.kind() == RefreshException.Kind.CONTENDED ? Level.DEBUG : Level.WARN;
        log.atLevel(level)
                .log("Run {} cannot begin yet, the next attempt follows in {}: {}", run, pause, cause.getMessage());
    }

    void end(Step step, StepOutcome outcome) {
        Instant now = parts.clock().now();
        step.outcome = outcome;
        step.endedAt = now;
        step.endedNanos = parts.clock().nanoTime();
        if (step.startedAt == null) {
            step.startedNanos = step.endedNanos;
        }
        tell(step, outcome);
        tellDrift(step, outcome);
        Duration took = Duration.ofNanos(step.endedNanos - step.startedNanos);
        parts.events().publish(new SyncEvent.StepFinished(run, now, step.name, outcome, took));
        parts.history().add(line(step, outcome, now));
    }

    /** One line when it begins to fail and one when it no longer does; the run's last line says each time what failed in it. */
    private void tell(Step step, StepOutcome outcome) {
        if (outcome instanceof StepOutcome.Failed failed) {
            Level level = parts.failing().begins(step.name) ? Level.WARN : Level.DEBUG;
            try (LogContext ours = LogContext.of(run, step)) {
                log.atLevel(level)
                        .setCause(failed.cause())
                        .log("{} failed after {} attempts", step.name, failed.attempts());
            }
        } else if (outcome.succeeded() && parts.failing().ends(step.name)) {
            try (LogContext ours = LogContext.of(run, step)) {
                log.info("{} has recovered", step.name);
            }
        }
    }

    private void tellDrift(Step step, StepOutcome outcome) {
        if (outcome instanceof StepOutcome.Refreshed refreshed) {
            refreshed.result().incremental().filter(DeltaRefresh::hasDrifted).ifPresent(how -> {
                try (LogContext ours = LogContext.of(run, step)) {
                    log.warn(
                            "{}: {} rows differed from the definition although nothing had called for it, and were mended."
                                    + " The declaration of this delta table misses a table that it reads, or a way from"
                                    + " a changed row to its keys; or no event told of a change where it is fed by events:"
                                    + " see docs/delta-tables.md",
                            step.name,
                            how.drift());
                }
            });
        }
    }

    /** The line of a step that ends like this now. */
    HistoryEntry.Step line(Step step, StepOutcome outcome) {
        return line(step, outcome, parts.clock().now());
    }

    private HistoryEntry.Step running(Step step, Instant now) {
        return new HistoryEntry.Step(
                run,
                step.name,
                step.view,
                StepStatus.RUNNING,
                step.startedAt == null ? now : step.startedAt,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                step.attempts,
                Optional.empty(),
                Optional.empty());
    }

    private HistoryEntry.Step line(Step step, StepOutcome outcome, Instant now) {
        Optional<ViewRefresh> done = Optional.empty();
        Optional<String> sqlState = Optional.empty();
        Optional<String> error = Optional.empty();
        StepStatus status;
        if (outcome instanceof StepOutcome.Refreshed refreshed) {
            status = StepStatus.COMPLETED;
            done = Optional.of(refreshed.result());
        } else if (outcome instanceof StepOutcome.Skipped skipped) {
            status = StepStatus.SKIPPED;
            error = Optional.of(
                    skipped.detail().isEmpty()
                            ? skipped.reason().toString()
                            : skipped.reason() + ": " + skipped.detail());
        } else if (outcome instanceof StepOutcome.Failed failed) {
            status = StepStatus.FAILED;
            sqlState = failed.cause().sqlState();
            error = Optional.of(failed.cause().described());
        } else {
            status = StepStatus.COMPLETED;
        }
        Instant started = step.startedAt == null ? now : step.startedAt;
        return new HistoryEntry.Step(
                run,
                step.name,
                step.view,
                status,
                started,
                Optional.of(now),
                done.map(ViewRefresh::rows),
                done.flatMap(ViewRefresh::delta),
                done.map(ViewRefresh::took),
                done.map(ViewRefresh::asOf),
                step.attempts,
                sqlState,
                error,
                done.flatMap(ViewRefresh::incremental));
    }
}
