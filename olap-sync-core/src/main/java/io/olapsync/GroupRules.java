package io.olapsync;

import io.olapsync.spi.ViewName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Finds groups that cannot be refreshed as one unit: a view outside would have to go between two of theirs. */
final class GroupRules {

    private final List<ViewDraft> views;
    private final List<ViewName> names;
    private final Graph graph;
    private final int[] unitOf;
    private final List<List<Integer>> members = new ArrayList<>();

    /** @param graph of the views, without cycles */
    GroupRules(List<ViewDraft> views, List<ViewName> names, Graph graph) {
        this.views = views;
        this.names = names;
        this.graph = graph;
        this.unitOf = new int[views.size()];
    }

    void check(List<String> problems) {
        numberUnits();
        if (members.size() < views.size()) {
            Cycles.of(unitGraph()).forEach(cycle -> problems.add(problem(startingInGroup(cycle))));
        }
    }

    /** Each group is a unit, and so is each view outside of groups. */
    private void numberUnits() {
        Map<String, Integer> groups = new HashMap<>();
        for (int view = 0; view < unitOf.length; view++) {
            String group = views.get(view).group;
            int next = members.size();
            int unit = group == null ? next : groups.computeIfAbsent(group, g -> next);
            if (unit == next) {
                members.add(new ArrayList<>());
            }
            members.get(unit).add(view);
            unitOf[view] = unit;
        }
    }

    private Graph unitGraph() {
        List<int[]> upstreams = new ArrayList<>();
        for (int unit = 0; unit < members.size(); unit++) {
            int self = unit;
            upstreams.add(members.get(unit).stream()
                    .flatMapToInt(view -> IntStream.of(graph.upstreams(view)))
                    .map(upstream -> unitOf[upstream])
                    .filter(other -> other != self)
                    .distinct()
                    .toArray());
        }
        return new Graph(upstreams);
    }

    /** The views have no cycle of their own, so a cycle of units passes through a group. */
    private int[] startingInGroup(int[] cycle) {
        int start = IntStream.range(0, cycle.length)
                .filter(i -> members.get(cycle[i]).size() > 1)
                .findFirst()
                .orElseThrow();
        return IntStream.range(0, cycle.length)
                .map(i -> cycle[(start + i) % cycle.length])
                .toArray();
    }

    private String problem(int[] cycle) {
        List<String> path = new ArrayList<>();
        int cameTo = -1;
        for (int i = 0; i < cycle.length; i++) {
            int[] edge = edge(cycle[i], cycle[(i + 1) % cycle.length]);
            if (cameTo < 0) {
                path.add(shown(edge[0]));
            } else if (cameTo != edge[0]) {
                path.set(path.size() - 1, path.get(path.size() - 1) + " with " + shown(edge[0]));
            }
            path.add(shown(edge[1]));
            cameTo = edge[1];
        }
        String group = views.get(members.get(cycle[0]).get(0)).group;
        return "the group '" + group
                + "' cannot be refreshed as one, because something outside must go between its views: "
                + PathText.of(path) + "; put all of these views into one group, or take some out of '" + group + "'";
    }

    /** An edge between views that leads from one unit to the other. */
    private int[] edge(int fromUnit, int toUnit) {
        for (int view : members.get(toUnit)) {
            for (int upstream : graph.upstreams(view)) {
                if (unitOf[upstream] == fromUnit) {
                    return new int[] {upstream, view};
                }
            }
        }
        throw new IllegalStateException("no edge between units " + fromUnit + " and " + toUnit);
    }

    private String shown(int view) {
        String group = views.get(view).group;
        return group == null ? names.get(view).toString() : names.get(view) + " (in '" + group + "')";
    }
}
