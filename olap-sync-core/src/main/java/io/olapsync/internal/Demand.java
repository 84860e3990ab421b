package io.olapsync.internal;

import io.olapsync.SyncPlan;
import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.RefreshCondition;
import io.olapsync.spi.RefreshFacts;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.ViewConfirmation;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a run wants: of its targets for their own sake, of their ancestors because a target reads them. Immutable, but for
 * what was seen first.
 */
final class Demand {

    private final SyncPlan plan;
    private final Set<ViewName> views;
    private final Map<ViewName, Want> targets;
    private final Map<ViewName, Want> ancestors;
    private final boolean full;
    private final Consumer<ViewConfirmation> unchanged;
    private final FirstLook firstLook;

    private Demand(SyncPlan plan, Map<ViewName, Want> targets, Map<ViewName, Want> ancestors, boolean full) {
        this(plan, targets, ancestors, full, confirmation -> {}, FirstLook.NONE);
    }

    private Demand(
            SyncPlan plan,
            Map<ViewName, Want> targets,
            Map<ViewName, Want> ancestors,
            boolean full,
            Consumer<ViewConfirmation> unchanged,
            FirstLook firstLook) {
        this.unchanged = unchanged;
        this.firstLook = firstLook;
        this.plan = plan;
        this.views = inOrder(plan, targets, ancestors);
        this.targets = targets;
        this.ancestors = ancestors;
        this.full = full;
    }

    /** Every one of these views, whatever is known of it, but for a pause. */
    static Demand all(SyncPlan plan, Collection<ViewName> views) {
        Map<ViewName, Want> wants = new LinkedHashMap<>();
        views.forEach(view -> wants.put(view, Want.ALWAYS));
        return new Demand(plan, wants, Map.of(), true);
    }

    /**
     * These targets.
     *
     * @param required what each target's ancestors must show; no entry: they are left as they are
     */
    static Demand of(SyncPlan plan, Map<ViewName, Want> targets, Map<ViewName, List<Mark>> required) {
        Map<ViewName, LinkedHashSet<Mark>> marks = new LinkedHashMap<>();
        required.forEach((target, needed) -> ancestors(plan, target)
                .forEach(ancestor -> marks.computeIfAbsent(ancestor, a -> new LinkedHashSet<>())
                        .addAll(needed)));
        // One that is left because nothing has changed still shows a snapshot from before the mark. Whoever waits for
        // that
        // to be covered would wait until somebody writes something.
        boolean checks = targets.values().stream().allMatch(Want::checksForChanges);
        Map<ViewName, Want> ancestors = new LinkedHashMap<>();
        marks.forEach((ancestor, needed) -> {
            if (!targets.containsKey(ancestor)) {
                ancestors.put(
                        ancestor,
                        new Want(false, false, Interval.NONE, List.copyOf(needed), Optional.empty(), checks, true));
            }
        });
        return new Demand(plan, new LinkedHashMap<>(targets), ancestors, false);
    }

    /** The same; this is told of each view that is left alone because nothing has changed, under its lock. */
    Demand telling(Consumer<ViewConfirmation> listener) {
        return new Demand(plan, targets, ancestors, full, listener, firstLook);
    }

    /** The same; this is what was seen of the views when they were asked for. */
    Demand after(FirstLook look) {
        return new Demand(plan, targets, ancestors, full, unchanged, look);
    }

    FirstLook firstLook() {
        return firstLook;
    }

    /** All views that the run may touch, in the order of the plan; unmodifiable. */
    Set<ViewName> views() {
        return views;
    }

    private static Set<ViewName> inOrder(SyncPlan plan, Map<ViewName, Want> targets, Map<ViewName, Want> ancestors) {
        Set<ViewName> views = new LinkedHashSet<>();
        plan.views().stream()
                .map(view -> view.name())
                .filter(view -> targets.containsKey(view) || ancestors.containsKey(view))
                .forEach(views::add);
        return Collections.unmodifiableSet(views);
    }

    /** Whether nothing but a pause speaks against any view, so that no more need be read. */
    boolean isFull() {
        return full;
    }

    /** The views that are to be left alone by what is known before the run, each with the reason. */
    Map<ViewName, SkipReason> heldBack(Map<ViewName, ViewState> states, Map<ViewName, ViewControl> controls) {
        Map<ViewName, SkipReason> held = new HashMap<>();
        Coverage coverage = new Coverage(plan, states);
        targets.forEach((view, want) -> want.before(states.get(view), control(controls, view), coverage)
                .ifPresent(reason -> held.put(view, reason)));
        if (ancestors.isEmpty()) {
            return held;
        }
        Set<ViewName> needed = new LinkedHashSet<>();
        targets.keySet().stream()
                .filter(target -> !held.containsKey(target))
                .forEach(target -> needed.addAll(ancestors(plan, target)));
        ancestors.forEach((view, want) -> {
            Optional<SkipReason> reason = needed.contains(view)
                    ? want.before(states.get(view), control(controls, view), coverage)
                    : Optional.of(SkipReason.NOT_NEEDED);
            reason.ifPresent(r -> held.put(view, r));
        });
        return held;
    }

