package io.olapsync.examples;

import io.olapsync.SyncHealth;
import io.olapsync.SyncPlan;
import io.olapsync.report.StatusPage;
import io.olapsync.spi.CheckSpec;
import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.Finding;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.RunId;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.StepStatus;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Status pages with all there is to show: states of each kind, retries, a failure, a pause, names of the hostile kind. */
final class SamplePages {

    static final Instant NOW = Instant.parse("2026-03-02T09:30:00Z");

    /** Would be a script, the end of one, an attribute, or text in the wrong direction, were it not escaped. */
    static final String HOSTILE = "</script><img src=x onerror=alert(1)> \"'\u202Egnp";

    private static final Duration DAY = Duration.ofDays(1);

    private SamplePages() {}

    static SyncPlan plan() {
        String[] dimensions = {"dim_case_type", "dim_org", "dim_time", "dim_stakeholder_type"};
        return SyncPlan.named("vision-olap")
                .check("validate_source_data", CheckSpec.of("postgres.tables-readable", "cases"))
                .view("dim_case_type")
                .view("dim_org")
                .view("dim_time")
                .view("dim_stakeholder_type")
                .view("mv_business_fact", v -> v.after(dimensions).targetLag(Duration.ofMinutes(5)))
                .view("mv_cashflow_fact", v -> v.after(dimensions))
                .view("월별_매출_요약", v -> v.after("mv_cashflow_fact", "dim_time"))
                .view(ViewName.of("public", HOSTILE), v -> v.after("mv_business_fact"))
                .invalidationStep("invalidate_redis_cache")
                .build();
    }

    static StatusPage page() {
        List<StatusPage.RecordedRun> runs = new ArrayList<>();
        runs.add(full(1, NOW.minusSeconds(23_400), true));
        for (int i = 0; i < 12; i++) {
            runs.add(event(10 + i, NOW.minusSeconds(130 + 560L * i)));
        }
        runs.add(full(2, NOW.minusSeconds(23_400).minus(DAY), false));
        runs.sort((a, b) -> b.run().startedAt().compareTo(a.run().startedAt()));
        return new StatusPage(plan(), health(), runs, Optional.of(findings()), List.of(), NOW);
    }

    /** A plan of so many views in layers of twenty, each with the longest name that there is. */
    static StatusPage large(int number) {
        SyncPlan.Builder building = SyncPlan.named("large");
        for (int i = 0; i < number; i++) {
            int own = i;
            building.view(longest(i), view -> {
                if (own >= 20) {
                    view.after(longest(own - 20), longest(own / 20 * 20 - 20));
                }
            });
        }
        SyncPlan plan = building.build();
        List<SyncHealth.View> views = plan.views().stream()
                .map(view -> view(view.name(), Optional.empty(), SyncHealth.Status.HEALTHY, 60, 1_000))
                .toList();
        SyncHealth health = new SyncHealth(
                SyncHealth.Status.HEALTHY,
                Optional.of(NOW),
                Optional.of(NOW),
                Optional.empty(),
                views,
                List.of(),
                List.of(),
                List.of(),
                List.of());
        RunId id = new RunId(new UUID(1, 1));
        Instant began = NOW.minusSeconds(90);
        List<HistoryEntry.Step> steps = plan.views().stream()
                .map(view -> done(id, view.name().name(), began, 100, 20_000, 15_000))
                .toList();
        return new StatusPage(
                plan,
                health,
                List.of(new StatusPage.RecordedRun(
                        run(id, SyncKind.FULL, "schedule nightly", RunStatus.COMPLETED, began, 21_000), steps)),
                Optional.empty(),
                List.of(),
                NOW);
    }

    /** 63 bytes. */
    private static String longest(int number) {
        return "매출".repeat(10) + (100 + number);
    }

