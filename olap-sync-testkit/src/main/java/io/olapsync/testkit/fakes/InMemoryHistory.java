package io.olapsync.testkit.fakes;

import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RunId;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.StepStatus;
import io.olapsync.spi.SyncClock;
import io.olapsync.spi.SyncHistory;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A history in memory; the clock it is given is its store's clock. */
public final class InMemoryHistory implements SyncHistory {

    private record Seen(HistoryEntry.Run run, Instant at) {}

    private final SyncClock clock;
    private final Map<RunId, Seen> runs = new LinkedHashMap<>();
    private final Map<RunId, Map<String, HistoryEntry.Step>> steps = new HashMap<>();

    /** A history without lines. */
    public InMemoryHistory(SyncClock clock) {
        this.clock = clock;
    }

    @Override
    public synchronized void write(List<? extends HistoryEntry> entries) {
        for (HistoryEntry entry : entries) {
            if (entry instanceof HistoryEntry.Run run) {
                runs.put(run.run(), new Seen(run, clock.now()));
            } else if (entry instanceof HistoryEntry.Step step) {
                steps.computeIfAbsent(step.run(), r -> new LinkedHashMap<>()).put(step.step(), step);
            }
        }
    }

    @Override
    public synchronized List<HistoryEntry.Run> recentRuns(String plan, int limit) {
        return runs.values().stream()
                .map(Seen::run)
                .filter(run -> run.plan().equals(plan))
                .sorted(Comparator.comparing(HistoryEntry.Run::startedAt).reversed())
                .limit(limit)
                .toList();
    }

    @Override
    public synchronized Optional<HistoryEntry.Run> lastCompleted(String plan, SyncKind kind) {
        return recentRuns(plan, Integer.MAX_VALUE).stream()
                .filter(run -> run.kind() == kind && run.status() == RunStatus.COMPLETED)
                .findFirst();
    }

    @Override
    public synchronized Optional<HistoryEntry.Run> run(RunId run) {
        return Optional.ofNullable(runs.get(run)).map(Seen::run);
    }

    @Override
    public List<HistoryEntry.Step> steps(RunId run) {
        return steps(List.of(run)).getOrDefault(run, List.of());
    }

    @Override
    public synchronized Map<RunId, List<HistoryEntry.Step>> steps(Collection<RunId> wanted) {
        Map<RunId, List<HistoryEntry.Step>> found = new HashMap<>();
        steps.forEach((run, lines) -> {
            if (wanted.contains(run)) {
                found.put(
                        run,
                        lines.values().stream()
                                .sorted(Comparator.comparing(HistoryEntry.Step::startedAt))
                                .toList());
            }
        });
        return found;
    }

    @Override
    public synchronized Map<ViewName, HistoryEntry.Step> latest(Collection<ViewName> views) {
        Map<ViewName, HistoryEntry.Step> latest = new HashMap<>();
        steps.values().stream()
                .flatMap(lines -> lines.values().stream())
                .filter(step -> step.status() == StepStatus.COMPLETED || step.status() == StepStatus.FAILED)
                .filter(step -> step.view().filter(views::contains).isPresent())
                .sorted(Comparator.comparing(HistoryEntry.Step::startedAt))
                .forEach(step -> latest.put(step.view().orElseThrow(), step));
        return latest;
    }

    @Override
    public synchronized List<RunId> sweep(Duration silence, Duration keep) {
        Instant now = clock.now();
        List<RunId> abandoned = new ArrayList<>();
        runs.replaceAll((id, seen) -> {
            if (seen.run().status() != RunStatus.RUNNING || !seen.at().isBefore(now.minus(silence))) {
                return seen;
            }
            abandoned.add(id);
            Map<String, HistoryEntry.Step> lines = steps.get(id);
            if (lines != null) {
                lines.replaceAll((name, step) -> abandoned(step, now));
            }
            return new Seen(abandoned(seen.run(), now), seen.at());
        });
        runs.values().removeIf(seen -> seen.at().isBefore(now.minus(keep)));
        steps.keySet().retainAll(runs.keySet());
        return abandoned;
    }

    private static HistoryEntry.Run abandoned(HistoryEntry.Run run, Instant now) {
        return new HistoryEntry.Run(
                run.run(),
                run.plan(),
                run.kind(),
                run.trigger(),
                RunStatus.ABANDONED,
                run.startedAt(),
                Optional.of(now),
                run.process(),
                run.error());
    }

    private static HistoryEntry.Step abandoned(HistoryEntry.Step step, Instant now) {
        return step.status() != StepStatus.RUNNING
                ? step
                : new HistoryEntry.Step(
                        step.run(),
                        step.step(),
                        step.view(),
                        StepStatus.ABANDONED,
                        step.startedAt(),
                        Optional.of(now),
                        step.rows(),
                        step.delta(),
                        step.took(),
                        step.asOf(),
                        step.attempts(),
                        step.sqlState(),
                        step.error(),
                        step.incremental());
    }
}
