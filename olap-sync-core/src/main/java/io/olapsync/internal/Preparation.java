package io.olapsync.internal;

import io.olapsync.SyncPlan;
import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a run must know before it touches anything: how long the views took before, and what the catalog says about them.
 *
 * @param durations of the views that were refreshed before
 * @param findings what the catalog says, errors and others
 */
record Preparation(Map<ViewName, Duration> durations, List<Finding> findings) {

    /** Asks the servers; blocks. */
    static Preparation of(EngineParts parts, Set<ViewName> selected) throws RefreshException {
        Map<ViewName, Duration> durations = new HashMap<>();
        for (ViewState state : parts.adapters().states().read(selected).values()) {
            durations.put(state.view(), state.took());
        }
        List<Finding> findings = new ArrayList<>();
        if (parts.adapters().catalog().isPresent()) {
            findings.addAll(look(parts.adapters().catalog().get(), parts.plan(), selected));
        }
        return new Preparation(durations, List.copyOf(findings));
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
        Set<ViewName> all = new LinkedHashSet<>();
        plan.views().forEach(view -> all.add(view.name()));
        PlanAudit.compare(plan, catalog.upstreams(all)).stream()
                .filter(finding -> finding.view() == null || selected.contains(finding.view()))
                .forEach(findings::add);
        return findings;
    }
}
