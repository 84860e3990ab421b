package io.olapsync.report;

import io.olapsync.PlannedView;
import io.olapsync.SyncPlan;
import io.olapsync.spi.ViewName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where the views of a plan are drawn: columns by depth, and within a column an order in which few edges cross. An edge
 * that passes a column has a place of its own there, so that it does not run behind a view.
 */
final class DagLayout {

    private static final int SWEEPS = 6;

    /** A view, or the place where an edge passes a column. */
    static final class Spot {
        final Optional<ViewName> view;
        final int column;
        int row;
        private double wish;
        private final List<Spot> before = new ArrayList<>();
        private final List<Spot> after = new ArrayList<>();

        private Spot(Optional<ViewName> view, int column) {
            this.view = view;
            this.column = column;
        }
    }

    /** The places that one edge touches, from the view that is read to the one that reads it. */
    record Edge(List<Spot> spots) {}

    private final List<List<Spot>> columns = new ArrayList<>();
    private final List<Edge> edges = new ArrayList<>();

    DagLayout(SyncPlan plan) {
        Map<ViewName, Spot> spots = new LinkedHashMap<>();
        Map<ViewName, Integer> depths = new HashMap<>();
        for (PlannedView view : plan.views()) {
            int depth = view.upstreams().stream()
                            .mapToInt(upstream -> depths.getOrDefault(upstream, 0))
                            .max()
                            .orElse(-1)
                    + 1;
            depths.put(view.name(), depth);
            spots.put(view.name(), place(Optional.of(view.name()), depth));
        }
        plan.views()
                .forEach(view -> view.upstreams().forEach(upstream -> {
                    Spot from = spots.get(upstream);
                    Spot to = spots.get(view.name());
                    if (from != null && to != null) {
                        edges.add(edge(from, to));
                    }
                }));
        order();
    }

    /** The columns from the left, each from the top. */
    List<List<Spot>> columns() {
        return columns;
    }

    List<Edge> edges() {
        return edges;
    }

    int rows() {
        return columns.stream().mapToInt(List::size).max().orElse(0);
    }

    private Spot place(Optional<ViewName> view, int column) {
        while (columns.size() <= column) {
            columns.add(new ArrayList<>());
        }
        Spot spot = new Spot(view, column);
        columns.get(column).add(spot);
        return spot;
    }

    private Edge edge(Spot from, Spot to) {
        List<Spot> spots = new ArrayList<>(List.of(from));
        Spot last = from;
        for (int column = from.column + 1; column <= to.column; column++) {
            Spot next = column == to.column ? to : place(Optional.empty(), column);
            last.after.add(next);
            next.before.add(last);
            spots.add(next);
            last = next;
        }
        return new Edge(List.copyOf(spots));
    }

    private void order() {
        columns.forEach(DagLayout::number);
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            boolean forth = sweep % 2 == 0;
            for (int i = 0; i < columns.size(); i++) {
                List<Spot> column = columns.get(forth ? i : columns.size() - 1 - i);
                column.forEach(spot -> spot.wish = mean(forth ? spot.before : spot.after, spot.row));
                column.sort(Comparator.comparingDouble(spot -> spot.wish));
                number(column);
            }
        }
    }

    private static void number(List<Spot> column) {
        for (int i = 0; i < column.size(); i++) {
            column.get(i).row = i;
        }
    }

    private static double mean(List<Spot> neighbours, int otherwise) {
        return neighbours.stream().mapToInt(spot -> spot.row).average().orElse(otherwise);
    }
}
