package io.olapsync.internal;

import io.olapsync.StepReport;
import io.olapsync.SyncRejectedException;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.spi.CacheUnavailableException;
import io.olapsync.spi.Finding;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last two steps of a run, its lines in the history, and its report. They are taken however the views went: what was
 * refreshed is invalidated and recorded.
 */
final class RunClosing implements Invalidations.Postponed {

    private static final Logger log = LoggerFactory.getLogger(RunClosing.class);

    private static final Duration STEP_LIMIT = Duration.ofMinutes(1);

    private final RunId id;
    private final EngineParts parts;
    private final SyncRequest request;
    private final Set<ViewName> views;
    private final RunSteps steps;
    private final StepBoard board;
    private final SerialExecutor turns;
    private final Instant startedAt;
    private final long startedNanos;
    private final CompletableFuture<SyncReport> report = new CompletableFuture<>();

    private final List<Future<?>> timers = new ArrayList<>();
    private boolean begun;
    private boolean recording;
    private final Set<ViewName> pending = new LinkedHashSet<>();
    private CompletableFuture<Void> forgetting = CompletableFuture.completedFuture(null);
    private @Nullable RunNodes nodes;
    private List<Finding> findings = List.of();
    private @Nullable RefreshException failure;

    RunClosing(
            RunId id,
            EngineParts parts,
            SyncRequest request,
            Set<ViewName> views,
            RunSteps steps,
            StepBoard board,
            SerialExecutor turns,
            long startedNanos) {
        this.id = id;
        this.parts = parts;
        this.request = request;
        this.views = views;
        this.steps = steps;
        this.board = board;
        this.turns = turns;
        this.startedAt = parts.clock().now();
        this.startedNanos = startedNanos;
    }

    CompletableFuture<SyncReport> report() {
        return report;
    }

    boolean hasBegun() {
        return begun;
    }

    /** Tells everybody that the run has begun. */
    void announce() {
        log.info("Run {} of plan '{}' begins: {} views, {}", id, parts.plan().name(), views.size(), request.trigger());
        parts.events()
                .publish(new SyncEvent.RunStarted(
                        id, startedAt, parts.plan().name(), request.kind(), request.trigger(), steps.names()));
        beat();
    }

    /** The run's sign of life, until its last line is on its way. In turn. */
    void beat() {
        if (!recording) {
            parts.history().add(line(RunStatus.RUNNING, Optional.empty(), Optional.empty()));
        }
    }

    @Override
    public void add(List<ViewName> changed, Exception cause) {
        turns.execute(() -> {
            log.warn(
                    "Caches of {} could not be invalidated yet; it is kept and tried again: {}",
                    changed,
                    cause.toString());
            log.debug("Why they could not be", cause);
            parts.events()
                    .publish(new SyncEvent.InvalidationPostponed(
                            id, parts.clock().now(), changed, cause));
        });
    }

    /** The run never reached its first step. In turn. */
    void reject(List<Finding> errors) {
        begun = true;
        recording = true;
        SyncRejectedException rejection = new SyncRejectedException(parts.plan().name(), errors);
        Instant now = parts.clock().now();
        log.warn("Run {} was refused: {}", id, rejection.getMessage());
        parts.history()
                .addAndWrite(List.of(
                        line(RunStatus.REJECTED, Optional.of(now), Optional.ofNullable(rejection.getMessage()))))
                .whenComplete((written, e) -> turns.execute(() -> {
                    parts.events().publish(new SyncEvent.RunFinished(id, now, RunStatus.REJECTED, elapsed()));
                    report.completeExceptionally(rejection);
                }));
    }

    /** Ends the run without the last steps, because it is broken. In turn. */
    void breakOff(Throwable e) {
        begun = true;
        recording = true;
        report.completeExceptionally(
                new IllegalStateException("run " + id + " was broken off by an unexpected error: " + e, e));
    }

