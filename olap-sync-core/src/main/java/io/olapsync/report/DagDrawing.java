package io.olapsync.report;

import io.olapsync.PlannedCheck;
import io.olapsync.SyncHealth;
import io.olapsync.SyncPlan;
import io.olapsync.spi.ViewName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Draws the plan from left to right, each view with its state. */
final class DagDrawing {

    /** More cannot be looked at, and nobody waits for the page that has them. */
    static final int MOST_VIEWS = 300;

    private static final double MARGIN = 6;
    private static final double NODE_HEIGHT = 44;
    private static final double ROW = 58;
    private static final double GAP = 62;
    private static final double NARROWEST = 150;
    private static final double WIDEST = 260;

    /** The second line of a view is in smaller letters. */
    private static final double SMALL = 0.92;

    /** The first is bold. */
    private static final double BOLD = 1.1;

    private final SyncPlan plan;
    private final DagLayout layout;
    private final Map<ViewName, SyncHealth.View> states = new HashMap<>();
    private final List<Double> lefts = new ArrayList<>();
    private final List<Double> widths = new ArrayList<>();
    private final double gate;
    private final double height;

    DagDrawing(SyncPlan plan, SyncHealth health) {
        this.plan = plan;
        this.layout = new DagLayout(plan);
        health.views().forEach(view -> states.put(view.name(), view));
        this.gate = plan.checks().isEmpty() ? 0 : width(gateText()) + GAP;
        this.height = layout.rows() * ROW - (ROW - NODE_HEIGHT) + 2 * MARGIN;
        double left = MARGIN + gate;
        for (List<DagLayout.Spot> column : layout.columns()) {
            double width = column.stream()
                    .mapToDouble(spot -> spot.view.map(this::width).orElse(0.0))
                    .max()
                    .orElse(NARROWEST);
            lefts.add(left);
            widths.add(width);
            left += width + GAP;
        }
    }

    void draw(Markup page) {
        int last = widths.size() - 1;
        double width = lefts.get(last) + widths.get(last) + MARGIN;
        page.open("div", "class", "wide", "tabindex", "0", "role", "region", "aria-label", "The plan as a drawing");
        Svg.open(page, "dag", width, height, false, "Plan " + plan.name(), description());
        edges(page);
        gate(page);
        layout.columns().forEach(column -> column.forEach(spot -> spot.view.ifPresent(view -> node(page, spot, view))));
        page.closeLine();
        page.closeLine();
    }

    private String description() {
        return plan.views().stream()
                .map(view -> view.name() + " " + state(view.name())
                        + (view.upstreams().isEmpty()
                                ? ""
                                : " after "
                                        + view.upstreams().stream()
                                                .map(ViewName::toString)
                                                .collect(Collectors.joining(", "))))
                .collect(Collectors.joining("; "));
    }

    private void edges(Markup page) {
        page.open("g", "class", "edges");
        for (DagLayout.Edge edge : layout.edges()) {
            StringBuilder path = new StringBuilder();
            for (int i = 0; i < edge.spots().size() - 1; i++) {
                DagLayout.Spot from = edge.spots().get(i);
                DagLayout.Spot to = edge.spots().get(i + 1);
                double x = lefts.get(from.column) + widths.get(from.column);
                if (i > 0) {
                    path.append('H').append(Svg.number(x));
                }
                path.append(curve(x, middle(from), lefts.get(to.column), middle(to), i == 0));
            }
            page.empty("path", "d", path.toString());
        }
        if (gate > 0) {
            layout.columns()
                    .get(0)
                    .forEach(spot -> page.empty(
                            "path", "d", curve(MARGIN + gate - GAP, height / 2, lefts.get(0), middle(spot), true)));
        }
        page.close();
    }

    private static String curve(double x1, double y1, double x2, double y2, boolean first) {
        double half = (x1 + x2) / 2;
        return (first ? "M" + Svg.number(x1) + " " + Svg.number(y1) : "")
                + "C" + Svg.number(half) + " " + Svg.number(y1) + " " + Svg.number(half) + " " + Svg.number(y2) + " "
                + Svg.number(x2) + " " + Svg.number(y2);
    }

    private void gate(Markup page) {
        if (gate == 0) {
            return;
        }
        page.open("g", "class", "node check");
        page.element("title", plan.checks().stream().map(PlannedCheck::name).collect(Collectors.joining(", ")));
        double width = gate - GAP;
        double top = height / 2 - NODE_HEIGHT / 2;
        Svg.bar(page, MARGIN, top, width, NODE_HEIGHT, "box");
        Svg.text(page, MARGIN + 12, top + 19, "name", Svg.fit(gateText(), (width - 20) / BOLD));
        Svg.text(page, MARGIN + 12, top + 35, "small", "before every view");
        page.close();
    }

    private String gateText() {
        return plan.checks().size() == 1
                ? plan.checks().get(0).name()
                : Words.plural(plan.checks().size(), "check");
    }

    private void node(Markup page, DagLayout.Spot spot, ViewName view) {
        double x = lefts.get(spot.column);
        double width = widths.get(spot.column);
        double y = middle(spot) - NODE_HEIGHT / 2;
        page.open("g", "class", "node " + tone(view), "data-view", view.toString());
        page.element("title", view + ": " + state(view));
        Svg.bar(page, x, y, width, NODE_HEIGHT, "box");
        Svg.bar(page, x, y, 5, NODE_HEIGHT, "stripe");
        Svg.text(page, x + 14, y + 19, "name", Svg.fit(view.toString(), (width - 22) / BOLD));
        Svg.text(page, x + 14, y + 35, "small", Svg.fit(state(view), (width - 20) / SMALL));
        page.close();
    }

    private String tone(ViewName view) {
        SyncHealth.View state = states.get(view);
        return state == null ? "dim" : Words.tone(state.status());
    }

    private String state(ViewName view) {
        SyncHealth.View state = states.get(view);
        if (state == null) {
            return "? unknown";
        }
        String age = state.staleness()
                .map(Words::duration)
                .map(old -> ", " + old + " old")
                .orElse("");
        String held = state.heldBack().map(reason -> ", " + reason).orElse("");
        return Words.sign(state.status()) + " " + Words.lower(state.status()) + held + age;
    }

    private double width(ViewName view) {
        return Math.max(width(view.toString()), Math.min(WIDEST, Svg.width(state(view)) * SMALL + 26));
    }

    private static double width(String label) {
        return Math.min(WIDEST, Math.max(NARROWEST, Svg.width(label) * BOLD + 26));
    }

    private double middle(DagLayout.Spot spot) {
        double free = height - 2 * MARGIN - (layout.columns().get(spot.column).size() * ROW - (ROW - NODE_HEIGHT));
        return MARGIN + free / 2 + spot.row * ROW + NODE_HEIGHT / 2;
    }
}
