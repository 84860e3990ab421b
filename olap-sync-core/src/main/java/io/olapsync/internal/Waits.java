package io.olapsync.internal;

import io.olapsync.SyncPlan;
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
        if (queue.isDueAnyway(view, now) || latest.isEmpty() || queue.isFull()) {
            return Duration.ZERO;
        }
        Optional<Duration> age = state.flatMap(Want::age).filter(since -> !since.isNegative());
        if (age.isPresent() && age.get().compareTo(between.eventInterval()) < 0) {
            return between.eventInterval().minus(age.get());
        }
        // Other processes get their share of a burst: it is over when none of them gets any more of it.
        Optional<Duration> quiet = control.sinceEvent().filter(since -> !since.isNegative());
        if (quiet.isPresent() && quiet.get().compareTo(between.debounce()) < 0) {
            long rest = between.debounce().minus(quiet.get()).toNanos();
            return Duration.ofNanos(Math.max(0, Math.min(rest, latest.getAsLong() - now)));
        }
        return Duration.ZERO;
    }
}
