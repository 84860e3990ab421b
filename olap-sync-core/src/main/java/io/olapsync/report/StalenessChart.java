package io.olapsync.report;

import io.olapsync.SyncHealth;
import io.olapsync.spi.DataAsOf;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Draws how old the data of one view was over time: it grows by the second, and falls with each refresh. */
final class StalenessChart {

    private static final double WIDTH = 380;
    private static final double HEIGHT = 110;
    private static final double LEFT = 46;
    private static final double RIGHT = 6;
    private static final double TOP = 8;
    private static final double BOTTOM = 20;
    private static final double PLOT = HEIGHT - TOP - BOTTOM;

    /** A refresh: when readers saw it, and the moment that it showed. */
    record Refresh(Instant at, Instant asOf) {}

    private record Point(Instant at, Duration age) {}

    private final SyncHealth.View view;
    private final Instant from;
    private final Instant to;
    private final List<Point> points = new ArrayList<>();
    private final Duration objective;
    private final Duration worst;

    /** @param refreshes those that are recorded, in any order */
    StalenessChart(SyncHealth.View view, List<Refresh> refreshes, Instant from, Instant to) {
        this.view = view;
        this.from = from;
        this.to = to;
        this.objective = view.targetLag().orElse(view.staleAfter());
        List<Refresh> sorted = new ArrayList<>(refreshes);
        view.lastRefreshed()
                .ifPresent(at -> view.asOf()
                        .map(DataAsOf::time)
                        .filter(time ->
                                sorted.stream().allMatch(known -> known.asOf().isBefore(time)))
                        .ifPresent(time -> sorted.add(new Refresh(at, time))));
        sorted.sort(Comparator.comparing(Refresh::at));
        for (int i = 0; i < sorted.size(); i++) {
            if (i > 0) {
                add(sorted.get(i).at(), sorted.get(i - 1).asOf());
            }
            add(sorted.get(i).at(), sorted.get(i).asOf());
        }
        if (!sorted.isEmpty()) {
            add(to, sorted.get(sorted.size() - 1).asOf());
        }
        this.worst =
                points.stream().map(Point::age).max(Comparator.naturalOrder()).orElse(Duration.ZERO);
    }

    boolean isEmpty() {
        return points.isEmpty();
    }

    private void add(Instant at, Instant asOf) {
        Duration age = Duration.between(asOf, at);
        points.add(new Point(at, age.isNegative() ? Duration.ZERO : age));
    }

    /** What the drawing says, in words. */
    String summary() {
        return view.staleness().map(now -> "now " + Words.duration(now) + ", ").orElse("") + "worst "
                + Words.duration(worst) + ", " + objectiveText();
    }

    private String objectiveText() {
        return (view.targetLag().isPresent() ? "aim " : "limit ") + Words.duration(objective);
    }

    void draw(Markup page, String id) {
        boolean near = objective.compareTo(worst.multipliedBy(3)) <= 0;
        Duration top = near && objective.compareTo(worst) > 0 ? objective : worst;
        TimeAxis height = new TimeAxis(0, PLOT / 1.1, top);
        TimeAxis across = new TimeAxis(LEFT, WIDTH - LEFT - RIGHT, Duration.between(from, to));
        Svg.open(page, id, WIDTH, HEIGHT, true, "Age of " + view.name(), summary());
        for (Duration mark : height.marks(3)) {
            double y = TOP + PLOT - height.at(mark);
            Svg.line(page, LEFT, y, WIDTH - RIGHT, y, "grid");
            Svg.text(page, LEFT - 5, y + 4, "tick end", mark.isZero() ? "0" : Words.duration(mark));
        }
        StringBuilder path = new StringBuilder();
        for (Point point : points) {
            path.append(path.isEmpty() ? 'M' : 'L')
                    .append(Svg.number(across.at(Duration.between(from, point.at()))))
                    .append(' ')
                    .append(Svg.number(TOP + PLOT - height.at(point.age())));
        }
        page.empty("path", "d", path.toString(), "class", "saw");
        if (near) {
            over(page, id, path.toString(), TOP + PLOT - height.at(objective));
        }
        Svg.text(page, LEFT, HEIGHT - 5, "tick", Words.shortTime(from));
        Svg.text(page, WIDTH - RIGHT, HEIGHT - 5, "tick end", Words.shortTime(to));
        page.closeLine();
    }

    /** The line of the objective, and what is above it. */
    private static void over(Markup page, String id, String path, double y) {
        page.open("clipPath", "id", id + "-c");
        page.empty("rect", "x", "0", "y", "0", "width", Svg.number(WIDTH), "height", Svg.number(y));
        page.close();
        page.empty("path", "d", path, "class", "saw over", "clip-path", "url(#" + id + "-c)");
        Svg.line(page, LEFT, y, WIDTH - RIGHT, y, "objective");
    }
}
