package io.olapsync.internal;

import io.olapsync.SyncPlan;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import io.olapsync.spi.ViewStates;
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
        Map<ViewName, Duration> durations = new HashMap<>();
        Optional<ViewsSeen> seen = demand.firstLook().recent(parts.clock());
        ViewStates store = parts.adapters().states();
        Map<ViewName, ViewState> states =
                seen.isPresent() ? seen.get().states() : store.read(beneath(parts.plan(), demand));
        states.forEach((view, state) -> durations.put(view, state.took()));
        Map<ViewName, SkipReason> heldBack =
                demand.heldBack(states, seen.isPresent() ? seen.get().controls() : store.controls(selected));
        boolean idle = staysAsItIs(store, demand, states, heldBack, seen);
        // Nobody has changed a definition since the views were refreshed, either.
        Optional<List<Finding>> known = idle ? parts.lastLook().at(selected) : Optional.empty();
        List<Finding> findings = known.isPresent() ? known.get() : found(parts, selected);
        if (idle && seen.isPresent()) {
            demand.firstLook().suffices();
        }
        return new Preparation(durations, findings, heldBack, demand.firstLook().leavesNothing());
    }

    /** Adds to what is held back the views that are certainly unchanged. Whether all views of the run are. */
    private static boolean staysAsItIs(
            ViewStates store,
            Demand demand,
            Map<ViewName, ViewState> states,
            Map<ViewName, SkipReason> heldBack,
            Optional<ViewsSeen> seen)
            throws RefreshException {
        Map<ViewName, Set<ViewName>> open = demand.inQuestion(states, heldBack);
        if (open.isEmpty()) {
            return false;
        }
        Set<ViewName> unchanged =
                new LinkedHashSet<>(seen.isPresent() ? seen.get().unchanged() : store.unchanged(open));
        unchanged.retainAll(
                open.keySet()); // more may have been asked about: the others are held back for another reason
        Set<ViewName> staying = demand.staying(unchanged, states, heldBack);
        staying.forEach(view -> heldBack.put(view, SkipReason.NOTHING_CHANGED));
        return staying.containsAll(demand.views());
    }

    private static List<Finding> found(EngineParts parts, Set<ViewName> selected) throws RefreshException {
        List<Finding> findings = new ArrayList<>();
        if (parts.adapters().catalog().isPresent()) {
            findings.addAll(look(parts.adapters().catalog().get(), parts.plan(), selected));
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

    private static List<Finding> look(ViewCatalog catalog, SyncPlan plan, Set<ViewName> selected)
            throws RefreshException {
        List<Finding> findings = new ArrayList<>(catalog.inspect(selected));
        Map<ViewName, DeltaSpec> deltas = new LinkedHashMap<>(plan.deltas());
        deltas.keySet().retainAll(selected);
        if (!deltas.isEmpty()) {
            findings.addAll(catalog.inspectDeltas(deltas));
        }
        Set<ViewName> all = new LinkedHashSet<>();
        plan.views().forEach(view -> all.add(view.name()));
        PlanAudit.compare(plan, catalog.upstreams(all)).stream()
                .filter(finding -> finding.view() == null || selected.contains(finding.view()))
                .forEach(findings::add);
        return findings;
    }
}
