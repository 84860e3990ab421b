package io.olapsync.benchmarks.report;

import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * A table as bars: for each comparison one bar for each way, as long as its median, with a line from the first to the third
 * quartile. SVG that needs nothing from elsewhere, and reads on a light ground and on a dark one.
 */
final class Chart {

    private static final int LABELS = 230;
    private static final int BARS = 430;
    private static final int WIDTH = 760;
    private static final int BAR = 14;
    private static final int GAP = 12;
    private static final int HEAD = 28;

    /** Beyond this a short bar could not be seen, and the scale is logarithmic. */
    private static final double LINEAR_UP_TO = 40;

    private static final List<String> COLOURS =
            List.of("#3b7dd8", "#e08a2e", "#4aa564", "#b05fc0", "#c9506b", "#8a8a8a");

    private static final String STYLE = "text{font:12px sans-serif;fill:#24292f}.v{font-size:11px}.q{stroke:#24292f}"
            + "@media (prefers-color-scheme:dark){text{fill:#d0d7de}.q{stroke:#d0d7de}}";

    private final List<Comparison> rows;
    private final boolean logarithmic;
    private final double most;
    private final double least;

    Chart(List<Comparison> rows) {
        this.rows = rows;
        this.most = all(75).max().orElse(1);
        this.least = all(25).filter(value -> value > 0).min().orElse(1);
        this.logarithmic = most / least > LINEAR_UP_TO;
    }

    private DoubleStream all(double percent) {
        return rows.stream()
                .flatMap(row -> row.ways().stream())
                .mapToDouble(way -> Math.max(way.median(), way.percentile(percent)));
    }

    String svg() {
        StringBuilder svg = new StringBuilder();
        List<Samples> ways = rows.get(0).ways();
        int y = HEAD + 18 * ((ways.size() + 2) / 3);
        int height =
                y + rows.stream().mapToInt(row -> row.ways().size() * BAR + GAP).sum();
        line(
                svg,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\">",
                WIDTH,
                height,
                WIDTH,
                height);
        line(svg, "<style>%s</style>", STYLE);
        line(
                svg,
                "<text x=\"0\" y=\"16\">%s</text>",
                escaped(rows.get(0).unit() + (logarithmic ? ", logarithmic scale" : "") + "; median, quartiles"));
        for (int i = 0; i < ways.size(); i++) {
            int x = i % 3 * (WIDTH / 3);
            int at = HEAD + i / 3 * 18;
            line(svg, "<rect x=\"%d\" y=\"%d\" width=\"10\" height=\"10\" fill=\"%s\"/>", x, at, colour(i));
            line(
                    svg,
                    "<text x=\"%d\" y=\"%d\">%s</text>",
                    x + 16,
                    at + 10,
                    escaped(ways.get(i).way()));
        }
        for (Comparison row : rows) {
            y = row(svg, row, y + GAP);
        }
        line(svg, "</svg>");
        return svg.toString();
    }

    private int row(StringBuilder svg, Comparison row, int top) {
        int y = top;
        int middle = top + row.ways().size() * BAR / 2 + 4;
        line(svg, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>", LABELS - 8, middle, escaped(row.what()));
        for (int i = 0; i < row.ways().size(); i++, y += BAR) {
            Samples way = row.ways().get(i);
            double end = LABELS + length(way.median());
            line(
                    svg,
                    "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>",
                    LABELS,
                    y,
                    Math.max(1, end - LABELS),
                    BAR - 2,
                    colour(i));
            double from = LABELS + length(way.percentile(25));
            double to = LABELS + length(way.percentile(75));
            line(
                    svg,
                    "<line class=\"q\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>",
                    from,
                    to,
                    y + BAR / 2 - 1,
                    y + BAR / 2 - 1);
            line(
                    svg,
                    "<text class=\"v\" x=\"%.1f\" y=\"%d\">%s</text>",
                    Math.max(end, to) + 5,
                    y + BAR - 4,
                    Figures.of(way.median()));
        }
        return y;
    }

    private double length(double value) {
        if (!(value > 0)) {
            return 0;
        }
        double share = logarithmic
                ? (Math.log10(value) - Math.log10(least) + 0.3) / (Math.log10(most) - Math.log10(least) + 0.3)
                : value / most;
        return Math.min(1, Math.max(0, share)) * BARS;
    }

    private static String colour(int way) {
        return COLOURS.get(way % COLOURS.size());
    }

    private static void line(StringBuilder svg, String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
