package io.olapsync.report;

import io.olapsync.SyncHealth;
import io.olapsync.spi.DataAsOf;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The frame of the status page: head, headline, the sections in their order. */
final class StatusHtml {

    private static final String STYLE = style();

    /** Without {@code frame-ancestors}, which is not allowed in a page itself. */
    static final String POLICY = "default-src 'none'; style-src 'sha256-" + sha256(STYLE)
            + "'; img-src data:; base-uri 'none'; form-action 'none'";

    private static final String ICON =
            "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='7'"
                    + " fill='%23COLOUR'/%3E%3C/svg%3E";

    private final StatusPage status;
    private final Markup page = new Markup();

    StatusHtml(StatusPage status) {
        this.status = status;
    }

    String page() {
        page.constant("<!DOCTYPE html>\n");
        page.open("html", "lang", "en");
        head();
        page.open("body");
        headline();
        page.open("main");
        new AttentionSection(status, page).write();
        new ViewsSection(status, page).write();
        new RunsSection(status, page).write();
        new SupplySections(status, page).write();
        page.closeLine();
        footer();
        page.closeLine();
        page.closeLine();
        return page.toString();
    }

    /** A section with its heading; to be closed by the caller. */
    static void section(Markup page, String id, String title, String note) {
        page.open("section", "id", id, "aria-labelledby", id + "-h");
        page.element("h2", title, "id", id + "-h");
        if (!note.isEmpty()) {
            page.element("p", note, "class", "note");
        }
    }

    /** A moment, to the second for those who want it, and how long ago or ahead it is. */
    static void time(Markup page, Instant time, Instant now) {
        page.element(
                "time", Words.relative(time, now), "datetime", time.toString(), "title", Words.time(time) + " UTC");
    }

    private void head() {
        SyncHealth.Status state = status.health().status();
        page.open("head").constant("\n");
        page.empty("meta", "charset", "utf-8");
        page.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
        page.empty("meta", "http-equiv", "Content-Security-Policy", "content", POLICY);
        page.empty("meta", "name", "color-scheme", "content", "light dark");
        page.empty("meta", "name", "robots", "content", "noindex");
        page.empty("meta", "name", "referrer", "content", "no-referrer");
        page.element("title", status.plan().name() + ": " + Words.lower(state));
        page.empty("link", "rel", "icon", "href", ICON.replace("COLOUR", colour(state)));
        page.constant("\n<style>").constant(STYLE).constant("</style>\n");
        page.closeLine();
    }

    private static String colour(SyncHealth.Status state) {
        return switch (state) {
            case HEALTHY -> "1a7f4b";
            case STALE -> "b26a00";
            case FAILING -> "c0262d";
            case UNKNOWN -> "66707c";
        };
    }

    private void headline() {
        SyncHealth health = status.health();
        page.open("header", "class", "top " + Words.tone(health.status()));
        page.open("div", "class", "title");
        page.element("h1", status.plan().name());
        page.open("p", "class", "status " + Words.tone(health.status()));
        page.element("span", Words.sign(health.status()), "aria-hidden", "true", "class", "sign");
        page.text(" " + Words.lower(health.status()));
        page.close();
        page.close();
        page.element("p", sentence(), "class", "sentence");
        page.open("dl", "class", "facts");
        fact("Last full sync", health.lastFullSync());
        fact("Last incremental sync", health.lastIncrementalSync());
        fact("Oldest data", oldest());
        fact("Next due", nextDue());
        page.closeLine();
        page.closeLine();
    }

    private void fact(String name, Optional<Instant> time) {
        page.open("div").element("dt", name).open("dd");
        if (time.isPresent()) {
            StatusHtml.time(page, time.get(), status.at());
            page.element("small", Words.time(time.get()));
        } else {
            page.text("\u2013");
        }
        page.close().close();
    }

    private Optional<Instant> oldest() {
        return status.health().views().stream()
                .flatMap(view -> view.asOf().map(DataAsOf::time).stream())
                .min(Comparator.naturalOrder());
    }

    private Optional<Instant> nextDue() {
        return Stream.concat(
                        status.health().schedules().stream().flatMap(schedule -> schedule.next().stream()),
                        status.health().views().stream().flatMap(view -> view.nextDue().stream()))
                .min(Comparator.naturalOrder());
    }

    private String sentence() {
        Map<SyncHealth.Status, Integer> counts = new EnumMap<>(SyncHealth.Status.class);
        status.health().views().forEach(view -> counts.merge(view.status(), 1, Integer::sum));
        StringBuilder sentence =
                new StringBuilder(Words.plural(status.health().views().size(), "view"));
        String separator = ": ";
        for (Map.Entry<SyncHealth.Status, Integer> count : counts.entrySet()) {
            sentence.append(separator).append(count.getValue()).append(' ').append(Words.lower(count.getKey()));
            separator = ", ";
        }
        return sentence.append('.').toString();
    }

    private void footer() {
        page.open("footer").open("p").text("As of ");
        page.element("time", Words.time(status.at()), "datetime", status.at().toString());
        page.text(" UTC. All times are UTC. Made by olap-sync.");
        page.close();
        page.closeLine();
    }

    private static String style() {
        try (InputStream in = StatusHtml.class.getResourceAsStream("status-page.css")) {
            if (in == null) {
                throw new IllegalStateException("the jar of olap-sync-core lacks status-page.css");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r", "");
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read status-page.css", e);
        }
    }

    private static String sha256(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }
}