    /**
     * Takes the last steps. In turn, once.
     *
     * @param nothingLeft whether it is known that no cache of the views is to be invalidated
     */
    void begin(
            @Nullable RunNodes walked,
            List<Finding> found,
            @Nullable RefreshException unprepared,
            boolean nothingLeft) {
        begun = true;
        nodes = walked;
        findings = found;
        failure = unprepared;
        board.began(steps.invalidation, 1);
        if (nothingLeft) {
            complete(new StepOutcome.Passed(
                    parts.invalidations().enabled() ? "nothing was left to do" : "no cache is installed", 1));
            return;
        }
        within(() ->
                notInvalidated(new TimeoutException("the cache or the store did not answer within " + STEP_LIMIT)));
        if (parts.invalidations().enabled()) {
            beside(this::lookForMore);
        } else {
            complete(new StepOutcome.Passed("no cache is installed", 1));
        }
    }

    private void beside(Runnable work) {
        parts.dispatcher()
                .submitBeside(
                        () -> {
                            try (LogContext ours = LogContext.of(id)) {
                                work.run();
                            }
                        },
                        this::notInvalidated);
    }

    /** A closing step that does not come back, in a data source without a timeout for one, must not hold the report. */
    private void within(Runnable otherwise) {
        try {
            timers.add(parts.scheduler().schedule(otherwise, STEP_LIMIT.toMillis(), TimeUnit.MILLISECONDS));
        } catch (RejectedExecutionException closing) {
            log.debug("No limit for a closing step: the scheduler was shut down", closing);
        }
    }

    /** Ends the report of a run that did not come to an end, because the library is closed. */
    void giveUp() {
        report.completeExceptionally(new CancellationException(
                "run " + id + " of plan '" + parts.plan().name()
                        + "' did not come to an end when the library was closed; its work no longer counts"));
    }

    /** Asks what else is left for the views while the last caches are still being told. */
    private void lookForMore() {
        try {
            Invalidations.Left left = parts.invalidations().left(views);
            CompletableFuture<Void> told = new CompletableFuture<>();
            parts.invalidations().whenPerformed(() -> told.complete(null));
            if (told.isDone()) {
                settle(left);
            } else {
                CompletableFuture<Void> unused = told.thenRun(() -> beside(() -> settle(left)));
            }
        } catch (RefreshException | RuntimeException | Error e) {
            notInvalidated(e);
        }
    }

    /** The caches know; while the store forgets it, the history is written. */
    private void settle(Invalidations.Left left) {
        if (!parts.invalidations().isDone(left)) {
            invalidate();
            return;
        }
        CompletableFuture<Void> forgotten = new CompletableFuture<>();
        turns.execute(() -> {
            forgetting = forgotten;
            complete(new StepOutcome.Passed("nothing was left to do", 1));
        });
        try {
            parts.invalidations().forget(left.entries());
        } finally {
            forgotten.complete(null);
        }
    }

    private void invalidate() {
        try {
            Set<ViewName> late = parts.invalidations().perform(views);
            invalidated(late.isEmpty() ? "nothing was left to do" : "caught up: " + late);
        } catch (CacheUnavailableException | RefreshException | RuntimeException | Error e) {
            notInvalidated(e);
        }
    }

    private void invalidated(String detail) {
        turns.execute(() -> complete(new StepOutcome.Passed(detail, 1)));
    }

    private void notInvalidated(Throwable e) {
        boolean answers = !(e instanceof TimeoutException);
        Optional<Set<ViewName>> known = answers ? parts.invalidations().pendingIfKnown(views) : Optional.empty();
        turns.execute(() -> {
            if (steps.invalidation.ended()) {
                return; // it had been given up
            }
            pending.addAll(known.orElseGet(this::changedViews));
            complete(new StepOutcome.Skipped(SkipReason.POSTPONED, String.valueOf(e.getMessage())));
        });
    }

