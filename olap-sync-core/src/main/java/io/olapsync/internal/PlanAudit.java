package io.olapsync.internal;

import io.olapsync.PlannedView;
import io.olapsync.SyncPlan;
import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import io.olapsync.spi.ViewName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Compares what a plan says of its views with what the database knows of them.
 *
 * <ul>
 *   <li>{@code edge-contradicted}, an error: the plan puts a view before another that it really reads
 *   <li>{@code edge-missing}, a warning: a view reads another, and nothing in the plan makes it wait
 *   <li>{@code upstream-not-in-plan}, a warning: a view reads a refreshable view that the plan does not have
 *   <li>{@code edge-unconfirmed}: the plan makes a view wait for another that it does not read
 * </ul>
 */
public final class PlanAudit {

    private final SyncPlan plan;
    private final Map<ViewName, Set<ViewName>> real;
    private final Reachability really;
    private final Reachability declared;
    private final List<Finding> findings = new ArrayList<>();

    private PlanAudit(SyncPlan plan, Map<ViewName, Set<ViewName>> real) {
        this.plan = plan;
        this.real = real;
        this.really = new Reachability(real);
        Map<ViewName, Set<ViewName>> edges = new LinkedHashMap<>();
        plan.views().forEach(view -> edges.put(view.name(), view.upstreams()));
        this.declared = new Reachability(edges);
    }

    /**
     * The differences, the worst first, then in the plan's order.
     *
     * @param real what each view reads directly, as {@code ViewCatalog.upstreams} has it; of a view without an entry
     *     nothing is known, and nothing is said
     */
    public static List<Finding> compare(SyncPlan plan, Map<ViewName, Set<ViewName>> real) {
        PlanAudit audit = new PlanAudit(plan, real);
        for (PlannedView view : plan.views()) {
            view.upstreams().forEach(upstream -> audit.declaredEdge(view.name(), upstream));
            real.getOrDefault(view.name(), Set.of()).stream()
                    .sorted()
                    .filter(upstream -> !upstream.equals(view.name()))
                    .forEach(upstream -> audit.realEdge(view.name(), upstream));
        }
        audit.findings.sort(Comparator.comparing(Finding::severity).reversed());
        return List.copyOf(audit.findings);
    }

    private void declaredEdge(ViewName view, ViewName upstream) {
        if (really.reads(upstream, view)) {
            boolean direct = really.readsDirectly(upstream, view);
            contradicted(
                    view,
                    "the plan refreshes " + upstream + " before " + view + ", but " + upstream + " reads " + view
                            + (direct ? "" : " through other views") + " and would show what " + view + " had before",
                    "take " + after(upstream) + " out of " + view
                            + (direct ? " and add " + after(view) + " to " + upstream : ""));
        } else if (real.containsKey(view) && !really.reads(view, upstream)) {
            add(
                    Severity.INFO,
                    "edge-unconfirmed",
                    view,
                    view + " waits for " + upstream + ", which it does not read",
                    "take " + after(upstream) + " out of " + view + ", unless it is there for another reason");
        }
    }

    private void realEdge(ViewName view, ViewName upstream) {
        if (!plan.contains(upstream)) {
            add(
                    Severity.WARNING,
                    "upstream-not-in-plan",
                    view,
                    view + " reads " + upstream + ", which the plan does not refresh: " + view + " is as old as it is",
                    "add .view(" + literal(upstream) + ") to the plan and " + after(upstream) + " to " + view);
        } else if (declared.readsDirectly(view, upstream)) {
            return; // a plan has no cycle, so nothing in it says otherwise
        } else if (declared.readsDirectly(upstream, view)) {
            return; // the declared edge the other way round has been reported
        } else if (declared.reads(upstream, view)) {
            ViewName through = plan.view(upstream).upstreams().stream()
                    .filter(middle -> declared.reads(middle, view))
                    .findFirst()
                    .orElseThrow();
            contradicted(
                    upstream,
                    "the plan refreshes " + view + " before " + upstream + " (by way of " + through + "), but " + view
                            + " reads " + upstream + " and would show what it had before",
                    "take " + after(through) + " out of " + upstream + ", or what puts " + view + " before " + through
                            + ", and add " + after(upstream) + " to " + view);
        } else if (!declared.reads(view, upstream)) {
            add(
                    Severity.WARNING,
                    "edge-missing",
                    view,
                    view + " reads " + upstream + ", but nothing in the plan refreshes that first",
                    "add " + after(upstream) + " to " + view);
        }
    }

    private void contradicted(ViewName view, String problem, String remedy) {
        add(Severity.ERROR, "edge-contradicted", view, problem, remedy);
    }

    private void add(Severity severity, String code, ViewName view, String problem, String remedy) {
        findings.add(new Finding(severity, code, view, problem, remedy));
    }

    private static String after(ViewName upstream) {
        return ".after(" + literal(upstream) + ")";
    }

    private static String literal(ViewName view) {
        return '"' + view.toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
