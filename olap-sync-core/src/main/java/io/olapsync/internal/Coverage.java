package io.olapsync.internal;

import io.olapsync.SyncPlan;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Says whether readers of a view see a commit. Its own snapshot is not enough: what it reads through other views is as old
 * as they were when it read them. So each view beneath it must cover the commit, too, and have been read since it did.
 */
final class Coverage implements ChangeQueue.Shown {

    private final SyncPlan plan;
    private final Map<ViewName, ViewState> states;

    /** The snapshots of each view and of all beneath it, each once; empty where one of them is behind another, or unknown. */
    private final Map<ViewName, Optional<List<Snapshot>>> beneath = new HashMap<>();

    private final Set<ViewName> ignored;

    Coverage(SyncPlan plan, Map<ViewName, ViewState> states) {
        this(plan, states, Set.of());
    }

    /** @param ignored views of which nothing is asked but that their last change, if one is known, is shown */
    Coverage(SyncPlan plan, Map<ViewName, ViewState> states, Set<ViewName> ignored) {
        this.plan = plan;
        this.states = states;
        this.ignored = ignored;
    }

    /** Whether the view shows this commit, and everything beneath it does. */
    @Override
    public boolean covers(ViewName view, Mark mark) {
        Optional<List<Snapshot>> shown = basis(view);
        if (shown.isEmpty()) {
            return false;
        }
        for (Snapshot snapshot : shown.get()) { // asked for each event of a backlog
            if (!mark.isCoveredBy(snapshot)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public Optional<List<Snapshot>> basis(ViewName view) {
        return beneath.computeIfAbsent(view, this::snapshots);
    }

    private Optional<List<Snapshot>> snapshots(ViewName view) {
        Set<ViewName> all = new LinkedHashSet<>(Set.of(view));
        all.addAll(Demand.ancestors(plan, view));
        all.removeAll(ignored);
        Set<Snapshot> snapshots = new LinkedHashSet<>();
        for (ViewName each : all) {
            if (!isBehindNone(each)) {
                return Optional.empty();
            }
            snapshot(each).ifPresent(snapshots::add);
        }
        return Optional.of(List.copyOf(snapshots));
    }

    /** Whether the view shows the last change of each view beneath it. */
    boolean isBehindNone(ViewName view) {
        Optional<Snapshot> shown = snapshot(view);
        return shown.isPresent()
                && Demand.ancestors(plan, view).stream()
                        .filter(ancestor -> states.containsKey(ancestor) || !ignored.contains(ancestor))
                        .allMatch(ancestor -> isShown(states.get(ancestor), states.get(view), shown.get()));
    }

    /** Whether the view shows the last change of this one, which it reads. */
    boolean shows(ViewName view, ViewName beneath) {
        Optional<Snapshot> shown = snapshot(view);
        return shown.isPresent() && isShown(states.get(beneath), states.get(view), shown.get());
    }

    /** What changed in the same transaction was refreshed together, upstream first. */
    private static boolean isShown(@Nullable ViewState ancestor, @Nullable ViewState view, Snapshot shown) {
        return ancestor != null
                && (shown.covers(ancestor.lastChange())
                        || (view != null && view.lastChange() == ancestor.lastChange()));
    }

    private Optional<Snapshot> snapshot(ViewName view) {
        return Optional.ofNullable(states.get(view))
                .map(state -> Snapshot.parse(state.asOf().snapshot()));
    }
}
