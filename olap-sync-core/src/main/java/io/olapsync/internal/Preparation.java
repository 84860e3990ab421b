package io.olapsync.internal;

import io.olapsync.SyncPlan;
import io.olapsync.spi.CatalogSeen;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewsSeen;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a run must know before it touches anything: how long the views took before, and what the catalog says about them.
 *
 * @param durations of the views that were refreshed before
 * @param findings what the catalog says, errors and others
 * @param heldBack the views that the run leaves alone, each with the reason
 * @param leavesNothing whether nothing is to be done: all views are left alone, and no cache was left to be invalidated
 */
record Preparation(
        Map<ViewName, Duration> durations,
        List<Finding> findings,
        Map<ViewName, SkipReason> heldBack,
        boolean leavesNothing) {

    /** Asks the servers; blocks. */
    static Preparation of(EngineParts parts, Demand demand) throws RefreshException {
        Set<ViewName> selected = demand.views();
        Optional<ViewsSeen> first = demand.firstLook().recent(parts.clock());
        AskedBeside<List<Finding>> inspection = new AskedBeside<>(() -> found(parts, selected));
        if (demand.isFull()) { // whatever the store says of the views, the catalog will be asked as well
            inspection.begin(parts.dispatcher());
        }
        ViewsSeen seen = first.isPresent() ? first.get() : look(parts, demand);
        Map<ViewName, Duration> durations = new HashMap<>();
        seen.states().forEach((view, state) -> durations.put(view, state.took()));
        Map<ViewName, SkipReason> heldBack = demand.heldBack(seen.states(), seen.controls());
        boolean idle = staysAsItIs(demand, seen, heldBack);
        // Nobody has changed a definition since the views were refreshed, either.
        Optional<List<Finding>> known = idle ? parts.lastLook().at(selected) : Optional.empty();
        List<Finding> findings = known.isPresent() ? known.get() : inspection.answer();
        if (idle && first.isPresent()) {
            demand.firstLook().suffices();
        }
        return new Preparation(durations, findings, heldBack, demand.firstLook().leavesNothing());
    }

    /** What the store says of the views, and of those that may be unchanged whether they are; one round trip. */
    private static ViewsSeen look(EngineParts parts, Demand demand) throws RefreshException {
        return parts.adapters().states().look(beneath(parts.plan(), demand), demand.mayBeUnchanged());
    }

    /** Adds to what is held back the views that are certainly unchanged. Whether all views of the run are. */
    private static boolean staysAsItIs(Demand demand, ViewsSeen seen, Map<ViewName, SkipReason> heldBack) {
        Map<ViewName, Set<ViewName>> open = demand.inQuestion(seen.states(), heldBack);
        if (open.isEmpty()) {
            return false;
        }
        Set<ViewName> unchanged = new LinkedHashSet<>(seen.unchanged());
        unchanged.retainAll(
                open.keySet()); // more may have been asked about: the others are held back for another reason
        Set<ViewName> staying = demand.staying(unchanged, seen.states(), heldBack);
        staying.forEach(view -> heldBack.put(view, SkipReason.NOTHING_CHANGED));
        return staying.containsAll(demand.views());
    }

    private static List<Finding> found(EngineParts parts, Set<ViewName> selected) throws RefreshException {
        List<Finding> findings = new ArrayList<>();
        if (parts.adapters().catalog().isPresent()) {
            findings.addAll(look(parts, parts.adapters().catalog().get(), selected));
        }
        parts.lastLook().remember(selected, findings);
        return List.copyOf(findings);
    }

    /** The views of the run, and where what they read counts, that as well. */
    private static Set<ViewName> beneath(SyncPlan plan, Demand demand) {
        Set<ViewName> views = new LinkedHashSet<>(demand.views());
        if (!demand.isFull()) {
            demand.views().forEach(view -> views.addAll(Demand.ancestors(plan, view)));
        }
        return views;
    }

    /** Whether the run must not begin. */
    boolean refuses() {
        return findings.stream().anyMatch(Finding::isError);
    }

    List<Finding> errors() {
        return findings.stream().filter(Finding::isError).toList();
    }

    private static List<Finding> look(EngineParts parts, ViewCatalog catalog, Set<ViewName> selected)
            throws RefreshException {
        SyncPlan plan = parts.plan();
        Set<ViewName> all = new LinkedHashSet<>();
        plan.views().forEach(view -> all.add(view.name()));
        CatalogSeen seen = catalog.look(selected, all);
        List<Finding> findings = new ArrayList<>(seen.findings());
        Map<ViewName, DeltaSpec> deltas = new LinkedHashMap<>(plan.deltas());
        deltas.keySet().retainAll(selected);
        if (!deltas.isEmpty()) {
            findings.addAll(catalog.inspectDeltas(deltas));
        }
        parts.lastLook().differences(plan, seen.upstreams()).stream()
                .filter(finding -> finding.view() == null || selected.contains(finding.view()))
                .forEach(findings::add);
        return findings;
    }
}
