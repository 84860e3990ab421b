package io.olapsync.examples.cli;

import io.olapsync.SyncPlan;
import io.olapsync.jdbc.PostgresVerifier;
import io.olapsync.jdbc.Verification;
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
                "Compares each view with its definition, row by row, each in one snapshot, and writes nothing. It computes every"
                        + " definition: as much work as a full sync. What was committed since a materialized view was refreshed is a"
                        + " difference, too; of a delta table it is known, and told apart. Exit code 1: a view differs otherwise,"
                        + " or could not be compared.")
final class VerifyCommand extends ServerCommand {

    private static final int MOST_EXAMPLES = 1_000;
    private static final int MOST_KEYS = 100_000;

    @Parameters(paramLabel = "SELECTION", arity = "0..*", description = SELECTION + " All by default.")
    private List<String> selection = List.of();

    @Option(names = "--examples", paramLabel = "N", description = "How many rows to show of each kind; 3 by default.")
    private int examples = 3;

    @Option(
            names = "--sample",
            paramLabel = "N",
            description = "Of delta tables, so many keys by chance, and only these; up to 100000.")
    private int sample;

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
        if (sample < 0 || sample > MOST_KEYS) {
            throw new BadInputException("--sample must be between 1 and " + MOST_KEYS + ", not " + sample);
        }
        if (timeout.isZero()) {
            throw new BadInputException("--timeout must be positive");
        }
        try (Database database = Database.reached(options)) {
            SyncPlan plan = database.plan();
            PostgresVerifier verifier = PostgresVerifier.of(database.dataSource())
                    .withExamples(examples)
                    .withTimeout(timeout);
            verifier = sample == 0 ? verifier : verifier.withSample(sample);
            List<Verification> results = verifier.verify(views(plan, selection));
            if (options.json()) {
                json(results);
            } else {
                results.forEach(this::text);
                out().flush();
            }
            return results.stream().allMatch(VerifyCommand::isSound) ? Exit.OK : Exit.FAILED;
        }
    }

    private static boolean isSound(Verification result) {
        return result.problem().isEmpty() && result.drift() == 0;
    }

    private void json(List<Verification> results) {
        ObjectNode document = ReportJson.object();
        document.put("same", results.stream().allMatch(Verification::isSame));
        ArrayNode views = document.putArray("views");
        for (Verification result : results) {
            ObjectNode json = views.addObject();
            json.put("view", result.view().toString());
            json.put("same", result.isSame());
            json.put("rows", result.rows());
            json.put("missing", result.missing());
            json.put("surplus", result.surplus());
            json.put("different", result.different());
            json.put("pending", result.pending());
            json.put("sampled", result.sampled());
            ArrayNode array = json.putArray("examples");
            result.examples().forEach(example -> array.add(text(example)));
            json.put("problem", result.problem().orElse(null));
        }
        print(document);
    }

    private void text(Verification result) {
        String rows = (result.sampled() ? "a sample of " : "") + result.rows() + " rows";
        if (result.problem().isPresent()) {
            out().println(result.view() + "  not compared: " + result.problem().get());
        } else if (result.isSame()) {
            out().println(result.view() + "  the same, " + rows);
        } else {
            out().println(result.view() + "  differs: " + result.missing() + " rows are missing, " + result.surplus()
                    + " are too many, " + result.different() + " have other values, of " + rows
                    + (result.pending() == 0 ? "" : "; the next refresh mends " + result.pending() + " of these"));
            result.examples().forEach(example -> out().println("    " + text(example)));
        }
    }

    private static String text(Verification.Example example) {
        String text = switch (example.kind()) {
            case MISSING -> "+ " + example.expected().orElse("");
            case SURPLUS -> "- " + example.actual().orElse("");
            case DIFFERENT ->
                "~ " + example.actual().orElse("") + " should be "
                        + example.expected().orElse("");
        };
        return example.pending() ? text + " (pending)" : text;
    }
}
