package io.olapsync.examples.cli;

import io.olapsync.OlapSync;
import io.olapsync.SyncHealth;
import io.olapsync.report.HealthJson;
import io.olapsync.spi.SkipReason;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "health",
        description =
                "How fresh the views are. Reads a few rows, scans no view, changes nothing. Exit code 1: stale or failing;"
                        + " 3: not known.")
final class HealthCommand extends ServerCommand {

    @Option(
            names = "--stale-after",
            paramLabel = "DURATION",
            converter = DurationText.class,
            description = "From which age on data is stale, where the plan says nothing else; 25h by default.")
    private Duration staleAfter = Duration.ofHours(25);

    @Override
    public Integer call() throws Exception {
        try (Database database = Database.perhaps(options);
                OlapSync sync = database.onlooker(database.plan(), builder -> builder.staleAfter(staleAfter))) {
            SyncHealth health = sync.health();
            if (options.json()) {
                out().println(HealthJson.write(health));
            } else {
                text(health);
            }
            out().flush();
            return switch (health.status()) {
                case HEALTHY -> Exit.OK;
                case STALE, FAILING -> Exit.FAILED;
                case UNKNOWN -> Exit.UNREACHABLE;
            };
        }
    }

    private void text(SyncHealth health) {
        out().println(ReportJson.lower(health.status()));
        out().println("last full sync         "
                + health.lastFullSync().map(Object::toString).orElse("none that is known"));
        out().println("last incremental sync  "
                + health.lastIncrementalSync().map(Object::toString).orElse("none that is known"));
        for (SyncHealth.View view : health.views()) {
            out().println(String.format(
                    Locale.ROOT,
                    "  %-8s %s  %s old, %s rows%s%s",
                    ReportJson.lower(view.status()),
                    view.name(),
                    view.staleness().map(HealthCommand::seconds).orElse("?"),
                    view.rows().map(Object::toString).orElse("?"),
                    view.heldBack().map(SkipReason::toString).map(", "::concat).orElse(""),
                    view.lastError().map("; "::concat).orElse("")));
        }
        if (!health.pendingInvalidations().isEmpty()) {
            out().println("caches not invalidated yet: " + health.pendingInvalidations());
        }
        health.problems().forEach(problem -> out().println("problem: " + problem));
    }

    private static String seconds(Duration duration) {
        return duration.truncatedTo(ChronoUnit.SECONDS).toString().substring(2).toLowerCase(Locale.ROOT);
    }
}
