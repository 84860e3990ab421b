package io.olapsync.report;

import io.olapsync.PlannedView;
import io.olapsync.SyncHealth;
import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.HistoryEntry.Step;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The views: drawn in their order, as a table, and how old each was over time. */
final class ViewsSection {

    /** Of larger plans only the oldest are drawn. */
    private static final int MOST_CHARTS = 60;

    private static final String NONE = "\u2013";

    private final StatusPage status;
    private final Markup page;
    private final Map<ViewName, List<Step>> refreshes = new HashMap<>();

    ViewsSection(StatusPage status, Markup page) {
        this.status = status;
        this.page = page;
        status.runs()
                .forEach(run -> run.steps().forEach(step -> {
                    if (step.view().isPresent()
                            && step.asOf().isPresent()
                            && step.endedAt().isPresent()) {
                        refreshes
                                .computeIfAbsent(step.view().get(), view -> new ArrayList<>())
                                .add(step);
                    }
                }));
    }

    void write() {
        StatusHtml.section(page, "plan", "Plan", "What is refreshed before what, from left to right.");
        if (status.plan().views().size() <= DagDrawing.MOST_VIEWS) {
            new DagDrawing(status.plan(), status.health()).draw(page);
        } else {
            page.element(
                    "p",
                    "Not drawn: it has " + Words.plural(status.plan().views().size(), "view") + ", and more than "
                            + DagDrawing.MOST_VIEWS + " make no picture.",
                    "class",
                    "note");
        }
        page.closeLine();
        table();
        charts();
    }

    private void table() {
        StatusHtml.section(page, "views", "Views", "");
        page.open("div", "class", "wide", "tabindex", "0", "role", "region", "aria-label", "Table of the views");
        page.open("table").open("thead").open("tr");
        page.element("th", "View", "scope", "col").element("th", "State", "scope", "col");
        for (String title :
                List.of("Age", "Limit or aim", "Rows", "Last change", "Last refreshed", "Took", "Next due")) {
            page.element("th", title, "scope", "col", "class", "number");
        }
        page.close().close().open("tbody").constant("\n");
        status.health().views().forEach(this::row);
        page.close().close().close();
        page.closeLine();
    }

    private void row(SyncHealth.View view) {
        String tone = Words.tone(view.status());
        page.open("tr");
        page.open("th", "scope", "row").element("bdi", view.name().toString());
        String reads = reads(view.name());
        if (!reads.isEmpty()) {
            page.element("small", "reads " + reads);
        }
        page.close();
        page.open("td", "class", tone);
        page.element("span", Words.sign(view.status()), "class", "sign", "aria-hidden", "true");
        page.text(" " + Words.lower(view.status()));
        view.heldBack().ifPresent(reason -> page.element("small", reason.toString()));
        page.close();
        page.open("td", "class", "number")
                .text(view.staleness().map(Words::duration).orElse(NONE));
        view.staleness().ifPresent(age -> meter(age, objective(view)));
        page.close();
        page.element(
                "td",
                Words.duration(objective(view)) + (view.targetLag().isPresent() ? " aim" : ""),
                "class",
                "number");
        page.element("td", view.rows().map(Words::count).orElse(NONE), "class", "number");
        lastChange(view.name());
        moment(view.lastRefreshed());
        page.element("td", view.refreshDuration().map(Words::duration).orElse(NONE), "class", "number");
        moment(view.nextDue());
        page.closeLine();
    }

    private String reads(ViewName name) {
        if (!status.plan().contains(name)) {
            return "";
        }
        PlannedView planned = status.plan().view(name);
        return planned.upstreams().stream().map(ViewName::toString).collect(Collectors.joining(", "));
    }

    private void moment(Optional<Instant> time) {
        page.open("td", "class", "number");
        if (time.isPresent()) {
            StatusHtml.time(page, time.get(), status.at());
        } else {
            page.text(NONE);
        }
        page.close();
    }

    /** How much of its limit the age has used up; the numbers stand beside it. */
    private void meter(Duration age, Duration limit) {
        double share = Math.min(1, age.toMillis() / (double) Math.max(1, limit.toMillis()));
        page.open("svg", "class", "meter", "width", "56", "height", "5", "viewBox", "0 0 56 5", "aria-hidden", "true");
        Svg.bar(page, 0, 0, 56, 5, "track");
        Svg.bar(page, 0, 0, 56 * share, 5, share >= 1 ? "fill over" : "fill");
        page.close();
    }

    private void lastChange(ViewName view) {
        Optional<Step> last =
                refreshes.getOrDefault(view, List.of()).stream().max(Comparator.comparing(Step::startedAt));
        Optional<DeltaRefresh> how = last.flatMap(Step::incremental);
        page.open("td", "class", how.filter(DeltaRefresh::hasDrifted).isPresent() ? "number warn" : "number");
        page.text(last.flatMap(Step::delta).map(Words::delta).orElse(NONE));
        how.ifPresent(way -> page.element("small", Words.way(way)));
        page.close();
    }

    private static Duration objective(SyncHealth.View view) {
        return view.targetLag().orElse(view.staleAfter());
    }

    private void charts() {
        Optional<Instant> from = refreshes.values().stream()
                .flatMap(List::stream)
                .flatMap(step -> step.endedAt().stream())
                .min(Comparator.naturalOrder())
                .filter(first -> first.isBefore(status.at()));
        if (from.isEmpty()) {
            return;
        }
        StatusHtml.section(
                page,
                "staleness",
                "Age of the data",
                "How old readers found each view, since " + Words.time(from.get())
                        + ". It falls with each refresh; dashed: what it shall not exceed.");
        page.open("div", "class", "charts");
        List<SyncHealth.View> views = charted();
        for (int i = 0; i < views.size(); i++) {
            chart(views.get(i), "age" + i, from.get());
        }
        page.close();
        page.closeLine();
    }

    private List<SyncHealth.View> charted() {
        List<SyncHealth.View> views = status.health().views();
        return views.size() <= MOST_CHARTS
                ? views
                : views.stream()
                        .sorted(Comparator.comparing((SyncHealth.View view) ->
                                        view.staleness().orElse(Duration.ZERO))
                                .reversed())
                        .limit(MOST_CHARTS)
                        .toList();
    }

    private void chart(SyncHealth.View view, String id, Instant from) {
        List<StalenessChart.Refresh> recorded = refreshes.getOrDefault(view.name(), List.of()).stream()
                .map(step -> new StalenessChart.Refresh(
                        step.endedAt().orElseThrow(),
                        step.asOf().map(DataAsOf::time).orElseThrow()))
                .toList();
        StalenessChart chart = new StalenessChart(view, recorded, from, status.at());
        page.open("figure");
        page.open("figcaption").element("bdi", view.name().toString());
        page.element("small", chart.isEmpty() ? "no refresh is recorded" : chart.summary());
        page.close();
        if (!chart.isEmpty()) {
            chart.draw(page, id);
        }
        page.closeLine();
    }
}
