package io.olapsync.report;

import io.olapsync.SyncHealth;
import io.olapsync.spi.Finding;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What sets syncs off, and what the doctor says. */
final class SupplySections {

    private static final String NONE = "\u2013";

    private final StatusPage status;
    private final Markup page;

    SupplySections(StatusPage status, Markup page) {
        this.status = status;
        this.page = page;
    }

    void write() {
        SyncHealth health = status.health();
        if (!health.schedules().isEmpty()) {
            table("schedules", "Schedules", "Name", "When", "Next", "Last tick", "State");
            health.schedules().forEach(this::schedule);
            endTable();
        }
        if (!health.sources().isEmpty()) {
            table("sources", "Event sources", "Source", "State", "Delivered", "Waiting", "Unknown", "Set aside");
            health.sources().forEach(this::source);
            endTable();
        }
        status.findings().ifPresent(this::doctor);
    }

    private void table(String id, String title, String... columns) {
        StatusHtml.section(page, id, title, "");
        page.open("div", "class", "wide", "tabindex", "0", "role", "region", "aria-label", title);
        page.open("table").open("thead").open("tr");
        for (String column : columns) {
            page.element("th", column, "scope", "col");
        }
        page.close().close().open("tbody");
    }

    private void endTable() {
        page.close().close().close();
        page.closeLine();
    }

    private void schedule(SyncHealth.Schedule schedule) {
        page.open("tr").element("th", schedule.name(), "scope", "row");
        page.element("td", schedule.text());
        moment(schedule.next());
        moment(schedule.lastTick());
        state(schedule.problem());
        page.closeLine();
    }

    private void source(SyncHealth.Source source) {
        page.open("tr").element("th", source.name(), "scope", "row");
        state(source.problem());
        for (long count : new long[] {source.delivered(), source.waiting(), source.unknown(), source.setAside()}) {
            page.element("td", Words.count(count));
        }
        page.closeLine();
    }

    private void state(Optional<String> problem) {
        page.element(
                "td",
                problem.map(what -> "\u2715 " + what).orElse("\u2713 fine"),
                "class",
                problem.isPresent() ? "bad" : "good");
    }

    private void moment(Optional<Instant> time) {
        page.open("td");
        if (time.isPresent()) {
            StatusHtml.time(page, time.get(), status.at());
        } else {
            page.text(NONE);
        }
        page.close();
    }

    private void doctor(List<Finding> findings) {
        StatusHtml.section(
                page,
                "doctor",
                "Doctor",
                findings.isEmpty()
                        ? "\u2713 Nothing found."
                        : "What would make a refresh fail or hurt, with what mends it.");
        page.open("ul", "class", "items");
        for (Finding finding : findings) {
            page.open("li", "class", tone(finding.severity()));
            page.open("h3");
            page.element("span", Words.lower(finding.severity()), "class", "tag");
            page.text(" ");
            if (finding.view() != null) {
                page.element("bdi", finding.view().toString()).text(": ");
            }
            page.text(finding.code()).close();
            page.open("p", "class", "message").lines(finding.problem()).close();
            if (!finding.remedy().isEmpty()) {
                page.open("pre", "tabindex", "0")
                        .open("code")
                        .lines(finding.remedy())
                        .close()
                        .close();
            }
            page.closeLine();
        }
        page.close();
        page.closeLine();
    }

    private static String tone(Finding.Severity severity) {
        return switch (severity) {
            case ERROR -> "bad";
            case WARNING -> "warn";
            case INFO -> "dim";
        };
    }
}
