package io.olapsync.report;

import io.olapsync.spi.HistoryEntry.Step;
import io.olapsync.spi.StepStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Draws what ran beside what in one run: a line per step that began. */
final class RunTimeline {

    /** The steps that are drawn; those that took longest, where there are more. */
    static final int MOST_STEPS = 60;

    private static final double LABELS = 200;
    private static final double CHART = 470;
    private static final double WIDTH = LABELS + CHART + 190;
    private static final double ROW = 22;
    private static final double BAR = 12;
    private static final double TOP = 20;

    private final RunShape shape;
    private final TimeAxis axis;
    private final Set<Step> critical;
    private final List<Step> steps;

    RunTimeline(RunShape shape) {
        this.shape = shape;
        this.axis = new TimeAxis(LABELS, CHART, shape.makespan());
        this.critical = shape.criticalPath();
        this.steps = chosen(shape);
    }

    private static List<Step> chosen(RunShape shape) {
        List<Step> begun = shape.begun();
        if (begun.size() <= MOST_STEPS) {
            return begun;
        }
        Set<Step> longest = begun.stream()
                .sorted((a, b) -> length(shape, b).compareTo(length(shape, a)))
                .limit(MOST_STEPS)
                .collect(Collectors.toSet());
        return begun.stream().filter(longest::contains).toList();
    }

    private static Duration length(RunShape shape, Step step) {
        return Duration.between(step.startedAt(), shape.endOf(step));
    }

    void draw(Markup page, String id, String title) {
        double height = TOP + steps.size() * ROW + 4;
        page.open("div", "class", "wide", "tabindex", "0", "role", "region", "aria-label", "Timeline, " + title);
        Svg.open(page, id, WIDTH, height, false, title, description());
        for (Duration mark : axis.marks(6)) {
            double x = axis.at(mark);
            Svg.line(page, x, TOP - 4, x, height, "grid");
            Svg.text(page, x, TOP - 8, mark.isZero() ? "tick" : "tick mid", mark.isZero() ? "0" : Words.duration(mark));
        }
        for (int i = 0; i < steps.size(); i++) {
            row(page, steps.get(i), TOP + i * ROW);
        }
        page.closeLine();
        page.closeLine();
    }

    private void row(Markup page, Step step, double y) {
        boolean decides = critical.contains(step);
        double from = at(step.startedAt());
        double to = at(shape.endOf(step));
        double work = at(shape.endOf(step).minus(shape.work(step)));
        double middle = y + ROW / 2;
        page.open("g", "class", "step " + Words.tone(step.status()) + (decides ? " critical" : ""));
        page.element("title", step.step() + ": " + said(step));
        Svg.text(page, 0, middle + 4, "name", (decides ? "\u25C6 " : "") + Svg.fit(step.step(), LABELS - 40));
        Svg.line(page, at(shape.ready(step)), middle, from, middle, "queued");
        Svg.bar(page, from, middle - BAR / 2, to - from, BAR, "whole");
        if (step.status() != StepStatus.RUNNING) {
            Svg.bar(page, work, middle - BAR / 2, to - work, BAR, "work");
        }
        Svg.text(page, LABELS + CHART + 10, middle + 4, "small", Svg.fit(said(step), 190));
        page.close();
    }

    private String said(Step step) {
        String took = Words.duration(Duration.between(step.startedAt(), shape.endOf(step)));
        String attempts = step.attempts() > 1 ? ", " + step.attempts() + " attempts" : "";
        return switch (step.status()) {
            case COMPLETED ->
                took
                        + step.delta().map(delta -> ", " + Words.delta(delta)).orElse("")
                        + step.incremental().map(how -> ", " + Words.way(how)).orElse("")
                        + attempts;
            case RUNNING -> "running, " + took + attempts;
            case FAILED ->
                "\u2715 failed" + step.sqlState().map(state -> " " + state).orElse("") + ", " + took + attempts;
            case ABANDONED -> "\u25FC abandoned, " + took;
            case SKIPPED -> "skipped";
        };
    }

    private String description() {
        return steps.stream()
                .map(step -> step.step() + " from " + since(step.startedAt()) + " to " + since(shape.endOf(step)) + ", "
                        + Words.lower(step.status()))
                .collect(Collectors.joining("; "));
    }

    private String since(Instant time) {
        return Words.duration(Duration.between(shape.start(), time));
    }

    private double at(Instant time) {
        return axis.at(Duration.between(shape.start(), time));
    }
}