    private static SyncHealth health() {
        List<SyncHealth.View> views = plan().views().stream()
                .map(view -> switch (view.name().name()) {
                    case "mv_business_fact" -> view(view.name(), SyncHealth.Status.HEALTHY, 128, 41_237);
                    case "mv_cashflow_fact" -> view(view.name(), SyncHealth.Status.FAILING, 109_800, 310_552);
                    case "월별_매출_요약" -> view(view.name(), SyncHealth.Status.STALE, 109_790, 1_204);
                    case "dim_time" -> paused(view(view.name(), SyncHealth.Status.HEALTHY, 23_380, 3_653));
                    case HOSTILE -> view(view.name(), SyncHealth.Status.UNKNOWN, 0, 7);
                    default -> view(view.name(), SyncHealth.Status.HEALTHY, 23_390, 26);
                })
                .toList();
        return new SyncHealth(
                SyncHealth.Status.FAILING,
                Optional.of(NOW),
                Optional.of(NOW.minusSeconds(109_780)),
                Optional.of(NOW.minusSeconds(125)),
                views,
                List.of(ViewName.parse("dim_org")),
                List.of(new SyncHealth.Source("redis stream 'events'", Optional.empty(), 18_233, 4, 12, 1)),
                List.of(new SyncHealth.Schedule(
                        "nightly " + HOSTILE,
                        "0 3 * * * UTC, all views",
                        Optional.of(NOW.minusSeconds(23_400)),
                        Optional.of(NOW.plusSeconds(63_000)),
                        Optional.empty())),
                List.of("the cache could not be asked: " + HOSTILE));
    }

    private static SyncHealth.View view(ViewName name, SyncHealth.Status status, long age, long rows) {
        return view(name, plan().view(name).targetLag(), status, age, rows);
    }

    private static SyncHealth.View view(
            ViewName name, Optional<Duration> targetLag, SyncHealth.Status status, long age, long rows) {
        boolean failing = status == SyncHealth.Status.FAILING;
        Optional<DataAsOf> asOf =
                age == 0 ? Optional.empty() : Optional.of(new DataAsOf(NOW.minusSeconds(age), "10:10:"));
        return new SyncHealth.View(
                name,
                status,
                Optional.of(rows),
                asOf.map(known -> known.time().plusSeconds(3)),
                asOf.map(known -> Duration.ofMillis(2_800)),
                asOf,
                asOf.map(known -> Duration.ofSeconds(age)),
                failing ? Optional.of(SkipReason.SUSPENDED) : Optional.empty(),
                failing ? 5 : 0,
                failing
                        ? Optional.of("refreshing mv_cashflow_fact failed after 4.1 s: could not create unique index"
                                + "\nDETAIL:  Key (entry_id)=(4711) is duplicated. " + HOSTILE)
                        : Optional.empty(),
                Duration.ofHours(25),
                targetLag,
                name.name().equals("mv_business_fact") ? Optional.of(NOW.plusSeconds(172)) : Optional.empty(),
                0,
                0,
                false);
    }

    private static SyncHealth.View paused(SyncHealth.View view) {
        return new SyncHealth.View(
                view.name(),
                view.status(),
                view.rows(),
                view.lastRefreshed(),
                view.refreshDuration(),
                view.asOf(),
                view.staleness(),
                Optional.of(SkipReason.PAUSED),
                0,
                Optional.empty(),
                view.staleAfter(),
                view.targetLag(),
                view.nextDue(),
                view.pendingEvents(),
                view.pendingOrders(),
                view.pendingInvalidation());
    }

    private static List<Finding> findings() {
        return List.of(
                new Finding(
                        Finding.Severity.ERROR,
                        "duplicate-keys",
                        ViewName.parse("mv_cashflow_fact"),
                        "The definition gives two rows for entry 4711; no unique index can hold them.",
                        "DELETE FROM cash_flow_entries a USING cash_flow_entries b\n  WHERE a.id = b.id AND a.ctid < b.ctid;"),
                new Finding(
                        Finding.Severity.WARNING,
                        "null-churn",
                        ViewName.of("public", HOSTILE),
                        "1,200 rows have a NULL in a unique index. " + HOSTILE,
                        "coalesce(region, '') -- " + HOSTILE),
                new Finding(Finding.Severity.INFO, "standby", null, "Nothing to worry about.", ""));
    }

