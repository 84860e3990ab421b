package io.olapsync.examples.cli;

import io.olapsync.SyncPlan;
import io.olapsync.jdbc.PostgresHistory;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.RunId;
import io.olapsync.spi.SyncHistory;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

@Command(name = "history", description = "The last runs of the plan, newest first. Changes nothing.")
final class HistoryCommand extends ServerCommand {

    private static final int MOST = 10_000;

    @Option(names = "--limit", paramLabel = "N", description = "How many runs; 20 by default.")
    private int limit = 20;

    @Option(names = "--steps", description = "With their steps.")
    private boolean withSteps;

    @Override
    public Integer call() throws Exception {
        if (limit < 1 || limit > MOST) {
            throw new BadInputException("--limit must be between 1 and " + MOST + ", not " + limit);
        }
        try (Database database = Database.reached(options)) {
            SyncPlan plan = database.plan();
            SyncHistory history = new PostgresHistory(database.dataSource(), database.tables());
            boolean synced = database.hasTables();
            List<HistoryEntry.Run> runs = synced ? history.recentRuns(plan.name(), limit) : List.of();
            Map<RunId, List<HistoryEntry.Step>> steps = withSteps && synced
                    ? history.steps(runs.stream().map(HistoryEntry.Run::run).toList())
                    : Map.of();
            if (options.json()) {
                print(json(plan, runs, steps));
            } else {
                runs.forEach(run -> text(run, steps.getOrDefault(run.run(), List.of())));
                out().println(runs.size() + (runs.size() == 1 ? " run" : " runs") + " of plan '" + plan.name() + "'");
                out().flush();
            }
            return Exit.OK;
        }
    }

    private ObjectNode json(SyncPlan plan, List<HistoryEntry.Run> runs, Map<RunId, List<HistoryEntry.Step>> steps) {
        ObjectNode document = ReportJson.object().put("plan", plan.name());
        ArrayNode array = document.putArray("runs");
        for (HistoryEntry.Run run : runs) {
            ObjectNode json = ReportJson.of(run);
            if (withSteps) {
                ArrayNode ofRun = json.putArray("steps");
                steps.getOrDefault(run.run(), List.of()).forEach(step -> ofRun.add(ReportJson.of(step)));
            }
            array.add(json);
        }
        return document;
    }

    private void text(HistoryEntry.Run run, List<HistoryEntry.Step> steps) {
        out().println(line(run));
        steps.forEach(step -> out().println("    " + line(step)));
    }

    static String line(HistoryEntry.Run run) {
        return String.format(
                Locale.ROOT,
                "%s  %-9s %-11s %9s  by %s on %s  %s%s",
                run.startedAt(),
                ReportJson.lower(run.status()),
                ReportJson.lower(run.kind()),
                run.endedAt()
                        .map(end -> Duration.between(run.startedAt(), end).toMillis() + " ms")
                        .orElse("\u2026"),
                run.trigger(),
                run.process(),
                run.run(),
                run.error().map(error -> ": " + error).orElse(""));
    }

    static String line(HistoryEntry.Step step) {
        return String.format(
                Locale.ROOT,
                "%-9s %s%s%s%s%s%s",
                ReportJson.lower(step.status()),
                step.step(),
                step.took().map(took -> ", " + took.toMillis() + " ms").orElse(""),
                step.delta().map(RowDelta::toString).map(", "::concat).orElse(""),
                step.incremental().map(how -> ", " + how).orElse(""),
                step.attempts() > 1 ? ", attempt " + step.attempts() : "",
                step.error().map(error -> ": " + error).orElse(""));
    }
}
