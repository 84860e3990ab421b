package io.olapsync.examples.cli;

import io.olapsync.OlapSync;
import io.olapsync.RefreshOptions;
import io.olapsync.RefreshResult;
import io.olapsync.SyncPlan;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.SkipReason;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "refresh",
        description =
                "Incremental sync: brings these views up to date, what they read first where that is stale. A view that"
                        + " needs nothing is skipped, which is no failure.")
final class RefreshCommand extends ServerCommand {

    @Parameters(paramLabel = "VIEW", arity = "1..*", description = SELECTION)
    private List<String> views = List.of();

    @Option(names = "--force", description = "Even where it is too recent, suspended, or nothing has changed.")
    private boolean force;

    @Option(
            names = "--repair",
            description = "Even so, and all of a delta table: what differs from its definition is mended.")
    private boolean repair;

    @Option(names = "--wait", description = "Wait where somebody else is refreshing it.")
    private boolean waits;

    @Option(
            names = "--defer",
            description = "Leave word where it is too recent: an engine does it when its interval ends.")
    private boolean defer;

    @Option(names = "--without-ancestors", description = "These views alone, on what they read as it is.")
    private boolean withoutAncestors;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description = "Only where it does not show this moment, ISO-8601, yet.")
    private Optional<String> since = Optional.empty();

    @Option(
            names = "--min-interval",
            paramLabel = "DURATION",
            converter = DurationText.class,
            description = "How recent is too recent, where the plan says nothing else; 5m by default.")
    private Duration minInterval = Duration.ofMinutes(5);

    @Option(
            names = "--trigger",
            paramLabel = "WHO",
            description = "Who asks, for the history; 'command line' by default.")
    private String trigger = "command line";

    @Override
    public Integer call() throws Exception {
        RefreshOptions how = how();
        try (Database database = Database.reached(options)) {
            SyncPlan plan = database.plan();
            views(plan, views);
            try (OlapSync sync = Database.built(database.engine(plan).minInterval(minInterval));
                    EndedByShutdown ignored = new EndedByShutdown(sync)) {
                List<RefreshResult> results = sync.refresh(how, views.toArray(String[]::new));
                show(results);
                return results.stream().anyMatch(result -> result.status() == RefreshResult.Status.FAILED)
                        ? Exit.FAILED
                        : Exit.OK;
            }
        }
    }

    private RefreshOptions how() {
        if (trigger.isBlank()) {
            throw new BadInputException("--trigger must not be blank");
        }
        RefreshOptions how = RefreshOptions.DEFAULTS.withTrigger(trigger);
        how = force ? how.forced() : how;
        how = repair ? how.repairing() : how;
        how = waits ? how.waiting() : how;
        how = defer ? how.deferring() : how;
        how = withoutAncestors ? how.withoutAncestors() : how;
        try {
            return since.map(Instant::parse).map(how::since).orElse(how);
        } catch (DateTimeException e) {
            throw new BadInputException(
                    "--since is not a time like 2026-01-31T03:00:00Z: '" + since.orElse("") + "'", e);
        }
    }

    private void show(List<RefreshResult> results) {
        if (options.json()) {
            ObjectNode document = ReportJson.object();
            ArrayNode array = document.putArray("views");
            results.forEach(result -> array.add(ReportJson.of(result)));
            print(document);
            return;
        }
        for (RefreshResult result : results) {
            out().println(result.view() + "  " + ReportJson.lower(result.status())
                    + result.reason()
                            .map(SkipReason::toString)
                            .map(": "::concat)
                            .orElse("")
                    + (result.deferred() ? ", deferred" : "")
                    + result.delta().map(RowDelta::toString).map("  "::concat).orElse("")
                    + result.incremental().map(how -> "  " + how).orElse("")
                    + result.asOf().map(asOf -> "  as of " + asOf.time()).orElse("")
                    + result.error()
                            .map(RefreshException::described)
                            .map("  "::concat)
                            .orElse(""));
        }
        out().flush();
    }
}
