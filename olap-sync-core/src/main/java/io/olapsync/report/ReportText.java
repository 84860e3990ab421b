package io.olapsync.report;

import io.olapsync.StepReport;
import io.olapsync.SyncReport;
import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.StepOutcome;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** A report for people: a line per step, and a timeline of what ran beside what. */
public final class ReportText {

    private static final int WIDTH = 40;
    private static final String BLANK = " ";

    private ReportText() {}

    /** Several lines, each ended by a line break. */
    public static String of(SyncReport report) {
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT,
                "run %s of plan '%s' (%s, %s): %s in %s%n",
                report.run(),
                report.plan(),
                report.kind().name().toLowerCase(Locale.ROOT),
                report.publication().name().toLowerCase(Locale.ROOT),
                report.status().name().toLowerCase(Locale.ROOT),
                millis(report.makespan())));
        report.asOf().ifPresent(asOf -> text.append(String.format("data as of %s%n", asOf.time())));
        report.failure().ifPresent(failure -> text.append(String.format("failed: %s%n", failure(failure))));
        int width = report.steps().stream()
                .mapToInt(step -> Columns.width(step.step()))
                .max()
                .orElse(0);
        for (StepReport step : report.steps()) {
            text.append(line(step, width, report.makespan()));
        }
        text.append(String.format("critical path: %s%n", String.join(" > ", report.criticalPath())));
        if (!report.pendingInvalidations().isEmpty()) {
            text.append(String.format("caches not invalidated yet: %s%n", report.pendingInvalidations()));
        }
        report.findings().forEach(finding -> text.append(String.format("%s%n", finding)));
        return text.toString();
    }

    private static String line(StepReport step, int width, Duration makespan) {
        return String.format(
                Locale.ROOT,
                "  %s |%s| %9s  %s%n",
                Columns.pad(step.step(), width),
                bar(step, makespan),
                millis(step.took()),
                outcome(step));
    }

    /** Where in the run the step was under way. */
    private static String bar(StepReport step, Duration makespan) {
        if (step.startedAt().isEmpty()) {
            return BLANK.repeat(WIDTH);
        }
        double perColumn = Math.max(1, makespan.toNanos()) / (double) WIDTH;
        int from = (int) Math.min(WIDTH - 1, step.began().toNanos() / perColumn);
        int to = (int) Math.ceil(step.began().plus(step.took()).toNanos() / perColumn);
        int length = Math.max(1, Math.min(WIDTH, to) - from);
        return BLANK.repeat(from) + "=".repeat(length) + BLANK.repeat(WIDTH - from - length);
    }

    private static String outcome(StepReport step) {
        StepOutcome outcome = step.outcome();
        if (outcome instanceof StepOutcome.Refreshed refreshed) {
            return String.format(
                    Locale.ROOT,
                    "refreshed  %s rows, %s%s%s",
                    refreshed.result().rows(),
                    refreshed.result().delta().map(RowDelta::toString).orElse("delta unknown"),
                    attempts(refreshed.attempts()),
                    refreshed.result().incremental().map(ReportText::way).orElse(""));
        }
        if (outcome instanceof StepOutcome.Skipped skipped) {
            return "skipped    " + skipped.reason() + (skipped.detail().isEmpty() ? "" : ": " + skipped.detail());
        }
        if (outcome instanceof StepOutcome.Failed failed) {
            return "FAILED     " + failure(failed.cause()) + attempts(failed.attempts());
        }
        return "passed     " + ((StepOutcome.Passed) outcome).detail();
    }

    private static String failure(RefreshException cause) {
        String message = String.valueOf(cause.getMessage());
        return message
                + cause.sqlState().map(state -> " [" + state + "]").orElse("")
                + cause.unsaidRemedy().map(remedy -> "; remedy: " + remedy).orElse("");
    }

    private static String way(DeltaRefresh how) {
        return "; " + how + (how.reason().isBlank() ? "" : ": " + how.reason());
    }

    private static String attempts(int attempts) {
        return attempts > 1 ? ", " + attempts + " attempts" : "";
    }

    private static String millis(Duration duration) {
        return duration.toMillis() + " ms";
    }

    /** Text in columns of a terminal, where an East Asian character takes two. */
    private static final class Columns {

        private static final List<Character.UnicodeScript> WIDE = List.of(
                Character.UnicodeScript.HANGUL,
                Character.UnicodeScript.HAN,
                Character.UnicodeScript.HIRAGANA,
                Character.UnicodeScript.KATAKANA);

        static int width(String text) {
            return text.codePoints()
                    .map(c -> WIDE.contains(Character.UnicodeScript.of(c)) ? 2 : 1)
                    .sum();
        }

        static String pad(String text, int width) {
            return text + BLANK.repeat(Math.max(0, width - width(text)));
        }
    }
}
