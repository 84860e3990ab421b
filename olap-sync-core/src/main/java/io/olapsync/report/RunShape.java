package io.olapsync.report;

import io.olapsync.PlannedCheck;
import io.olapsync.SyncPlan;
import io.olapsync.spi.HistoryEntry.Step;
import io.olapsync.spi.StepStatus;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What a recorded run says beyond its lines: what each step waited for, and which steps decided how long it took. */
final class RunShape {

    private final SyncPlan plan;
    private final StatusPage.RecordedRun recorded;
    private final Instant end;
    private final Map<String, Step> byName = new LinkedHashMap<>();
    private final Map<ViewName, Step> byView = new HashMap<>();

    /** @param now where a run that is under way has got to */
    RunShape(SyncPlan plan, StatusPage.RecordedRun recorded, Instant now) {
        this.plan = plan;
        this.recorded = recorded;
        for (Step step : recorded.steps()) {
            byName.put(step.step(), step);
            step.view().ifPresent(view -> byView.put(view, step));
        }
        this.end = latest(
                recorded.run().startedAt(),
                Stream.concat(
                        Stream.of(recorded.run().endedAt().orElse(now)),
                        recorded.steps().stream().flatMap(step -> step.endedAt().stream())));
    }

    Instant start() {
        return recorded.run().startedAt();
    }

    Instant end() {
        return end;
    }

    Duration makespan() {
        return Duration.between(start(), end);
    }

    /** The steps that began, in the order in which they did. */
    List<Step> begun() {
        return recorded.steps().stream()
                .filter(step -> step.status() != StepStatus.SKIPPED)
                .sorted(Comparator.comparing(Step::startedAt))
                .toList();
    }

    List<Step> skipped() {
        return recorded.steps().stream()
                .filter(step -> step.status() == StepStatus.SKIPPED)
                .toList();
    }

    Instant endOf(Step step) {
        return step.endedAt().orElse(end);
    }

    /** When the last thing that the step waited for had ended. */
    Instant ready(Step step) {
        return latest(start(), waitedFor(step).stream().map(this::endOf));
    }

    /** The steps that decided how long the run took, first to last. Empty where none began. */
    Set<Step> criticalPath() {
        Deque<Step> path = new ArrayDeque<>();
        Optional<Step> next = begun().stream().max(Comparator.comparing(this::endOf));
        while (next.isPresent() && !path.contains(next.get())) {
            path.push(next.get());
            next = waitedFor(next.get()).stream()
                    .filter(step -> step.status() != StepStatus.SKIPPED)
                    .max(Comparator.comparing(this::endOf));
        }
        return new LinkedHashSet<>(path);
    }

    /** The time that these steps were at work, pauses and earlier attempts excluded. */
    Duration work(Set<Step> steps) {
        return steps.stream().map(this::work).reduce(Duration.ZERO, Duration::plus);
    }

    Duration work(Step step) {
        Duration whole = Duration.between(step.startedAt(), endOf(step));
        return step.took().filter(took -> took.compareTo(whole) < 0).orElse(whole);
    }

    private List<Step> waitedFor(Step step) {
        if (step.step().equals(plan.completionStep()) && byName.containsKey(plan.invalidationStep())) {
            return named(Stream.of(plan.invalidationStep()));
        }
        if (step.step().equals(plan.completionStep()) || step.step().equals(plan.invalidationStep())) {
            return List.copyOf(byView.values());
        }
        List<Step> upstreams = step.view()
                .filter(plan::contains)
                .map(view -> plan.view(view).upstreams().stream()
                        .filter(byView::containsKey)
                        .map(byView::get)
                        .toList())
                .orElse(List.of());
        boolean gated = step.view().isPresent() && upstreams.isEmpty();
        return gated ? named(plan.checks().stream().map(PlannedCheck::name)) : upstreams;
    }

    private List<Step> named(Stream<String> names) {
        return names.filter(byName::containsKey).map(byName::get).toList();
    }

    private static Instant latest(Instant atLeast, Stream<Instant> others) {
        return Stream.concat(Stream.of(atLeast), others)
                .max(Comparator.naturalOrder())
                .orElse(atLeast);
    }
}
