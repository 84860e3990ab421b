package io.olapsync.benchmarks.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The page of results: how it came about, all goals at a glance, and each question with what it asks, tables and charts.
 * Everything on it comes from the questions and the results, so it is written anew and never by hand.
 */
public final class Page {

    /** The directory of the charts, beside the page. */
    static final String CHARTS = "benchmarks";

    private static final String MISSED = "**missed**";

    /**
     * What the page says of a question.
     *
     * @param name as the results have it
     * @param text in Markdown
     */
    public record Section(String name, String title, String text) {}

    private final StringBuilder page = new StringBuilder();
    private final Map<String, String> charts = new LinkedHashMap<>();

    /**
     * Makes it.
     *
     * @param head in Markdown: the title, and how the figures are to be read
     * @param sections in the order of the page; one whose question was not asked says so
     */
    public Page(String head, List<Section> sections, Results results) {
        page.append(head.strip()).append("\n\n");
        environment(results);
        goals(sections, results);
        for (Section section : sections) {
            question(
                    section,
                    results.answers().stream()
                            .filter(answer -> answer.question().equals(section.name()))
                            .findFirst()
                            .orElse(null));
        }
    }

    /** The page. */
    public String markdown() {
        return page.toString().strip() + "\n";
    }

    /** SVG by file name, as the page refers to it in {@code benchmarks/}. */
    public Map<String, String> charts() {
        return charts;
    }

    private void environment(Results results) {
        page.append("## Where and when\n\nThe last run, profile `")
                .append(results.profile())
                .append("`; each answer says when it was asked.\n\n| | |\n|---|---|\n");
        results.environment().forEach((name, value) -> row(List.of(name, value)));
        page.append('\n');
    }

    private void goals(List<Section> sections, Results results) {
        page.append("## Goals\n\n| question | of | goal | measured | |\n|---|---|---|---|---|\n");
        for (Section section : sections) {
            for (Answered answer : results.answers()) {
                if (answer.question().equals(section.name())) {
                    goals(section, answer);
                }
            }
        }
        page.append('\n');
    }

    private void goals(Section section, Answered answer) {
        for (Comparison comparison : answer.comparisons()) {
            for (Verdict verdict : comparison.verdicts()) {
                row(List.of(
                        "[" + section.title() + "](#" + section.name() + ")",
                        comparison.what(),
                        verdict.goal(),
                        Figures.of(verdict.figure()),
                        verdict.met() ? "met" : MISSED));
            }
        }
    }

    private void question(Section section, @Nullable Answered answer) {
        page.append("<a id=\"")
                .append(section.name())
                .append("\"></a>\n## ")
                .append(section.title())
                .append("\n\n");
        page.append(section.text().strip()).append("\n\n");
        if (answer == null) {
            page.append("Not asked in this run.\n\n");
            return;
        }
        page.append("*Asked by ").append(answer.asked()).append(".*\n\n");
        if (!answer.failure().isEmpty()) {
            page.append("Could not be answered in this run: ")
                    .append(answer.failure())
                    .append("\n\n");
        }
        List<List<Comparison>> tables = tables(answer.comparisons());
        for (int i = 0; i < tables.size(); i++) {
            table(tables.get(i));
            String chart = section.name() + (i == 0 ? "" : "-" + (i + 1)) + ".svg";
            charts.put(chart, new Chart(tables.get(i)).svg());
            page.append("![")
                    .append(section.title())
                    .append("](")
                    .append(CHARTS)
                    .append('/')
                    .append(chart)
                    .append(")\n\n");
        }
        answer.notes().forEach(note -> page.append(note.strip()).append("\n\n"));
    }

    /** Rows that have the same ways and the same unit, in their order. */
    private static List<List<Comparison>> tables(List<Comparison> comparisons) {
        Map<List<String>, List<Comparison>> tables = new LinkedHashMap<>();
        for (Comparison comparison : comparisons) {
            List<String> heading = new ArrayList<>();
            heading.add(comparison.unit());
            comparison.ways().forEach(way -> heading.add(way.way()));
            tables.computeIfAbsent(heading, h -> new ArrayList<>()).add(comparison);
        }
        return List.copyOf(tables.values());
    }

    private void table(List<Comparison> rows) {
        Comparison first = rows.get(0);
        boolean peer = first.ways().size() > 1;
        boolean goal = rows.stream().anyMatch(row -> !row.verdicts().isEmpty());
        List<String> heading = new ArrayList<>();
        heading.add("");
        first.ways().forEach(way -> heading.add(way.way() + ", " + first.unit()));
        if (peer) {
            heading.add("ratio");
        }
        if (goal) {
            heading.add("goal");
        }
        row(heading);
        page.append("|---".repeat(heading.size())).append("|\n");
        for (Comparison row : rows) {
            List<String> cells = new ArrayList<>();
            cells.add(row.what());
            row.ways().forEach(way -> cells.add(Figures.of(way)));
            if (peer) {
                cells.add(Figures.of(row.ratio()));
            }
            if (goal) {
                cells.add(verdicts(row));
            }
            row(cells);
        }
        page.append('\n');
    }

    private static String verdicts(Comparison row) {
        List<String> all = new ArrayList<>();
        for (Verdict verdict : row.verdicts()) {
            all.add(verdict.goal() + ": " + Figures.of(verdict.figure()) + ", " + (verdict.met() ? "met" : MISSED));
        }
        return String.join("; ", all);
    }

    private void row(List<String> cells) {
        page.append("| ")
                .append(String.join(
                        " | ",
                        cells.stream().map(cell -> cell.replace("|", "\\|")).toList()))
                .append(" |\n");
    }
}
