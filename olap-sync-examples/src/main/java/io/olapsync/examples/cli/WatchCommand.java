package io.olapsync.examples.cli;

import io.olapsync.SyncPlan;
import io.olapsync.jdbc.PostgresHistory;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SyncHistory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "watch",
        description =
                "Follows what all processes do with the plan: a line for each run and step that begins or ends, with --json a"
                        + " JSON document each. It reads the history and changes nothing. What is under way or newest is shown first.")
final class WatchCommand extends ServerCommand {

    private static final int RUNS = 20;

    @Parameters(
            paramLabel = "RUN",
            arity = "0..1",
            description = "The id of a run: follow it alone, to its end; exit code 0 if it was completed, else 1.")
    private Optional<String> run = Optional.empty();

    @Option(names = "--until-end", description = "Follow the newest run to its end, as if its id had been given.")
    private boolean untilEnd;

    @Option(
            names = "--for",
            paramLabel = "DURATION",
            converter = DurationText.class,
            description = "Stop after this long; never by default.")
    private Optional<Duration> most = Optional.empty();

    @Option(
            names = "--every",
            paramLabel = "DURATION",
            converter = DurationText.class,
            description = "How often to look; 500ms by default.")
    private Duration every = Duration.ofMillis(500);

    private final Map<RunId, HistoryEntry.Run> shownRuns = new HashMap<>();
    private final Map<RunId, Map<String, HistoryEntry.Step>> shownSteps = new HashMap<>();

    @Override
    public Integer call() throws Exception {
        if (every.compareTo(Duration.ofMillis(50)) < 0) {
            throw new BadInputException("--every must be at least 50ms");
        }
        Optional<RunId> wanted = run.map(WatchCommand::runId);
        try (Database database = Database.reached(options)) {
            SyncPlan plan = database.plan();
            SyncHistory history = new PostgresHistory(database.dataSource(), database.tables());
            long end = System.nanoTime() + most.map(Duration::toNanos).orElse(Long.MAX_VALUE / 2);
            CountDownLatch never = new CountDownLatch(1);
            boolean tables = database.hasTables();
            while (true) {
                tables = tables || database.hasTables();
                List<HistoryEntry.Run> runs = tables ? runs(history, plan, wanted) : List.of();
                show(runs, history);
                if (untilEnd && wanted.isEmpty() && !runs.isEmpty()) {
                    wanted = Optional.of(runs.get(0).run());
                }
                Optional<HistoryEntry.Run> ended = ended(runs, wanted);
                if (ended.isPresent()) {
                    return ended.get().status() == RunStatus.COMPLETED ? Exit.OK : Exit.FAILED;
                }
                long left = end - System.nanoTime();
                boolean isRead = !out().checkError(); // a closed pipe: whoever read it has seen enough
                if (left <= 0 || !isRead || never.await(Math.min(left, every.toNanos()), TimeUnit.NANOSECONDS)) {
                    return wanted.isPresent() ? Exit.FAILED : Exit.OK;
                }
            }
        }
    }

    /** At first only what is under way, or the newest; later whatever is not yet known to have ended. */
    private List<HistoryEntry.Run> runs(SyncHistory history, SyncPlan plan, Optional<RunId> wanted)
            throws RefreshException {
        if (wanted.isPresent()) {
            return List.of(history.run(wanted.get())
                    .orElseThrow(() -> new BadInputException("the history has no run " + wanted.get())));
        }
        boolean first = shownRuns.isEmpty();
        List<HistoryEntry.Run> runs = history.recentRuns(plan.name(), RUNS);
        List<HistoryEntry.Run> shown = new ArrayList<>();
        for (HistoryEntry.Run each : runs) {
            if (!first || each.status() == RunStatus.RUNNING || (shown.isEmpty() && each.equals(runs.get(0)))) {
                shown.add(each);
            } else {
                shownRuns.put(each.run(), each);
            }
        }
        return shown;
    }

    private static Optional<HistoryEntry.Run> ended(List<HistoryEntry.Run> runs, Optional<RunId> wanted) {
        return runs.stream()
                .filter(each -> wanted.filter(each.run()::equals).isPresent() && each.status() != RunStatus.RUNNING)
                .findFirst();
    }

    private void show(List<HistoryEntry.Run> runs, SyncHistory history) throws RefreshException {
        List<HistoryEntry.Run> open = runs.stream()
                .filter(each -> {
                    HistoryEntry.Run known = shownRuns.get(each.run());
                    return known == null || known.status() == RunStatus.RUNNING;
                })
                .toList();
        if (open.isEmpty()) {
            return;
        }
        Map<RunId, List<HistoryEntry.Step>> steps =
                history.steps(open.stream().map(HistoryEntry.Run::run).toList());
        List<HistoryEntry.Run> oldestFirst = new ArrayList<>(open);
        Collections.reverse(oldestFirst);
        for (HistoryEntry.Run each : oldestFirst) {
            HistoryEntry.Run known = shownRuns.put(each.run(), each);
            if (known == null) {
                said("run", each, Optional.empty(), "run   " + HistoryCommand.line(each));
            }
            steps.getOrDefault(each.run(), List.of()).forEach(step -> step(each, step));
            if (known != null && known.status() != each.status()) {
                said("run", each, Optional.empty(), "run   " + HistoryCommand.line(each));
            }
        }
        out().flush();
    }

    private void step(HistoryEntry.Run of, HistoryEntry.Step step) {
        HistoryEntry.Step known =
                shownSteps.computeIfAbsent(of.run(), id -> new HashMap<>()).put(step.step(), step);
        if (known == null || known.status() != step.status() || known.attempts() != step.attempts()) {
            said("step", of, Optional.of(step), "  " + HistoryCommand.line(step));
        }
    }

    private void said(String event, HistoryEntry.Run of, Optional<HistoryEntry.Step> step, String text) {
        if (!options.json()) {
            out().println(text);
            return;
        }
        ObjectNode json = ReportJson.object().put("event", event);
        if (step.isPresent()) {
            json.put("run", of.run().toString());
            json.setAll(ReportJson.of(step.get()));
        } else {
            json.setAll(ReportJson.of(of));
        }
        print(json);
    }

    private static RunId runId(String text) {
        try {
            return new RunId(UUID.fromString(text));
        } catch (IllegalArgumentException e) {
            throw new BadInputException("'" + text + "' is not the id of a run, which history shows", e);
        }
    }
}
