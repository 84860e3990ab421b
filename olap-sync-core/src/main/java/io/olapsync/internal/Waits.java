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
        Optional<Duration> age = state.flatMap(Want::age).filter(since -> !since.isNegative());
        if (queue.isOrdered(view, now) || queue.isFull()) {
            return Duration.ZERO;
        }
        if (queue.isBehind(view, now)) {
            // It has been refreshed since, and was left behind again: that is for whoever did it, a debounce later.
            return rest(between.debounce(), age, latest, now);
        }
        if (latest.isEmpty()) {
            return Duration.ZERO;
        }
        if (age.isPresent() && age.get().compareTo(between.eventInterval()) < 0) {
            return between.eventInterval().minus(age.get());
        }
        // Other processes get their share of a burst: it is over when none of them gets any more of it.
        return rest(between.debounce(), control.sinceEvent().filter(since -> !since.isNegative()), latest, now);
    }

    /** How long after a refresh by somebody else a view that goes now is left alone after all. */
    Duration interval(ViewName view, long now) {
        if (queue.isOrdered(view, now)) {
            return Duration.ZERO;
        }
        return queue.isBehind(view, now) ? between.debounce() : between.eventInterval();
    }

    /** What is left of a time, but no longer than events may wait. */
    private static Duration rest(Duration time, Optional<Duration> over, OptionalLong latest, long now) {
        if (over.isEmpty() || over.get().compareTo(time) >= 0) {
            return Duration.ZERO;
        }
        long rest = time.minus(over.get()).toNanos();
        return Duration.ofNanos(latest.isEmpty() ? rest : Math.max(0, Math.min(rest, latest.getAsLong() - now)));
    }
}
