package io.olapsync.report;

import io.olapsync.SyncHealth;
import io.olapsync.spi.Finding;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.ViewName;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What somebody should look at, the worst first, with what mends it. Absent where there is nothing. */
final class AttentionSection {

    private static final Set<RunStatus> WRONG = Set.of(RunStatus.FAILED, RunStatus.REJECTED, RunStatus.ABANDONED);

    private final StatusPage status;
    private final Markup page;
    private boolean begun;

    AttentionSection(StatusPage status, Markup page) {
        this.status = status;
        this.page = page;
    }

    void write() {
        SyncHealth health = status.health();
        health.problems().forEach(problem -> item("bad", "Not everything is known", problem));
        status.problems().forEach(problem -> item("bad", "Not everything is known", problem));
        health.views().stream()
                .filter(view -> view.status() == SyncHealth.Status.FAILING)
                .forEach(this::failing);
        lastRun();
        health.schedules()
                .forEach(schedule -> schedule.problem()
                        .ifPresent(problem -> item("bad", "Schedule " + schedule.name() + " is not kept", problem)));
        health.sources()
                .forEach(source -> source.problem()
                        .ifPresent(problem -> item("bad", "Events of " + source.name() + " cannot be read", problem)));
        stale();
        health.views().stream()
                .filter(view ->
                        view.heldBack().filter(SkipReason.PAUSED::equals).isPresent())
                .forEach(view -> item(
                        "warn",
                        view.name() + " is paused",
                        "An operator has paused it. No sync of any kind refreshes it until it is resumed."));
        if (!health.pendingInvalidations().isEmpty()) {
            item(
                    "warn",
                    "Caches of " + names(health.pendingInvalidations()) + " are not invalidated yet",
                    "The cache could not be reached. It is tried again until it can; readers who ask it may see older data.");
        }
        if (begun) {
            page.close();
            page.closeLine();
        }
    }

    private void failing(SyncHealth.View view) {
        boolean suspended = view.heldBack().filter(SkipReason.SUSPENDED::equals).isPresent();
        String times = view.failures() == 0
                ? view.name() + " fails"
                : view.name() + " failed " + view.failures() + (view.failures() == 1 ? " time" : " times in a row");
        item(
                "bad",
                times + (suspended ? " and is suspended" : ""),
                view.lastError().orElse("No error is recorded.")
                        + (suspended
                                ? "\nCalls and events leave it alone until it is resumed or a full sync succeeds."
                                : ""),
                remedies(view.name()));
    }

    private List<String> remedies(ViewName view) {
        return status.findings().orElse(List.of()).stream()
                .filter(finding -> finding.isError() && view.equals(finding.view()))
                .map(Finding::remedy)
                .filter(remedy -> !remedy.isEmpty())
                .toList();
    }

    /** What is wrong with a run as a whole; what is wrong with one view of it is said there. */
    private void lastRun() {
        status.runs().stream().findFirst().map(StatusPage.RecordedRun::run).ifPresent(run -> {
            if (WRONG.contains(run.status()) && (run.error().isPresent() || run.status() != RunStatus.FAILED)) {
                item("bad", headline(run), run.error().orElse("Its process ended without a word: " + run.process()));
            }
        });
    }

    private static String headline(HistoryEntry.Run run) {
        return "The last run, " + Words.lower(run.kind()) + " at " + Words.time(run.startedAt()) + ", was "
                + (run.status() == RunStatus.FAILED ? "not successful" : Words.lower(run.status()));
    }

    private void stale() {
        List<ViewName> stale = status.health().views().stream()
                .filter(view -> view.status() == SyncHealth.Status.STALE)
                .map(SyncHealth.View::name)
                .toList();
        if (!stale.isEmpty()) {
            item(
                    "warn",
                    Words.plural(stale.size(), "view") + (stale.size() == 1 ? " is" : " are")
                            + " older than the limit, or never refreshed",
                    names(stale));
        }
    }

    private void item(String tone, String headline, String text) {
        item(tone, headline, text, List.of());
    }

    private void item(String tone, String headline, String text, List<String> remedies) {
        if (!begun) {
            StatusHtml.section(page, "attention", "Needs attention", "");
            page.open("ul", "class", "items");
            begun = true;
        }
        page.open("li", "class", tone);
        page.open("h3");
        page.element("span", tone.equals("bad") ? "\u2715" : "!", "class", "sign", "aria-hidden", "true");
        page.text(" " + headline).close();
        page.open("p", "class", "message").lines(text).close();
        for (String remedy : remedies) {
            page.element("p", "What mends it:", "class", "note");
            page.open("pre", "tabindex", "0").open("code").lines(remedy).close().close();
        }
        page.closeLine();
    }

    private static String names(List<ViewName> views) {
        int most = 12;
        String first = views.stream().limit(most).map(ViewName::toString).collect(Collectors.joining(", "));
        return views.size() <= most ? first : first + " and " + (views.size() - most) + " more";
    }
}
