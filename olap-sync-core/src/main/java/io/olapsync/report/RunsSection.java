package io.olapsync.report;

import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.HistoryEntry.Step;
import io.olapsync.spi.StepStatus;
import io.olapsync.spi.SyncKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The last runs: the newest as timelines to be opened, the others as a table. */
final class RunsSection {

    private static final int DRAWN = 8;

    private final StatusPage status;
    private final Markup page;

    RunsSection(StatusPage status, Markup page) {
        this.status = status;
        this.page = page;
    }

    void write() {
        StatusHtml.section(
                page,
                "runs",
                "Last runs",
                status.runs().isEmpty()
                        ? "None is recorded."
                        : "Solid: the refresh itself. Pale: earlier attempts and pauses. Thin line: ready, but not begun."
                                + " \u25C6 on the critical path, which decided how long the run took.");
        List<StatusPage.RecordedRun> drawn = drawn();
        for (int i = 0; i < drawn.size(); i++) {
            run(drawn.get(i), i);
        }
        List<StatusPage.RecordedRun> others =
                status.runs().stream().filter(run -> !drawn.contains(run)).toList();
        if (!others.isEmpty()) {
            earlier(others);
        }
        page.closeLine();
    }

    /** The newest, and the last full one however many smaller ones came after it. */
    private List<StatusPage.RecordedRun> drawn() {
        List<StatusPage.RecordedRun> drawn =
                new ArrayList<>(status.runs().stream().limit(DRAWN).toList());
        lastFull().filter(full -> !drawn.contains(full)).ifPresent(drawn::add);
        return drawn;
    }

    private Optional<StatusPage.RecordedRun> lastFull() {
        return status.runs().stream()
                .filter(recorded -> recorded.run().kind() == SyncKind.FULL)
                .findFirst();
    }

    private void run(StatusPage.RecordedRun recorded, int number) {
        HistoryEntry.Run run = recorded.run();
        RunShape shape = new RunShape(status.plan(), recorded, status.at());
        String title = Words.lower(run.kind()) + " sync of " + Words.time(run.startedAt());
        if (number == 0 || lastFull().filter(recorded::equals).isPresent()) {
            page.open("details", "class", "run", "open", "");
        } else {
            page.open("details", "class", "run");
        }
        summary(run, shape);
        run.error()
                .ifPresent(error ->
                        page.open("p", "class", "message bad").lines(error).close());
        if (!shape.begun().isEmpty()) {
            new RunTimeline(shape).draw(page, "run" + number, title);
            page.element("p", where(shape), "class", "note");
        }
        failures(recorded.steps());
        drifted(recorded.steps());
        skipped(shape.skipped());
        page.closeLine();
    }

    private void summary(HistoryEntry.Run run, RunShape shape) {
        page.open("summary");
        page.open("span", "class", "state " + Words.tone(run.status()));
        page.element("span", Words.sign(run.status()), "class", "sign", "aria-hidden", "true");
        page.text(" " + Words.lower(run.status())).close().text(" ");
        page.element("b", Words.lower(run.kind())).text(" by ");
        page.element("bdi", run.trigger()).text(", ");
        StatusHtml.time(page, run.startedAt(), status.at());
        page.element("small", Words.duration(shape.makespan()) + ", " + tally(shape) + ", " + run.process());
        page.closeLine();
    }

    private static String tally(RunShape shape) {
        long refreshed = shape.begun().stream()
                .filter(step -> step.view().isPresent() && step.status() == StepStatus.COMPLETED)
                .count();
        long failed = shape.begun().stream()
                .filter(step -> step.status() == StepStatus.FAILED)
                .count();
        return Words.plural(refreshed, "view") + " refreshed"
                + (failed == 0 ? "" : ", " + failed + " failed")
                + (shape.skipped().isEmpty() ? "" : ", " + shape.skipped().size() + " skipped");
    }

    private static String where(RunShape shape) {
        Set<Step> path = shape.criticalPath();
        Duration work = shape.work(path);
        Duration rest = shape.makespan().minus(work);
        int begun = shape.begun().size();
        return "Critical path: " + path.stream().map(Step::step).collect(Collectors.joining(" \u2192 ")) + ". Of "
                + Words.duration(shape.makespan()) + " it worked for " + Words.duration(work) + " and waited for "
                + Words.duration(rest.isNegative() ? Duration.ZERO : rest) + "."
                + (begun > RunTimeline.MOST_STEPS
                        ? " Drawn: the " + RunTimeline.MOST_STEPS + " longest of " + begun + " steps."
                        : "");
    }

    private void failures(List<Step> steps) {
        steps.stream().filter(step -> step.status() == StepStatus.FAILED).forEach(step -> {
            page.open("div", "class", "failure bad").open("h4");
            page.element("bdi", step.step());
            page.text(
                    " failed" + step.sqlState().map(state -> " [" + state + "]").orElse("")
                            + (step.attempts() > 1 ? " after " + step.attempts() + " attempts" : ""));
            page.close();
            page.open("p", "class", "message").lines(step.error().orElse("")).close();
            page.closeLine();
        });
    }

    private void drifted(List<Step> steps) {
        for (Step step : steps) {
            step.incremental().filter(DeltaRefresh::hasDrifted).ifPresent(how -> {
                page.open("div", "class", "failure warn").open("h4").element("bdi", step.step());
                page.text(" had drifted").close();
                page.element(
                        "p",
                        Words.plural(how.drift(), "row")
                                + " differed from the definition although nothing had called for"
                                + " it, and were mended: the declaration of the delta table misses something.",
                        "class",
                        "message");
                page.closeLine();
            });
        }
    }

    private void skipped(List<Step> steps) {
        Map<String, List<String>> byReason = new LinkedHashMap<>();
        steps.forEach(step -> byReason.computeIfAbsent(step.error().orElse("skipped"), reason -> new ArrayList<>())
                .add(step.step()));
        byReason.forEach((reason, names) ->
                page.element("p", "Skipped, " + reason + ": " + String.join(", ", names) + ".", "class", "note"));
    }

    private void earlier(List<StatusPage.RecordedRun> runs) {
        page.open("details", "class", "run");
        page.element("summary", Words.plural(runs.size(), "more run"));
        page.open("div", "class", "wide", "tabindex", "0", "role", "region", "aria-label", "Table of more runs");
        page.open("table").open("thead").open("tr");
        for (String title : List.of("Began", "State", "Kind", "Trigger", "Took", "Steps", "Process")) {
            page.element("th", title, "scope", "col");
        }
        page.close().close().open("tbody");
        for (StatusPage.RecordedRun recorded : runs) {
            HistoryEntry.Run run = recorded.run();
            RunShape shape = new RunShape(status.plan(), recorded, status.at());
            page.open("tr").element("th", Words.time(run.startedAt()), "scope", "row");
            page.element(
                    "td",
                    Words.sign(run.status()) + " " + Words.lower(run.status()),
                    "class",
                    Words.tone(run.status()));
            page.element("td", Words.lower(run.kind()));
            page.element("td", run.trigger());
            page.element("td", Words.duration(shape.makespan()));
            page.element("td", tally(shape));
            page.element("td", run.process());
            page.closeLine();
        }
        page.close().close().close();
        page.closeLine();
    }
}
