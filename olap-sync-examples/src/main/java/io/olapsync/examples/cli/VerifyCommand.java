package io.olapsync.examples.cli;

import io.olapsync.SyncPlan;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "verify",
        description =
                "Compares each view with its definition, row by row, in one read-only snapshot. It computes every definition:"
                        + " as much work as a full sync. What was committed since a view was refreshed is a difference, too. Exit code"
                        + " 1: a view differs, or could not be compared.")
final class VerifyCommand extends ServerCommand {

    private static final int MOST_EXAMPLES = 1_000;

    @Parameters(paramLabel = "SELECTION", arity = "0..*", description = SELECTION + " All by default.")
    private List<String> selection = List.of();

    @Option(names = "--examples", paramLabel = "N", description = "How many rows to show of each kind; 3 by default.")
    private int examples = 3;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            converter = DurationText.class,
            description = "The most that one view may take; 30m by default.")
    private Duration timeout = Duration.ofMinutes(30);

    @Override
    public Integer call() throws Exception {
        if (examples < 0 || examples > MOST_EXAMPLES) {
            throw new BadInputException("--examples must be between 0 and " + MOST_EXAMPLES + ", not " + examples);
        }
        if (timeout.isZero()) {
            throw new BadInputException("--timeout must be positive");
        }
        try (Database database = Database.reached(options)) {
            SyncPlan plan = database.plan();
            List<ViewComparison.Result> results =
                    new ViewComparison(examples, timeout).compare(database.dataSource(), views(plan, selection));
            if (options.json()) {
                json(results);
            } else {
                results.forEach(this::text);
                out().flush();
            }
            return results.stream().allMatch(ViewComparison.Result::same) ? Exit.OK : Exit.FAILED;
        }
    }

    private void json(List<ViewComparison.Result> results) {
        ObjectNode document = ReportJson.object();
        document.put("same", results.stream().allMatch(ViewComparison.Result::same));
        ArrayNode views = document.putArray("views");
        for (ViewComparison.Result result : results) {
            ObjectNode json = views.addObject();
            json.put("view", result.view().toString());
            json.put("same", result.same());
            json.put("rows", result.rows());
            json.put("missing", result.missing());
            json.put("surplus", result.surplus());
            ArrayNode array = json.putArray("examples");
            result.examples().forEach(array::add);
            json.put("problem", result.problem().isEmpty() ? null : result.problem());
        }
        print(document);
    }

    private void text(ViewComparison.Result result) {
        if (!result.problem().isEmpty()) {
            out().println(result.view() + "  not compared: " + result.problem());
        } else if (result.same()) {
            out().println(result.view() + "  the same, " + result.rows() + " rows");
        } else {
            out().println(result.view() + "  differs: " + result.missing() + " rows are missing, " + result.surplus()
                    + " are too many or outdated, of " + result.rows());
            result.examples().forEach(example -> out().println("    " + example));
        }
    }
}