    /** What may be pending, where the store that knows cannot be asked. */
    private Set<ViewName> changedViews() {
        Set<ViewName> changed = new LinkedHashSet<>();
        for (Step step : steps.work()) {
            if (step.outcome instanceof StepOutcome.Refreshed refreshed
                    && refreshed.result().mayHaveChanged()) {
                changed.add(refreshed.result().view());
            }
        }
        return changed;
    }

    private void complete(StepOutcome invalidated) {
        if (steps.invalidation.ended()) {
            return; // it had been given up
        }
        board.end(steps.invalidation, invalidated);
        board.began(steps.completion, 1);
        recording = true;
        RunStatus status = ReportBuilder.status(steps.work(), failure != null);
        StepOutcome recorded = new StepOutcome.Passed("", 1);
        List<HistoryEntry> lines = List.of(
                line(status, Optional.of(parts.clock().now()), errors()), board.line(steps.completion, recorded));
        CompletableFuture<StepOutcome> written =
                parts.history().addAndWrite(lines).handle((nothing, e) -> e == null ? recorded : notRecorded(e));
        within(() -> turns.execute(() -> finish(written.getNow(
                notRecorded(new TimeoutException("the history was not written within " + STEP_LIMIT))))));
        written.thenCombine(forgetting, (outcome, nothing) -> outcome)
                .whenComplete((outcome, never) -> turns.execute(() -> finish(outcome)));
    }

    private static StepOutcome notRecorded(Throwable e) {
        return new StepOutcome.Failed(
                e instanceof RefreshException known
                        ? known
                        : new RefreshException(RefreshException.Kind.TRANSIENT, "the history could not be written", e),
                1);
    }

    private void finish(StepOutcome recorded) {
        if (steps.completion.ended()) {
            return; // it had been given up
        }
        board.end(steps.completion, recorded);
        if (!recorded.succeeded()) { // the line that is still to be written must not say otherwise than the report
            CompletableFuture<Void> unused = parts.history()
                    .addAndWrite(List.of(
                            line(RunStatus.FAILED, Optional.of(parts.clock().now()), errors())));
        }
        timers.forEach(timer -> timer.cancel(false));
        RunStatus status = ReportBuilder.status(steps.all(), failure != null);
        Instant now = parts.clock().now();
        Duration took = elapsed();
        log.info(
                "Run {} of plan '{}' ended in {}: {}{}",
                id,
                parts.plan().name(),
                took,
                status,
                errors().map(what -> ", " + what).orElse(""));
        parts.events().publish(new SyncEvent.RunFinished(id, now, status, took));
        List<StepReport> reports = ReportBuilder.steps(steps.all(), startedNanos);
        report.complete(new SyncReport(
                id,
                parts.plan().name(),
                request.kind(),
                request.trigger(),
                request.publication().orElse(parts.plan().publication()),
                status,
                startedAt,
                now,
                took,
                reports,
                ReportBuilder.criticalPath(steps.all(), RunNodes.upstreams(nodes, steps)),
                findings,
                List.copyOf(pending),
                Optional.ofNullable(failure)));
    }

    private Optional<String> errors() {
        if (failure != null) {
            return Optional.of(failure.described());
        }
        List<String> failed = steps.work().stream()
                .filter(step -> step.outcome instanceof StepOutcome.Failed)
                .map(step -> step.name)
                .toList();
        return failed.isEmpty() ? Optional.empty() : Optional.of("failed: " + String.join(", ", failed));
    }

    private HistoryEntry.Run line(RunStatus status, Optional<Instant> endedAt, Optional<String> error) {
        return new HistoryEntry.Run(
                id,
                parts.plan().name(),
                request.kind(),
                request.trigger(),
                status,
                startedAt,
                endedAt,
                parts.process(),
                error);
    }

    private Duration elapsed() {
        return Duration.ofNanos(parts.clock().nanoTime() - startedNanos);
    }
}
