package io.olapsync.internal;

import io.olapsync.SyncPlan;
import io.olapsync.spi.Finding;
import io.olapsync.spi.ViewName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the catalog said to the last run that asked it, for the runs that follow. Thread-safe. */
final class LastLook {

    private record Said(Set<ViewName> views, List<Finding> findings) {}

    private record Compared(Map<ViewName, Set<ViewName>> real, List<Finding> differences) {}

    private volatile @Nullable Said said;
    private volatile @Nullable Compared compared;

    /** Keeps what was said of these views, a set that never changes, for a run of the same ones that touches none of them. */
    void remember(Set<ViewName> views, List<Finding> findings) {
        said = findings.stream().anyMatch(Finding::isError) ? null : new Said(views, List.copyOf(findings));
    }

    /** Empty where it was not asked about these very views, or something was wrong with them. */
    Optional<List<Finding>> at(Set<ViewName> views) {
        Said last = said;
        return last != null && last.views().equals(views) ? Optional.of(last.findings()) : Optional.empty();
    }

    /** What speaks against the plan in what the views really read; compared anew only where that is not what it was. */
    List<Finding> differences(SyncPlan plan, Map<ViewName, Set<ViewName>> real) {
        Compared last = compared;
        if (last == null || !last.real().equals(real)) {
            Map<ViewName, Set<ViewName>> kept = new HashMap<>();
            real.forEach((view, upstreams) -> kept.put(view, Set.copyOf(upstreams)));
            last = new Compared(kept, PlanAudit.compare(plan, real));
            compared = last;
        }
        return last.differences();
    }
}
