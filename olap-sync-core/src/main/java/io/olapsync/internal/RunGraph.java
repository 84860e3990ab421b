package io.olapsync.internal;

import io.olapsync.PlannedView;
import io.olapsync.Publication;
import io.olapsync.SyncPlan;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The units of one run and what each waits for. A unit is what is refreshed and committed in one piece: a view, a group
 * of views, or, published together, all views of the run.
 */
final class RunGraph {

    private static final double UNKNOWN_SECONDS = 1;
    private static final Optional<String> ALL = Optional.of("");

    /** What is refreshed in one piece; {@code priority} is the longest remaining path in seconds, itself included. */
    static final class Unit {
        private final List<ViewName> views = new ArrayList<>();
        private final int number;
        private final List<Unit> downstream = new ArrayList<>();
        private int upstreams;
        private @Nullable Unit lastDownstream; // the units are connected one after the other
        private int unordered; // upstreams that are not in the order yet, while it is made
        private double priority;

        private Unit(int number) {
            this.number = number;
        }

        /** Its place in {@link RunGraph#units()}. */
        int number() {
            return number;
        }

        List<ViewName> views() {
            return views;
        }

        /** Each once. */
        List<Unit> downstream() {
            return downstream;
        }

        int upstreams() {
            return upstreams;
        }

        double priority() {
            return priority;
        }

        private void waitsFor(Unit upstream) {
            if (upstream != this && upstream.lastDownstream != this) {
                upstream.lastDownstream = this;
                upstream.downstream.add(this);
                upstreams++;
            }
        }
    }

    private final List<Unit> units;

    private RunGraph(List<Unit> units) {
        this.units = units;
    }

    /**
     * The graph of the selected views.
     *
     * @param durations how long views took before, as far as known
     */
    static RunGraph of(
            SyncPlan plan, Set<ViewName> selected, Publication publication, Map<ViewName, Duration> durations) {
        List<Unit> units = new ArrayList<>();
        Map<ViewName, Unit> unitOf = units(plan, selected, publication, units);
        connect(plan, units, unitOf);
        prioritise(units, durations);
        return new RunGraph(units);
    }

    /** Each unit once, in the order of the plan. */
    List<Unit> units() {
        return units;
    }

    private static Map<ViewName, Unit> units(
            SyncPlan plan, Set<ViewName> selected, Publication publication, List<Unit> units) {
        Map<ViewName, Unit> unitOf = new HashMap<>();
        Map<String, Unit> groups = new HashMap<>();
        Supplier<Unit> next = () -> {
            Unit unit = new Unit(units.size());
            units.add(unit);
            return unit;
        };
        for (PlannedView view : plan.views()) {
            if (selected.contains(view.name())) {
                Optional<String> shared = publication == Publication.TOGETHER ? ALL : view.group();
                Unit unit = shared.isEmpty() ? next.get() : groups.computeIfAbsent(shared.get(), group -> next.get());
                unit.views.add(view.name());
                unitOf.put(view.name(), unit);
            }
        }
        return unitOf;
    }

    /** Edges between units; a path through views that are not selected counts as an edge. */
    private static void connect(SyncPlan plan, List<Unit> units, Map<ViewName, Unit> unitOf) {
        Map<ViewName, Set<Unit>> unselected = beneathUnselected(plan, unitOf);
        for (Unit own : units) {
            for (ViewName view : own.views) {
                for (ViewName upstream : plan.view(view).upstreams()) {
                    Unit unit = unitOf.get(upstream);
                    if (unit != null) {
                        own.waitsFor(unit);
                    } else {
                        unselected.getOrDefault(upstream, Set.of()).forEach(own::waitsFor);
                    }
                }
            }
        }
    }

    /** For each view that is not selected, the nearest units beneath it. */
    private static Map<ViewName, Set<Unit>> beneathUnselected(SyncPlan plan, Map<ViewName, Unit> unitOf) {
        Map<ViewName, Set<Unit>> unselected = new HashMap<>();
        for (PlannedView view : plan.views()) {
            if (unitOf.containsKey(view.name())) {
                continue;
            }
            Set<Unit> beneath = new LinkedHashSet<>();
            for (ViewName upstream : view.upstreams()) {
                Unit unit = unitOf.get(upstream);
                if (unit != null) {
                    beneath.add(unit);
                } else {
                    beneath.addAll(unselected.getOrDefault(upstream, Set.of()));
                }
            }
            unselected.put(view.name(), beneath);
        }
        return unselected;
    }

    private static void prioritise(List<Unit> units, Map<ViewName, Duration> durations) {
        double typical = median(durations);
        List<Unit> order = upstreamFirst(units);
        for (int i = order.size() - 1; i >= 0; i--) {
            Unit unit = order.get(i);
            double longest = 0;
            for (Unit next : unit.downstream) {
                longest = Math.max(longest, next.priority);
            }
            double own = 0;
            for (ViewName view : unit.views) {
                Duration known = durations.get(view);
                own += known == null ? typical : seconds(known);
            }
            unit.priority = own + longest;
        }
    }

    private static List<Unit> upstreamFirst(List<Unit> units) {
        Queue<Unit> ready = new ArrayDeque<>();
        for (Unit unit : units) {
            unit.unordered = unit.upstreams;
            if (unit.upstreams == 0) {
                ready.add(unit);
            }
        }
        List<Unit> order = new ArrayList<>(units.size());
        while (!ready.isEmpty()) {
            Unit unit = ready.remove();
            order.add(unit);
            for (Unit next : unit.downstream) {
                if (--next.unordered == 0) {
                    ready.add(next);
                }
            }
        }
        return order;
    }

    private static double median(Map<ViewName, Duration> durations) {
        double[] known = durations.values().stream()
                .mapToDouble(RunGraph::seconds)
                .sorted()
                .toArray();
        return known.length == 0 ? UNKNOWN_SECONDS : known[known.length / 2];
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
