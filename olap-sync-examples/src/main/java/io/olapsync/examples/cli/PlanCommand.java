package io.olapsync.examples.cli;

import io.olapsync.SyncPlan;
import io.olapsync.jdbc.PostgresCatalog;
import io.olapsync.jdbc.PostgresHistory;
import io.olapsync.jdbc.PostgresSettings;
import io.olapsync.jdbc.PostgresViewStates;
import io.olapsync.report.PlanDiagram;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "plan",
        description =
                "What a run would do, and why; nothing is touched, not even the library's own tables are created. Exit"
                        + " code 4: the run would be refused.")
final class PlanCommand extends ServerCommand {

    @Parameters(paramLabel = "SELECTION", arity = "0..*", description = SELECTION + " All by default.")
    private List<String> selection = List.of();

    @Option(names = "--refresh", description = "What 'refresh' would do with these views, instead of 'run'.")
    private boolean incremental;

    @Option(
            names = "--min-interval",
            paramLabel = "DURATION",
            converter = DurationText.class,
            description = "With --refresh: how recent is too recent; 5m by default.")
    private Duration minInterval = Duration.ofMinutes(5);

    @Override
    public Integer call() throws Exception {
        try (Database database = Database.reached(options)) {
            SyncPlan plan = database.plan();
            Set<ViewName> selected = views(plan, selection);
            PlanPreview preview = database.hasTables()
                    ? PlanPreview.read(
                            plan,
                            new PostgresViewStates(
                                    database.dataSource(), PostgresSettings.defaults(), database.tables()),
                            new PostgresHistory(database.dataSource(), database.tables()))
                    : PlanPreview.ofNothing(plan);
            List<PlanPreview.Intent> intents =
                    incremental ? preview.refresh(selected, minInterval) : preview.run(selected);
            List<Finding> findings = findings(database, plan, intents);
            boolean refused = findings.stream().anyMatch(Finding::isError);
            if (options.json()) {
                print(json(plan, intents, preview.atLeast(intents), findings, refused));
            } else {
                text(plan, intents, preview.atLeast(intents), findings, refused);
            }
            return refused ? Exit.REFUSED : Exit.OK;
        }
    }

    private static List<Finding> findings(Database database, SyncPlan plan, List<PlanPreview.Intent> intents)
            throws RefreshException {
        Set<ViewName> views = new LinkedHashSet<>();
        intents.forEach(intent -> views.add(intent.view()));
        PostgresCatalog catalog = new PostgresCatalog(database.dataSource());
        List<Finding> findings = new ArrayList<>(catalog.inspect(views));
        Map<ViewName, DeltaSpec> deltas = new LinkedHashMap<>(plan.deltas());
        deltas.keySet().retainAll(views);
        if (!deltas.isEmpty()) {
            findings.addAll(catalog.inspectDeltas(deltas));
        }
        return findings;
    }

    private ObjectNode json(
            SyncPlan plan,
            List<PlanPreview.Intent> intents,
            Duration atLeast,
            List<Finding> findings,
            boolean refused) {
        ObjectNode document = ReportJson.object();
        document.put("plan", plan.name());
        document.put("would", incremental ? "refresh" : "run");
        document.put("refused", refused);
        document.put("expected_ms_at_least", atLeast.toMillis());
        ArrayNode checks = document.putArray("checks");
        plan.checks().forEach(check -> checks.add(check.name()));
        ArrayNode views = document.putArray("views");
        for (PlanPreview.Intent intent : intents) {
            ObjectNode json = views.addObject();
            json.put("view", intent.view().toString());
            json.put("action", intent.refreshed() ? "refresh" : "skip");
            json.put("reason", intent.reason());
            json.put("as_of", ReportJson.text(intent.asOf()));
            json.put("expected_ms", intent.expected().map(Duration::toMillis).orElse(null));
            ReportJson.names(json.putArray("after"), plan.view(intent.view()).upstreams());
        }
        ReportJson.findings(document, findings);
        return document;
    }

    private void text(
            SyncPlan plan,
            List<PlanPreview.Intent> intents,
            Duration atLeast,
            List<Finding> findings,
            boolean refused) {
        out().print(PlanDiagram.text(plan));
        out().println();
        for (PlanPreview.Intent intent : intents) {
            out().println((intent.refreshed() ? "refresh  " : "skip     ") + intent.view() + "  " + intent.reason()
                    + intent.expected()
                            .map(took -> "; took " + took.toMillis() + " ms last time")
                            .orElse(""));
        }
        findings.forEach(finding -> out().println(finding));
        long refreshed = intents.stream().filter(PlanPreview.Intent::refreshed).count();
        out().println(
                        refused
                                ? "It would be refused, and nothing touched."
                                : refreshed + " of " + intents.size() + " views would be refreshed, in no less than "
                                        + atLeast.toMillis() + " ms by what they took last time. Nothing was touched.");
        out().flush();
    }
}
