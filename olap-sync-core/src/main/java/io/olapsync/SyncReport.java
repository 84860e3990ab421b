package io.olapsync;

import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How a run went.
 *
 * @param run its identity, as in the history
 * @param plan the plan's name
 * @param kind what the history calls it
 * @param trigger who or what asked for it
 * @param publication how the views were committed
 * @param status how it ended
 * @param startedAt when it began
 * @param endedAt when it ended
 * @param makespan from its beginning to its end
 * @param steps every step of the run, in the order of the plan
 * @param criticalPath the steps that decided the makespan, first to last: each was the last that the next one waited for
 * @param findings what the catalog says about the plan, none of it in the way of the run
 * @param pendingInvalidations views that were changed and whose caches could not be invalidated yet
 * @param failure why no view was reached at all, where that is so
 */
public record SyncReport(
        RunId run,
        String plan,
        SyncKind kind,
        String trigger,
        Publication publication,
        RunStatus status,
        Instant startedAt,
        Instant endedAt,
        Duration makespan,
        List<StepReport> steps,
        List<String> criticalPath,
        List<Finding> findings,
        List<ViewName> pendingInvalidations,
        Optional<RefreshException> failure) {

    public SyncReport {
        Objects.requireNonNull(run, "run");
        Objects.requireNonNull(status, "status");
        steps = List.copyOf(steps);
        criticalPath = List.copyOf(criticalPath);
        findings = List.copyOf(findings);
        pendingInvalidations = List.copyOf(pendingInvalidations);
    }

    /** Whether no step failed and none was left out; a cache that was away may still have to be invalidated. */
    public boolean succeeded() {
        return status == RunStatus.COMPLETED;
    }

    /**
     * The step of this name.
     *
     * @throws IllegalArgumentException if the run had none
     */
    public StepReport step(String name) {
        return steps.stream()
                .filter(step -> step.step().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("this run had no step '" + name + "'"));
    }

    /** How the step of this name ended. */
    public StepOutcome outcome(String name) {
        return step(name).outcome();
    }

    /** The oldest moment of the sources that one of the refreshed views shows; empty where none was refreshed. */
    public Optional<DataAsOf> asOf() {
        return steps.stream()
                .map(StepReport::outcome)
                .filter(StepOutcome.Refreshed.class::isInstance)
                .map(outcome -> ((StepOutcome.Refreshed) outcome).result().asOf())
                .min(Comparator.comparing(DataAsOf::time));
    }
}
