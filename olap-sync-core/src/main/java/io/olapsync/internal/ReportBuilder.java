package io.olapsync.internal;

import io.olapsync.StepReport;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.StepOutcome;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads a report off the steps of a run that has ended. */
final class ReportBuilder {

    private ReportBuilder() {}

    static List<StepReport> steps(Collection<Step> steps, long runStartedNanos) {
        return steps.stream().map(step -> report(step, runStartedNanos)).toList();
    }

    private static StepReport report(Step step, long runStartedNanos) {
        return new StepReport(
                step.name,
                step.kind,
                step.view,
                Objects.requireNonNull(step.outcome),
                step.attempts,
                Optional.ofNullable(step.startedAt),
                Objects.requireNonNull(step.endedAt),
                Duration.ofNanos(step.startedNanos - runStartedNanos),
                Duration.ofNanos(step.endedNanos - step.startedNanos));
    }

    /** How a run with these steps has ended. */
    static RunStatus status(Collection<Step> steps, boolean failed) {
        RunStatus status = failed ? RunStatus.FAILED : RunStatus.COMPLETED;
        for (Step step : steps) {
            if (step.outcome instanceof StepOutcome.Failed) {
                return RunStatus.FAILED;
            }
            if (step.outcome instanceof StepOutcome.Skipped skipped && stopsRun(skipped.reason()) && !failed) {
                status = RunStatus.CANCELLED;
            }
        }
        return status;
    }

    private static boolean stopsRun(SkipReason reason) {
        return reason == SkipReason.CANCELLED || reason == SkipReason.RUN_DEADLINE;
    }

    /**
     * From the step that ended last, back through the upstream that each step waited for longest.
     *
     * @param upstreams the steps that a step waited for
     */
    static List<String> criticalPath(Collection<Step> steps, Map<Step, List<Step>> upstreams) {
        Deque<String> path = new ArrayDeque<>();
        Step step = lastToEnd(steps);
        while (step != null) {
            path.addFirst(step.name);
            step = lastToEnd(upstreams.getOrDefault(step, List.of()));
        }
        return List.copyOf(path);
    }

    private static @Nullable Step lastToEnd(Collection<Step> steps) {
        Step last = null;
        for (Step step : steps) {
            if (step.startedAt != null && (last == null || step.endedNanos - last.endedNanos >= 0)) {
                last = step;
            }
        }
        return last;
    }
}
