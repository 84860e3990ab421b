package io.olapsync.internal;

import io.olapsync.PlannedView;
import io.olapsync.Publication;
import io.olapsync.SyncPlan;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How old is what readers of the views see, through everything beneath, and when that calls for a refresh: one look at the
 * states. Immutable, but for what is remembered for the next look.
 */
final class Lags {

    /**
     * What the last look knew of a view. A view that is behind another shows an earlier version of that one, whose age the states
     * do not tell any more.
     *
     * @param snapshot what the view showed
     */
    record Known(String snapshot, Instant current) {}

    /**
     * What is aimed at for one view.
     *
     * @param lag the age that it shall not exceed
     * @param work how long its refresh takes, after those of what it reads
     * @param start the age at which its refresh must begin
     * @param isHoldable whether the lag can be held by what the refreshes took the last time
     */
    record Aim(ViewName view, Duration lag, Duration work, Duration start, boolean isHoldable) {

        private static final Duration LONGEST_MARGIN = Duration.ofSeconds(2);
        private static final Duration SHORTEST_LEASE = Duration.ofSeconds(10);
        private static final Duration LEASE_OF_THE_FIRST = Duration.ofMinutes(5);

        /**
         * While a refresh is under way readers see what they saw, so the age reaches the pause plus twice the work. Half of the
         * work is kept in reserve where there is room. What cannot be held is not chased: a pause as long as the work.
         */
        static Aim of(ViewName view, Duration lag, Duration work) {
            Duration tenth = lag.dividedBy(10);
            Duration margin = tenth.compareTo(LONGEST_MARGIN) < 0 ? tenth : LONGEST_MARGIN;
            boolean isHoldable = lag.minus(margin).compareTo(work.multipliedBy(2)) >= 0;
            Duration start = isHoldable ? lag.minus(margin).minus(work).minus(work.dividedBy(2)) : work.multipliedBy(2);
            return new Aim(view, lag, work, start, isHoldable);
        }

        /** Whether it is held with something to spare, so that small differences do not turn the answer again and again. */
        boolean isHeldEasily() {
            return isHoldable && lag.compareTo(work.multipliedBy(5).dividedBy(2)) >= 0;
        }

        /** How long a process that has taken it up is left to it. */
        Duration lease() {
            if (work.isZero()) {
                return LEASE_OF_THE_FIRST;
            }
            Duration thrice = work.multipliedBy(3);
            return thrice.compareTo(SHORTEST_LEASE) < 0 ? SHORTEST_LEASE : thrice;
        }

        /** The greatest age that is to be expected. */
        Duration expected() {
            return isHoldable ? lag : start.plus(work);
        }
    }

    private static final Duration SET_BACK = Duration.ofSeconds(10);

    private final SyncPlan plan;
    private final Map<ViewName, ViewState> states;
    private final Map<ViewName, Instant> current = new HashMap<>();
    private final Map<ViewName, Duration> work = new HashMap<>();

    /**
     * Looks at the states.
     *
     * @param now the store's clock, read before them
     * @param known what earlier looks knew; brought up to date
     */
    Lags(SyncPlan plan, Map<ViewName, ViewState> states, Instant now, Map<ViewName, Known> known) {
        this.plan = plan;
        this.states = states;
        Beneath beneath = new Beneath(new Coverage(plan, states), Map.copyOf(known));
        for (PlannedView view : plan.views()) { // upstream first
            ViewState state = states.get(view.name());
            if (state == null) {
                continue;
            }
            work.put(view.name(), work(view));
            boolean isFromTheFuture =
                    state.current().isAfter(now.plus(SET_BACK)); // the clock was set back: nobody knows
            if (isFromTheFuture && view.targetLag().isPresent()) {
                continue;
            }
            Instant shown = current(view, isFromTheFuture ? now : state.current(), beneath, known);
            if (shown != null) {
                current.put(view.name(), shown);
            }
        }
    }

    /** What a view shows of those that it reads. */
    private record Beneath(Coverage coverage, Map<ViewName, Known> before) {}

    private @Nullable Instant current(PlannedView view, Instant own, Beneath beneath, Map<ViewName, Known> known) {
        Instant shown = own;
        boolean isBehind = false;
        for (ViewName upstream : view.upstreams()) {
            Instant latest = current.get(upstream);
            if (latest == null) {
                return null;
            }
            if (beneath.coverage().shows(view.name(), upstream)) {
                shown = earlier(shown, latest);
            } else {
                isBehind = true;
                Known before = beneath.before().get(upstream);
                boolean isOlder = before != null && !before.snapshot().equals(snapshot(upstream));
                shown = before != null && isOlder ? earlier(shown, before.current()) : shown;
            }
        }
        String snapshot = snapshot(view.name());
        Known before = known.get(view.name());
        if (isBehind && before != null && before.snapshot().equals(snapshot)) {
            shown = earlier(own, before.current());
        }
        known.put(view.name(), new Known(snapshot, shown));
        return shown;
    }

    private String snapshot(ViewName view) {
        ViewState state = states.get(view);
        return state == null ? "" : state.asOf().snapshot();
    }

    private Duration work(PlannedView view) {
        Duration longest = Duration.ZERO;
        for (ViewName upstream : view.upstreams()) {
            Duration other = work.getOrDefault(upstream, Duration.ZERO);
            longest = other.compareTo(longest) > 0 ? other : longest;
        }
        return longest.plus(took(view));
    }

    /** Views that are published together are refreshed one after the other, and shown when all are done. */
    private Duration took(PlannedView view) {
        Optional<String> group = view.group();
        boolean alone = group.isEmpty() && plan.publication() != Publication.TOGETHER;
        if (alone) {
            return tookAlone(view.name());
        }
        List<PlannedView> unit = plan.views().stream()
                .filter(other -> group.isEmpty() || other.group().equals(group))
                .toList();
        return unit.stream().map(other -> tookAlone(other.name())).reduce(Duration.ZERO, Duration::plus);
    }

    private Duration tookAlone(ViewName view) {
        ViewState state = states.get(view);
        return state == null ? Duration.ZERO : state.took();
    }

    /** The moment of the sources that readers of the view see; empty where it, or one beneath it, was never refreshed. */
    Optional<Instant> current(ViewName view) {
        return Optional.ofNullable(current.get(view));
    }

    /** What is aimed at, for each view that has a target lag of its own. */
    List<Aim> aims() {
        return plan.views().stream()
                .filter(view -> view.targetLag().isPresent())
                .map(view -> Aim.of(
                        view.name(), view.targetLag().orElseThrow(), work.getOrDefault(view.name(), Duration.ZERO)))
                .toList();
    }

    /** When the refresh of this view, and of what it reads, must begin; now where it was never refreshed. */
    Instant due(Aim aim, Instant now) {
        return current(aim.view()).map(shown -> shown.plus(aim.start())).orElse(now);
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }
}