    /**
     * The views of which it is to be asked at once whether anything has changed, each with what it reads; those that are held back
     * already are not among them.
     */
    Map<ViewName, Set<ViewName>> inQuestion(Map<ViewName, ViewState> states, Map<ViewName, SkipReason> held) {
        Map<ViewName, Set<ViewName>> open = mayBeUnchanged();
        open.keySet().removeIf(view -> held.containsKey(view) || !states.containsKey(view));
        return open;
    }

    /** The same before anything is known of them. */
    Map<ViewName, Set<ViewName>> mayBeUnchanged() {
        Map<ViewName, Set<ViewName>> open = new LinkedHashMap<>();
        for (ViewName view : full ? Set.<ViewName>of() : views()) {
            Want want = want(view);
            if (want.checksForChanges() && !want.force()) {
                open.put(view, ancestors(plan, view));
            }
        }
        return open;
    }

    /**
     * Of the views that are unchanged now, those that stay so whatever the run does: nothing of it that they read is refreshed.
     *
     * @param states as they were read before it was asked
     */
    Set<ViewName> staying(Set<ViewName> unchanged, Map<ViewName, ViewState> states, Map<ViewName, SkipReason> held) {
        Set<ViewName> all = views();
        Set<ViewName> staying = new LinkedHashSet<>();
        for (ViewName view : all) { // upstream first
            boolean stays = ancestors(plan, view).stream()
                    .allMatch(above -> !all.contains(above) || held.containsKey(above) || staying.contains(above));
            if (stays && unchanged.contains(view)) {
                staying.add(view);
                confirm(states.get(view));
            }
        }
        return staying;
    }

    private void confirm(@Nullable ViewState state) {
        if (state != null) {
            Want.age(state)
                    .filter(age -> !age.isNegative())
                    .ifPresent(age -> unchanged.accept(
                            new ViewConfirmation(state.view(), state.asOf().snapshot(), age)));
        }
    }

    private static ViewControl control(Map<ViewName, ViewControl> controls, ViewName view) {
        ViewControl known = controls.get(view);
        return known == null ? ViewControl.none(view) : known;
    }

    /** Whether a refresh of these views waits for one by somebody else. */
    boolean waits(Collection<ViewName> views) {
        return views.stream().anyMatch(view -> want(view).waits());
    }

    /** Whether one of these views is to be compared with its definition as a whole. */
    boolean repairs(Collection<ViewName> views) {
        return views.stream().anyMatch(view -> want(view).repairs());
    }

    /** Asks under the lock, and remembers the reasons in the given map. */
    RefreshCondition condition(Map<ViewName, SkipReason> reasons) {
        if (full) {
            return RefreshCondition.ALWAYS;
        }
        return (RefreshFacts facts) -> {
            Optional<Duration> sinceRefresh = facts.sinceRefresh(); // before it is asked what has changed
            Optional<SkipReason> reason = want(facts.view()).locked(facts, ancestors(plan, facts.view()));
            reason.ifPresent(r -> reasons.put(facts.view(), r));
            if (reason.equals(Optional.of(SkipReason.NOTHING_CHANGED))) {
                confirm(facts, sinceRefresh);
            }
            return reason.isEmpty();
        };
    }

    private void confirm(RefreshFacts facts, Optional<Duration> sinceRefresh) {
        Optional<DataAsOf> shows = facts.shows();
        if (shows.isPresent() && sinceRefresh.isPresent() && !sinceRefresh.get().isNegative()) {
            unchanged.accept(new ViewConfirmation(facts.view(), shows.get().snapshot(), sinceRefresh.get()));
        }
    }

    private Want want(ViewName view) {
        Want target = targets.get(view);
        return target != null ? target : Objects.requireNonNull(ancestors.get(view));
    }

    /** What the view reads by the plan, directly or through others. */
    static Set<ViewName> ancestors(SyncPlan plan, ViewName view) {
        Set<ViewName> found = new LinkedHashSet<>();
        Deque<ViewName> todo = new ArrayDeque<>(plan.view(view).upstreams());
        while (!todo.isEmpty()) {
            ViewName next = todo.remove();
            if (found.add(next)) {
                todo.addAll(plan.view(next).upstreams());
            }
        }
        return found;
    }

    /** The views and what they read. */
    static Set<ViewName> beneath(SyncPlan plan, Set<ViewName> views) {
        Set<ViewName> all = new LinkedHashSet<>(views);
        views.forEach(view -> all.addAll(ancestors(plan, view)));
        return all;
    }
}
