package io.olapsync.report;

import io.olapsync.PlannedCheck;
import io.olapsync.PlannedView;
import io.olapsync.Publication;
import io.olapsync.SyncPlan;
import io.olapsync.spi.ViewName;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Pictures of plans. Any name can be shown: what a terminal or Mermaid would take for a command is escaped. */
public final class PlanDiagram {

    private PlanDiagram() {}

    /**
     * The plan as lines for a terminal: one numbered block per stage, each step with what it comes after, its tags, its
     * group and the key of a delta table; then the events. Control characters of names are shown as {@code \}{@code u001b}.
     */
    public static String text(SyncPlan plan) {
        Map<String, PlannedView> views = plan.views().stream()
                .collect(Collectors.toMap(view -> view.name().toString(), Function.identity()));
        Map<String, PlannedCheck> checks =
                plan.checks().stream().collect(Collectors.toMap(PlannedCheck::name, Function.identity()));
        StringBuilder text = new StringBuilder(heading(plan)).append('\n');
        int number = 0;
        for (List<String> stage : plan.stages()) {
            String margin = String.format(Locale.ROOT, "%3d  ", ++number);
            for (String step : stage) {
                text.append(margin).append(Escapes.visible(step));
                if (views.containsKey(step)) {
                    text.append(details(views.get(step)));
                } else if (checks.containsKey(step)) {
                    text.append("  check ")
                            .append(Escapes.visible(checks.get(step).spec().type()));
                }
                text.append('\n');
                margin = "     ";
            }
        }
        plan.events()
                .forEach((type, stale) -> text.append("on event ")
                        .append(Escapes.visible(type))
                        .append(" -> ")
                        .append(list(stale))
                        .append('\n'));
        return text.toString();
    }

    /**
     * The plan as a Mermaid flowchart: checks, views and closing steps with the edges between them, groups as boxes,
     * delta tables as cylinders.
     *
     * <p>Mermaid itself draws no more than 500 edges or 50,000 characters unless its {@code maxEdges} and
     * {@code maxTextSize} are raised.
     */
    public static String mermaid(SyncPlan plan) {
        return new MermaidPlan(plan).text();
    }

    private static String heading(SyncPlan plan) {
        return "plan " + Escapes.visible(plan.name()) + ", "
                + counted(plan.checks().size(), "check") + ", "
                + counted(plan.views().size(), "view")
                + (plan.publication() == Publication.TOGETHER ? ", published together" : ", each published on its own");
    }

    private static String counted(int count, String noun) {
        return count + " " + noun + (count == 1 ? "" : "s");
    }

    private static String details(PlannedView view) {
        StringBuilder details = new StringBuilder();
        if (!view.upstreams().isEmpty()) {
            details.append("  <- ").append(list(view.upstreams()));
        }
        view.tags().forEach(tag -> details.append("  #").append(Escapes.visible(tag)));
        view.group().ifPresent(group -> details.append("  in group ").append(Escapes.visible(group)));
        view.delta()
                .ifPresent(delta ->
                        details.append("  delta table by ").append(Escapes.visible(String.join(", ", delta.key()))));
        return details.toString();
    }

    private static String list(Collection<ViewName> views) {
        return views.stream().map(view -> Escapes.visible(view.toString())).collect(Collectors.joining(", "));
    }
}
