package io.olapsync.internal;

import io.olapsync.PlannedView;
import io.olapsync.Publication;
import io.olapsync.SyncPlan;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;

/**
 * The units of one run and what each waits for. A unit is what is refreshed and committed in one piece: a view, a group
 * of views, or, published together, all views of the run.
 */
final class RunGraph {

    private static final double UNKNOWN_SECONDS = 1;

    /** What is refreshed in one piece; {@code priority} is the longest remaining path in seconds, itself included. */
    static final class Unit {
        private final List<ViewName> views = new ArrayList<>();
        private final Set<Unit> downstream = new LinkedHashSet<>();
        private int upstreams;
        private int unordered; // upstreams that are not in the order yet, while it is made
        private double priority;

        List<ViewName> views() {
            return views;
        }

        Set<Unit> downstream() {
            return downstream;
        }

        int upstreams() {
            return upstreams;
        }

        double priority() {
            return priority;
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
        Map<ViewName, Unit> unitOf = units(plan, selected, publication);
        connect(plan, unitOf);
        List<Unit> units = List.copyOf(new LinkedHashSet<>(unitOf.values()));
        prioritise(units, durations);
        return new RunGraph(units);
    }

    /** Each unit once, in the order of the plan. */
    List<Unit> units() {
        return units;
    }

    private static Map<ViewName, Unit> units(SyncPlan plan, Set<ViewName> selected, Publication publication) {
        Map<ViewName, Unit> unitOf = new LinkedHashMap<>();
        Map<String, Unit> groups = new HashMap<>();
        Unit all = new Unit();
        for (PlannedView view : plan.views()) {
            if (selected.contains(view.name())) {
                Unit unit = publication == Publication.TOGETHER
                        ? all
                        : view.group()
                                .map(group -> groups.computeIfAbsent(group, g -> new Unit()))
                                .orElseGet(Unit::new);
                unit.views.add(view.name());
                unitOf.put(view.name(), unit);
            }
        }
        return unitOf;
    }

    /** Edges between units; a path through views that are not selected counts as an edge. */
    private static void connect(SyncPlan plan, Map<ViewName, Unit> unitOf) {
        Map<ViewName, Set<Unit>> unselected = new HashMap<>();
        for (PlannedView view : plan.views()) {
            Set<Unit> upstreams = new LinkedHashSet<>();
            for (ViewName upstream : view.upstreams()) {
                Unit unit = unitOf.get(upstream);
                if (unit != null) {
                    upstreams.add(unit);
                } else {
                    upstreams.addAll(unselected.getOrDefault(upstream, Set.of()));
                }
            }
            Unit own = unitOf.get(view.name());
            if (own == null) {
                unselected.put(view.name(), upstreams);
                continue;
            }
            for (Unit upstream : upstreams) {
                if (upstream != own && upstream.downstream.add(own)) {
                    own.upstreams++;
                }
            }
        }
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