    private static StatusPage.RecordedRun full(int number, Instant at, boolean fails) {
        RunId run = new RunId(new UUID(0, number));
        List<HistoryEntry.Step> steps = new ArrayList<>();
        steps.add(done(run, "validate_source_data", at, 40, 350, 0));
        steps.add(done(run, "dim_case_type", at, 400, 1_100, 700));
        steps.add(done(run, "dim_org", at, 400, 2_900, 2_400));
        steps.add(done(run, "dim_time", at, 410, 900, 480));
        steps.add(done(run, "dim_stakeholder_type", at, 410, 9_400, 1_900));
        steps.add(done(run, "mv_business_fact", at, 9_450, 31_300, 21_700));
        if (fails) {
            steps.add(failed(run, "mv_cashflow_fact", at, 9_450, 44_000));
            steps.add(skipped(run, "월별_매출_요약", at, 44_000, "upstream failed: mv_cashflow_fact"));
        } else {
            steps.add(done(run, "mv_cashflow_fact", at, 9_450, 36_000, 26_000));
            steps.add(done(run, "월별_매출_요약", at, 36_050, 38_000, 1_900));
        }
        steps.add(done(run, HOSTILE, at, 31_400, 34_000, 2_400));
        steps.add(done(run, "invalidate_redis_cache", at, 44_050, 44_100, 0));
        steps.add(done(run, "record_sync_completion", at, 44_110, 44_160, 0));
        RunStatus status = fails ? RunStatus.FAILED : RunStatus.COMPLETED;
        return new StatusPage.RecordedRun(run(run, SyncKind.FULL, "schedule 'nightly'", status, at, 44_200), steps);
    }

    private static StatusPage.RecordedRun event(int number, Instant at) {
        RunId run = new RunId(new UUID(0, number));
        return new StatusPage.RecordedRun(
                run(run, SyncKind.EVENT, "event case_created " + HOSTILE, RunStatus.COMPLETED, at, 4_900),
                List.of(done(run, "dim_org", at, 20, 900, 860), done(run, "mv_business_fact", at, 910, 4_700, 3_500)));
    }

    private static HistoryEntry.Run run(
            RunId run, SyncKind kind, String trigger, RunStatus status, Instant at, long millis) {
        return new HistoryEntry.Run(
                run,
                "vision-olap",
                kind,
                trigger,
                status,
                at,
                Optional.of(at.plusMillis(millis)),
                "axiom-core-7f6b/1",
                Optional.empty());
    }

    private static HistoryEntry.Step done(RunId run, String step, Instant at, long from, long to, long took) {
        boolean view = took > 0;
        return new HistoryEntry.Step(
                run,
                step,
                view ? Optional.of(ViewName.of("public", step)) : Optional.empty(),
                StepStatus.COMPLETED,
                at.plusMillis(from),
                Optional.of(at.plusMillis(to)),
                view ? Optional.of(1_000L) : Optional.empty(),
                view ? Optional.of(new RowDelta(took / 7, 0, took / 90)) : Optional.empty(),
                view ? Optional.of(Duration.ofMillis(took)) : Optional.empty(),
                view ? Optional.of(new DataAsOf(at.plusMillis(to - took), "10:10:")) : Optional.empty(),
                step.equals("dim_stakeholder_type") ? 3 : 1,
                Optional.empty(),
                Optional.empty());
    }

    private static HistoryEntry.Step failed(RunId run, String view, Instant at, long from, long to) {
        return ended(run, view, StepStatus.FAILED, at, from, to, Optional.of("23505"), "duplicate key. " + HOSTILE);
    }

    private static HistoryEntry.Step skipped(RunId run, String view, Instant at, long when, String why) {
        return ended(run, view, StepStatus.SKIPPED, at, when, when, Optional.empty(), why);
    }

    private static HistoryEntry.Step ended(
            RunId run,
            String view,
            StepStatus status,
            Instant at,
            long from,
            long to,
            Optional<String> sqlState,
            String error) {
        return new HistoryEntry.Step(
                run,
                view,
                Optional.of(ViewName.of("public", view)),
                status,
                at.plusMillis(from),
                Optional.of(at.plusMillis(to)),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                status == StepStatus.FAILED ? 4 : 0,
                sqlState,
                Optional.of(error));
    }
}
