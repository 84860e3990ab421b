package io.olapsync.notify;

import io.olapsync.spi.Alert;
import io.olapsync.spi.Incident;
import io.olapsync.spi.IncidentCause;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * A message in words, for notifiers: plain text without control characters, each part cut to a bearable length. Names and
 * errors are otherwise as they came: escape them as the receiver needs it.
 */
public final class AlertText {

    private static final int LONGEST_NAME = 120;
    private static final int LONGEST_ERROR = 1_200;
    private static final int LONGEST_LINE = 160;
    private static final int MOST_LISTED = 10;

    private AlertText() {}

    /** What happened, on one line. */
    public static String subject(Alert alert) {
        String text;
        if (alert.kind() == Alert.Kind.SUMMARY) {
            long open = open(alert);
            long over = alert.items().size() - open;
            text = (open > 0 ? open + " FAILED" : "")
                    + (open > 0 && over > 0 ? ", " : "")
                    + (over > 0 ? over + " RECOVERED" : "");
        } else {
            text = headline(alert.incident());
        }
        return "[" + cut(oneLine(alert.plan()), LONGEST_NAME) + "] " + text;
    }

    /** The rest of it: lines, separated by line feeds. */
    public static String body(Alert alert) {
        List<String> lines = switch (alert.kind()) {
            case OPENED -> opened(alert.items().get(0));
            case RECOVERED -> recovered(alert.items().get(0));
            case SUMMARY -> summary(alert);
        };
        lines.add("told by: " + oneLine(alert.process()) + ", " + time(alert.at()));
        return String.join("\n", lines);
    }

    private static List<String> opened(Alert.Item item) {
        Incident incident = item.incident();
        IncidentCause cause = incident.cause();
        List<String> lines = new ArrayList<>();
        lines.add("error: " + cut(severalLines(cause.error()), LONGEST_ERROR));
        cause.sqlState().ifPresent(state -> lines.add("SQLSTATE: " + oneLine(state)));
        lines.add("what to do: " + cut(severalLines(cause.remedy().orElseGet(() -> advice(incident))), LONGEST_ERROR));
        lines.add("since: " + time(incident.openedAt())
                + (incident.times() > 1 ? ", " + incident.times() + " times, last " + time(incident.lastAt()) : ""));
        lines.add(asOf(item));
        run(cause, lines);
        lines.add("noticed by: " + oneLine(cause.process()));
        return lines;
    }

    private static List<String> recovered(Alert.Item item) {
        Incident incident = item.incident();
        Instant end = incident.resolvedAt().orElse(incident.lastAt());
        List<String> lines = new ArrayList<>();
        lines.add("failed: from " + time(incident.openedAt()) + " to " + time(end) + ", "
                + took(Duration.between(incident.openedAt(), end))
                + (incident.times() > 1 ? ", " + incident.times() + " times" : ""));
        lines.add(asOf(item));
        lines.add("the last error was: " + cut(severalLines(incident.cause().error()), LONGEST_ERROR));
        run(incident.cause(), lines);
        return lines;
    }

    private static List<String> summary(Alert alert) {
        List<String> lines = new ArrayList<>();
        alert.items().stream().limit(MOST_LISTED).forEach(item -> {
            Incident incident = item.incident();
            lines.add("- " + headline(incident)
                    + (incident.isOpen() ? ": " + cut(oneLine(incident.cause().error()), LONGEST_LINE) : ""));
        });
        int more = alert.items().size() - MOST_LISTED;
        if (more > 0) {
            lines.add("… and " + more + " more");
        }
        alert.items().stream()
                .filter(item -> item.incident().isOpen())
                .map(item -> item.incident().cause().remedy())
                .flatMap(remedy -> remedy.stream())
                .findFirst()
                .ifPresent(
                        remedy -> lines.add("what to do about the first: " + cut(severalLines(remedy), LONGEST_ERROR)));
        return lines;
    }

    private static long open(Alert alert) {
        return alert.items().stream().filter(item -> item.incident().isOpen()).count();
    }

    private static String headline(Incident incident) {
        String subject = cut(oneLine(incident.key().subject()), LONGEST_NAME);
        boolean open = incident.isOpen();
        String what = switch (incident.key().topic()) {
            case REFRESH -> subject + (open ? " cannot be refreshed" : " is refreshed again");
            case DRIFT -> subject + (open ? " drifts from its definition" : " no longer drifts from its definition");
            case CHECK -> "the check " + subject + (open ? " does not pass" : " passes again");
            case RUN -> "the " + subject + " sync" + (open ? " fails" : " succeeds again");
            case STALENESS -> subject + (open ? " is out of date" : " is up to date again");
            case SCHEDULE -> "the schedule " + subject + (open ? " does not run as it should" : " runs again");
            case TARGET_LAG -> subject + (open ? " is not held to its target lag" : " is held to its target lag again");
            case STORE -> "the database " + (open ? "cannot be asked" : "can be asked again");
        };
        return (open ? "FAILED: " : "RECOVERED: ") + what;
    }

    private static String advice(Incident incident) {
        return switch (incident.key().topic()) {
            case DRIFT -> "find what the declaration of the delta table misses: see docs/delta-tables.md";
            case REFRESH, CHECK, RUN -> "look at the run in the history; the next sync tries again";
            case STALENESS -> "see whether anything runs the sync: its schedule, its events, the locks of its views";
            case SCHEDULE -> "see whether a process that has this schedule is started, and what its health says";
            case TARGET_LAG -> "see in the history how long its refreshes take, or give it a longer target lag";
            case STORE -> "see whether the database runs, accepts connections, and lets this role in";
        };
    }

    private static String asOf(Alert.Item item) {
        return "readers see: "
                + item.asOf().map(asOf -> "data as of " + time(asOf)).orElse("data of an unknown age");
    }

    private static void run(IncidentCause cause, List<String> lines) {
        cause.run()
                .ifPresent(run -> lines.add("run: " + run
                        + (cause.attempts() > 0
                                ? ", " + cause.attempts() + (cause.attempts() == 1 ? " attempt" : " attempts")
                                : "")));
    }

    private static String time(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static String took(Duration time) {
        return time.compareTo(Duration.ofMinutes(2)) < 0
                ? Math.max(0, time.toSeconds()) + " s"
                : time.compareTo(Duration.ofHours(2)) < 0 ? time.toMinutes() + " min" : time.toHours() + " h";
    }

    private static String oneLine(String text) {
        return clean(text, false);
    }

    private static String severalLines(String text) {
        return clean(text, true);
    }

    /** Without what moves the cursor, breaks a header or turns the direction of writing. */
    private static String clean(String text, boolean lines) {
        StringBuilder clean = new StringBuilder(Math.min(text.length(), 2 * LONGEST_ERROR));
        for (int i = 0; i < text.length() && clean.length() < 2 * LONGEST_ERROR; i++) {
            char c = text.charAt(i);
            boolean turns = (c >= '\u202a' && c <= '\u202e')
                    || (c >= '\u2066' && c <= '\u2069')
                    || c == '\u200e'
                    || c == '\u200f'
                    || c == '\u061c';
            boolean breaks = Character.isISOControl(c) || c == '\u2028' || c == '\u2029';
            clean.append(lines && c == '\n' ? '\n' : breaks || turns ? ' ' : c);
        }
        return clean.toString();
    }

    /** At most so many characters, and no half of a pair. */
    static String cut(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(most - 2)) ? most - 2 : most - 1;
        return text.substring(0, end) + "…";
    }
}
