package io.olapsync.examples.cli;

import io.olapsync.OlapSync;
import io.olapsync.Publication;
import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.examples.Progress;
import io.olapsync.report.ReportText;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "run",
        description =
                "Refreshes all views of the plan, or those selected, and waits for the end. The answer is the report;"
                        + " without --json, what happens is shown as it does. SIGTERM ends it cleanly.")
final class RunCommand extends ServerCommand {

    private static final int MOST_RETRIES = 1_000;

    @Parameters(paramLabel = "SELECTION", arity = "0..*", description = SELECTION + " All by default.")
    private List<String> selection = List.of();

    @Option(
            names = "--publish",
            paramLabel = "each|together",
            description = "How the views are committed; as the plan says by default.")
    private Optional<String> publish = Optional.empty();

    @Option(
            names = "--deadline",
            paramLabel = "DURATION",
            converter = DurationText.class,
            description = "The most that the run may take, retries included; 6h by default.")
    private Optional<Duration> deadline = Optional.empty();

    @Option(names = "--retries", paramLabel = "N", description = "Retries of a transient failure; 3 by default.")
    private int retries = 3;

    @Option(
            names = "--retry-interval",
            paramLabel = "DURATION",
            converter = DurationText.class,
            description = "The pause before each; 5m by default.")
    private Duration retryInterval = Duration.ofMinutes(5);

    @Option(names = "--without-fuses", description = "Believe a change of any size.")
    private boolean withoutFuses;

    @Option(
            names = "--trigger",
            paramLabel = "WHO",
            description = "Who asks, for the history; 'command line' by default.")
    private String trigger = "command line";

    @Override
    public Integer call() throws Exception {
        SyncRequest request = request();
        try (Database database = Database.reached(options)) {
            SyncPlan plan = database.plan();
            views(plan, selection);
            OlapSync.Builder builder = database.engine(plan).retry(retries, retryInterval);
            if (!options.json()) {
                builder.listener(new Progress(stream()));
            }
            try (OlapSync sync = Database.built(builder);
                    EndedByShutdown ignored = new EndedByShutdown(sync)) {
                SyncReport report = sync.run(request);
                if (options.json()) {
                    print(ReportJson.of(report));
                } else {
                    out().println();
                    out().print(ReportText.of(report));
                }
                out().flush();
                return report.succeeded() ? Exit.OK : Exit.FAILED;
            }
        }
    }

    private SyncRequest request() {
        if (retries < 0 || retries > MOST_RETRIES) {
            throw new BadInputException("--retries must be between 0 and " + MOST_RETRIES + ", not " + retries);
        }
        try {
            SyncRequest request = SyncRequest.of(selection(selection)).withTrigger(trigger);
            request = withoutFuses ? request.withoutFuses() : request;
            request = publish.map(RunCommand::publication)
                    .map(request::withPublication)
                    .orElse(request);
            return deadline.map(request::withDeadline).orElse(request);
        } catch (IllegalArgumentException e) {
            throw new BadInputException(String.valueOf(e.getMessage()), e);
        }
    }

    private static Publication publication(String word) {
        return switch (word) {
            case "each" -> Publication.EACH;
            case "together" -> Publication.TOGETHER;
            default -> throw new BadInputException("--publish is each or together, not '" + word + "'");
        };
    }
}
