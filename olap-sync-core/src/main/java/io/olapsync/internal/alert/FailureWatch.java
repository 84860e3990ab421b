package io.olapsync.internal.alert;

import io.olapsync.SyncRejectedException;
import io.olapsync.SyncReport;
import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.Finding;
import io.olapsync.spi.IncidentCause;
import io.olapsync.spi.IncidentKey.Topic;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RunId;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Hears what happens in runs, and takes up what failed for good. Called by the runs: only memory is touched. */
final class FailureWatch {

    private final AlertParts parts;
    private final Desk desk;
    private final Runnable reported;
    private final Set<String> views;
    private final Set<String> checks = new LinkedHashSet<>();
    private final Map<RunId, SyncKind> running = new ConcurrentHashMap<>();
    private final Map<String, IncidentCause> lastFailures = new ConcurrentHashMap<>();
    private final Map<String, Instant> passed = new ConcurrentHashMap<>();

    FailureWatch(AlertParts parts, Desk desk, Runnable reported) {
        this.parts = parts;
        this.desk = desk;
        this.reported = reported;
        this.views = parts.plan().views().stream()
                .map(view -> view.name().toString())
                .collect(Collectors.toCollection(LinkedHashSet::new));
        parts.plan().checks().forEach(check -> checks.add(check.name()));
    }

    void on(SyncEvent event) {
        if (event instanceof SyncEvent.RunStarted started) {
            running.put(started.run(), started.kind());
        } else if (event instanceof SyncEvent.StepFinished finished) {
            finished(finished);
        } else if (event instanceof SyncEvent.ViewsSuspended suspended) {
            suspended.views().forEach(view -> suspended(view, suspended.failures()));
        }
    }

    private void finished(SyncEvent.StepFinished step) {
        boolean check = checks.contains(step.step());
        if (check && step.outcome() instanceof StepOutcome.Passed) {
            passed.put(step.step(), step.at());
        }
        if (step.outcome() instanceof StepOutcome.Refreshed refreshed) {
            refreshed.result().incremental().filter(DeltaRefresh::hasDrifted).ifPresent(how -> drifted(step, how));
        }
        if (!(step.outcome() instanceof StepOutcome.Failed failed) || (!check && !views.contains(step.step()))) {
            return;
        }
        Kind kind = failed.cause().kind();
        boolean wouldBeRetried = kind != Kind.PERMANENT && kind != Kind.TIMED_OUT;
        if (wouldBeRetried && parts.cancelled().test(step.run())) {
            return; // its next attempt was called off
        }
        IncidentCause cause = cause(step.run(), failed.attempts(), failed.cause());
        lastFailures.put(step.step(), cause);
        report(check ? Topic.CHECK : Topic.REFRESH, step.step(), cause);
    }

    private void drifted(SyncEvent.StepFinished step, DeltaRefresh how) {
        report(
                Topic.DRIFT,
                step.step(),
                new IncidentCause(
                        Optional.of(step.run()),
                        0,
                        how.drift() + " rows differed from the definition although nothing had called for it; they are"
                                + " mended, until that happens again",
                        Optional.empty(),
                        Optional.of(
                                "add to the declaration of this delta table what it misses: a table that its definition"
                                        + " reads, or a way from a changed row to its keys; or, where it is fed by events,"
                                        + " have one sent for each change; see docs/delta-tables.md"),
                        parts.process()));
    }

    private IncidentCause cause(RunId run, int attempts, RefreshException e) {
        return new IncidentCause(
                Optional.of(run), attempts, String.valueOf(e.getMessage()), e.sqlState(), e.remedy(), parts.process());
    }

    /** Part of the same incident, which has another remedy now. */
    private void suspended(ViewName view, int failures) {
        IncidentCause last = lastFailures.get(view.toString());
        if (last != null) {
            String remedy = last.remedy().map(text -> text + "; then ").orElse("")
                    + "resume(" + view + ") or wait for the next full sync: after " + failures
                    + " failures in a row calls and events leave it alone";
            report(
                    Topic.REFRESH,
                    view.toString(),
                    new IncidentCause(
                            last.run(),
                            last.attempts(),
                            last.error(),
                            last.sqlState(),
                            Optional.of(remedy),
                            last.process()));
        }
    }

    void ended(RunId run, @Nullable SyncReport report, @Nullable Throwable thrown) {
        SyncKind kind = running.remove(run);
        if (kind == null) {
            return;
        }
        Throwable failure =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        if (failure instanceof SyncRejectedException rejected) {
            String remedies = rejected.findings().stream()
                    .map(Finding::remedy)
                    .filter(remedy -> !remedy.isEmpty())
                    .collect(Collectors.joining("; "));
            runFailed(run, kind, rejected.getMessage(), remedies.isEmpty() ? Optional.empty() : Optional.of(remedies));
        } else if (failure != null && !(failure instanceof CancellationException)) {
            runFailed(run, kind, failure.toString(), Optional.empty());
        } else if (report != null) {
            ended(run, kind, report);
        }
    }

    private void ended(RunId run, SyncKind kind, SyncReport report) {
        StepOutcome completion = report.steps().get(report.steps().size() - 1).outcome();
        Optional<RefreshException> failure = report.failure()
                .or(() -> completion instanceof StepOutcome.Failed failed
                        ? Optional.of(failed.cause())
                        : Optional.empty());
        boolean outOfTime = report.steps().stream()
                .anyMatch(step -> step.outcome() instanceof StepOutcome.Skipped skipped
                        && skipped.reason() == SkipReason.RUN_DEADLINE);
        if (failure.isPresent()) {
            report(Topic.RUN, word(kind), cause(run, 0, failure.get()));
        } else if (outOfTime) {
            runFailed(
                    run,
                    kind,
                    "the run had not ended when its deadline passed, after " + report.makespan(),
                    Optional.of("see in its report where the time went; runDeadline(…) gives it more"));
        }
    }

    private void runFailed(RunId run, SyncKind kind, @Nullable String error, Optional<String> remedy) {
        report(
                Topic.RUN,
                word(kind),
                new IncidentCause(
                        Optional.of(run), 0, String.valueOf(error), Optional.empty(), remedy, parts.process()));
    }

    private void report(Topic topic, String subject, IncidentCause cause) {
        desk.report(topic, subject, cause);
        reported.run();
    }

    /** When this check last passed in this process. */
    Optional<Instant> passed(String check) {
        return Optional.ofNullable(passed.get(check));
    }

    static String word(SyncKind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }
}
