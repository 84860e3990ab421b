package io.olapsync.internal;

import io.olapsync.SyncPlan;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Says whether readers of a view see a commit. Its own snapshot is not enough: what it reads through other views is as old
 * as they were when it read them. So each view beneath it must cover the commit, too, and have been read since it did.
 */
final class Coverage {

    private final SyncPlan plan;
    private final Map<ViewName, ViewState> states;
    private final Map<ViewName, Optional<Snapshot>> snapshots = new HashMap<>();

    Coverage(SyncPlan plan, Map<ViewName, ViewState> states) {
        this.plan = plan;
        this.states = states;
    }

    /** Whether the view shows this commit, and everything beneath it does. */
    boolean covers(ViewName view, Mark mark) {
        Set<ViewName> ancestors = Demand.ancestors(plan, view);
        return covers(view, ancestors, mark)
                && ancestors.stream().allMatch(a -> covers(a, Demand.ancestors(plan, a), mark));
    }

    private boolean covers(ViewName view, Set<ViewName> ancestors, Mark mark) {
        Optional<Snapshot> shown = snapshot(view);
        return shown.isPresent() && mark.isCoveredBy(shown.get()) && isBehindNone(view, shown.get(), ancestors);
    }

    /** Whether the view shows the last change of each view beneath it. */
    boolean isBehindNone(ViewName view) {
        Optional<Snapshot> shown = snapshot(view);
        return shown.isPresent() && isBehindNone(view, shown.get(), Demand.ancestors(plan, view));
    }

    private boolean isBehindNone(ViewName view, Snapshot shown, Set<ViewName> ancestors) {
        return ancestors.stream().map(states::get).allMatch(state -> isShown(state, states.get(view), shown));
    }

    /** What changed in the same transaction was refreshed together, upstream first. */
    private static boolean isShown(@Nullable ViewState ancestor, @Nullable ViewState view, Snapshot shown) {
        return ancestor != null
                && (shown.covers(ancestor.lastChange())
                        || (view != null && view.lastChange() == ancestor.lastChange()));
    }

    private Optional<Snapshot> snapshot(ViewName view) {
        return snapshots.computeIfAbsent(
                view,
                v -> Optional.ofNullable(states.get(v))
                        .map(state -> Snapshot.parse(state.asOf().snapshot())));
    }
}
