package io.olapsync.report;

import io.olapsync.PlannedCheck;
import io.olapsync.PlannedView;
import io.olapsync.SyncPlan;
import io.olapsync.spi.ViewName;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Draws a plan in Mermaid. Ids are numbers of ours, so that no name can be a word of Mermaid's. */
final class MermaidPlan {

    private static final String CHECKS = "checks";
    private static final String INVALIDATION = "invalidation";
    private static final String COMPLETION = "completion";

    private final SyncPlan plan;
    private final Map<ViewName, String> ids = new LinkedHashMap<>();
    private final StringBuilder text = new StringBuilder("flowchart LR\n");

    MermaidPlan(SyncPlan plan) {
        this.plan = plan;
        plan.views().forEach(view -> ids.put(view.name(), "v" + ids.size()));
    }

    String text() {
        String gate = checks();
        nodes();
        line(INVALIDATION + "([\"" + Escapes.mermaid(plan.invalidationStep()) + "\"])");
        line(COMPLETION + "([\"" + Escapes.mermaid(plan.completionStep()) + "\"])");
        edges(gate);
        return text.toString();
    }

    /** Draws the checks and returns what the first views come after, empty where there is nothing. */
    private String checks() {
        List<PlannedCheck> checks = plan.checks();
        if (checks.size() < 2) {
            checks.forEach(check -> line(node(0, check)));
            return checks.isEmpty() ? "" : "c0";
        }
        line("subgraph " + CHECKS + "[\"checks\"]");
        for (int i = 0; i < checks.size(); i++) {
            line("    " + node(i, checks.get(i)));
        }
        line("end");
        return CHECKS;
    }

    private static String node(int number, PlannedCheck check) {
        return "c" + number + "{{\"" + Escapes.mermaid(check.name()) + "\"}}";
    }

    private void nodes() {
        Map<String, List<PlannedView>> groups = new LinkedHashMap<>();
        for (PlannedView view : plan.views()) {
            if (view.group().isPresent()) {
                groups.computeIfAbsent(view.group().get(), g -> new ArrayList<>())
                        .add(view);
            } else {
                line(node(view));
            }
        }
        int number = 0;
        for (Map.Entry<String, List<PlannedView>> group : groups.entrySet()) {
            line("subgraph g" + number++ + "[\"" + Escapes.mermaid(group.getKey()) + "\"]");
            group.getValue().forEach(view -> line("    " + node(view)));
            line("end");
        }
    }

    private String node(PlannedView view) {
        String label = "\"" + Escapes.mermaid(view.name().toString()) + "\"";
        return ids.get(view.name()) + (view.delta().isPresent() ? "[(" + label + ")]" : "[" + label + "]");
    }

    private void edges(String gate) {
        Set<ViewName> read = new HashSet<>();
        for (PlannedView view : plan.views()) {
            if (view.upstreams().isEmpty() && !gate.isEmpty()) {
                line(gate + " --> " + ids.get(view.name()));
            }
            view.upstreams().forEach(upstream -> line(ids.get(upstream) + " --> " + ids.get(view.name())));
            read.addAll(view.upstreams());
        }
        plan.views().stream()
                .map(PlannedView::name)
                .filter(view -> !read.contains(view))
                .forEach(view -> line(ids.get(view) + " --> " + INVALIDATION));
        line(INVALIDATION + " --> " + COMPLETION);
    }

    private void line(String line) {
        text.append("    ").append(line).append('\n');
    }
}
