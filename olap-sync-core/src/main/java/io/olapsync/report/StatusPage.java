package io.olapsync.report;

import io.olapsync.OlapSync;
import io.olapsync.SyncHealth;
import io.olapsync.SyncPlan;
import io.olapsync.spi.Finding;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.SyncHistory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A page that shows how a plan is doing: the views in their order and with their states, the last runs as timelines, how old
 * the data was over time, and what needs attention with what mends it.
 *
 * <pre>{@code
 * String html = StatusPage.of(sync, PostgresHistory.of(dataSource)).html();
 * }</pre>
 *
 * <p>The page is one file. It loads nothing, has no script, and satisfies {@link #contentSecurityPolicy()}, which it also
 * carries. It shows names, triggers, errors and DDL to whoever may open it, so it belongs behind the host's
 * authentication; whatever those contain is shown as text. The same value gives the same page. All times are UTC.
 *
 * <p>Immutable; the components are for a host that has them from elsewhere.
 *
 * @param plan the plan
 * @param health its state
 * @param runs the latest runs, newest first, as {@link SyncHistory#recentRuns} gives them; may be empty
 * @param findings what the doctor says, worst first; empty: nobody asked him
 * @param problems what could not be found out for this page beside what the health names; usually empty
 * @param at the moment that the page shows
 */
public record StatusPage(
        SyncPlan plan,
        SyncHealth health,
        List<RecordedRun> runs,
        Optional<List<Finding>> findings,
        List<String> problems,
        Instant at) {

    /** How many runs {@link #withHistory} takes. */
    public static final int RUNS = 30;

    /**
     * A run of the history with its steps.
     *
     * @param run the line of the run
     * @param steps the lines of its steps, in any order; may be empty
     */
    public record RecordedRun(HistoryEntry.Run run, List<HistoryEntry.Step> steps) {
        public RecordedRun {
            Objects.requireNonNull(run, "run");
            steps = List.copyOf(steps);
        }
    }

    public StatusPage {
        Objects.requireNonNull(plan, "plan");
        Objects.requireNonNull(health, "health");
        Objects.requireNonNull(at, "at");
        runs = List.copyOf(runs);
        findings = findings.map(List::copyOf);
        problems = List.copyOf(problems);
    }

    /** A page of this health at this moment, without history and findings. */
    public static StatusPage of(SyncPlan plan, SyncHealth health, Instant at) {
        return new StatusPage(plan, health, List.of(), Optional.empty(), List.of(), at);
    }

    /**
     * The page of this engine now, with the latest {@value #RUNS} runs. Blocks for a few reads; never throws because a
     * server is away, but says so on the page.
     */
    public static StatusPage of(OlapSync sync, SyncHistory history) {
        return of(sync.plan(), sync.health(), Instant.now()).withHistory(history);
    }

    /**
     * The same with the latest {@value #RUNS} runs of this history. Blocks for two reads. What cannot be read becomes one of
     * the {@link #problems}.
     */
    public StatusPage withHistory(SyncHistory history) {
        try {
            List<HistoryEntry.Run> latest = history.recentRuns(plan.name(), RUNS);
            Map<RunId, List<HistoryEntry.Step>> steps =
                    history.steps(latest.stream().map(HistoryEntry.Run::run).toList());
            return new StatusPage(
                    plan,
                    health,
                    latest.stream()
                            .map(run -> new RecordedRun(run, steps.getOrDefault(run.run(), List.of())))
                            .toList(),
                    findings,
                    problems,
                    at);
        } catch (RefreshException | RuntimeException e) {
            List<String> more = new ArrayList<>(problems);
            more.add("the history could not be read: " + e.getMessage());
            return new StatusPage(plan, health, runs, findings, more, at);
        }
    }

    /** The same with these findings, an empty list where the doctor found nothing. */
    public StatusPage withFindings(List<Finding> findings) {
        return new StatusPage(plan, health, runs, Optional.of(findings), problems, at);
    }

    /**
     * The strictest policy that the page satisfies, for the header {@code Content-Security-Policy}: nothing may be loaded or
     * run, and the only style is the page's own, by its hash.
     */
    public static String contentSecurityPolicy() {
        return StatusHtml.POLICY + "; frame-ancestors 'none'";
    }

    /** The page: a whole HTML document, to be sent as {@code text/html; charset=utf-8}. */
    public String html() {
        return new StatusHtml(this).page();
    }
}
