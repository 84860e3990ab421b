package io.olapsync.internal;

import io.olapsync.SyncPlan;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Says what a view that is due must still wait for. */
final class Waits {

    private final SyncPlan plan;
    private final Settings.Between between;
    private final ChangeQueue queue;

    Waits(SyncPlan plan, Settings.Between between, ChangeQueue queue) {
        this.plan = plan;
        this.between = between;
        this.queue = queue;
    }

    /**
     * What is paused or suspended so that a refresh is not possible, or would show nothing new: the view itself, else views
     * beneath it. Empty: nothing is.
     */
    Set<ViewName> heldBack(ViewName view, Map<ViewName, ViewState> states, Map<ViewName, ViewControl> controls) {
        Set<ViewName> held = Demand.beneath(plan, Set.of(view));
        held.removeIf(each -> {
            ViewControl control = controls.get(each);
            return control == null || !(control.isPaused() || control.isSuspended());
        });
        if (held.isEmpty() || held.contains(view)) {
            return held.isEmpty() ? held : Set.of(view);
        }
        Coverage ofTheRest = new Coverage(plan, states, held);
        boolean done = queue.marks(view).stream().allMatch(mark -> ofTheRest.covers(view, mark));
        return done ? held : Set.of();
    }

    /** How long a view that is due must still wait; zero: not at all. */
    Duration pause(ViewName view, Optional<ViewState> state, ViewControl control, long now) {
        OptionalLong latest = queue.latest(view);
        boolean behind = queue.isBehind(view, now);
        if (queue.isOrdered(view, now) || queue.isFull() || (latest.isEmpty() && !behind)) {
            return Duration.ZERO;
        }
        Optional<Duration> age = state.flatMap(Want::age).filter(since -> !since.isNegative());
        if (!behind && age.isPresent() && age.get().compareTo(between.eventInterval()) < 0) {
            return between.eventInterval().minus(age.get());
        }
        // What came before a refresh and is not shown by it, because a view beneath was older, is no reason for a
        // second
        // one at once. Nor is what was left behind again since.
        Duration own = rest(age, unseen(view, state), now);
        // Other processes get their share of a burst: it is over when none of them gets any more of it.
        Duration others =
                behind ? Duration.ZERO : rest(control.sinceEvent().filter(since -> !since.isNegative()), latest, now);
        return own.compareTo(others) > 0 ? own : others;
    }

    /** By when the events must be refreshed that the view's last refresh did not see. */
    private OptionalLong unseen(ViewName view, Optional<ViewState> state) {
        Optional<Snapshot> seen = state.map(shown -> Snapshot.parse(shown.asOf().snapshot()));
        return queue.latest(view, mark -> seen.isPresent() && mark.isCoveredBy(seen.get()));
    }

    /** How long after a refresh by somebody else a view that goes now is left alone after all. */
    Interval interval(ViewName view, long now) {
        if (queue.isOrdered(view, now)) {
            return Interval.NONE;
        }
        Duration set = queue.isBehind(view, now) ? Duration.ZERO : between.eventInterval();
        if (queue.isFull() || set.compareTo(between.debounce()) > 0) {
            return Interval.of(set);
        }
        return new Interval(between.debounce(), queue.overdue(view, now), set);
    }

    /** What is left of a debounce, but no longer than events may wait. */
    private Duration rest(Optional<Duration> since, OptionalLong latest, long now) {
        if (since.isEmpty() || since.get().compareTo(between.debounce()) >= 0) {
            return Duration.ZERO;
        }
        long rest = between.debounce().minus(since.get()).toNanos();
        return Duration.ofNanos(latest.isEmpty() ? rest : Math.max(0, Math.min(rest, latest.getAsLong() - now)));
    }
}
