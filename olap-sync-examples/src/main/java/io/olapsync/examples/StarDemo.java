package io.olapsync.examples;

import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.examples.star.StarChange;
import io.olapsync.examples.star.StarChanges;
import io.olapsync.examples.star.StarData;
import io.olapsync.examples.star.StarForecast;
import io.olapsync.examples.star.StarInvariant;
import io.olapsync.examples.star.StarQueries;
import io.olapsync.examples.star.StarQueries.Caseload;
import io.olapsync.examples.star.StarSchema;
import io.olapsync.jdbc.PostgresDoctor;
import io.olapsync.redis.RedisEndpoint;
import io.olapsync.redis.RedisViewCache;
import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.ViewName;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import tools.jackson.core.type.TypeReference;

/** What the main job shows on the example's star: its data, what the doctor says, and a change on its way to a reader. */
final class StarDemo {

    private static final long SEED = 20_260_301;
    private static final int ENTRIES = 20;

    private final JobServers servers;
    private final int stakeholders;
    private final PrintStream out;

    StarDemo(JobServers servers, int stakeholders, PrintStream out) {
        this.servers = servers;
        this.stakeholders = stakeholders;
        this.out = out;
    }

    /** Creates and fills the star where it is not there yet, and lets the doctor look at it. */
    void prepare(SyncPlan plan) throws SQLException, RefreshException {
        try (Connection connection = servers.dataSource().getConnection()) {
            if (StarSchema.exists(connection)) {
                out.println("the example's star is there already and is used as it is");
            } else {
                StarSchema.create(connection);
                StarData.Loaded loaded = new StarData(SEED, stakeholders).load(connection);
                out.println("star created: " + loaded.total() + " rows in "
                        + loaded.took().toMillis() + " ms " + loaded.rows());
            }
        }
        Set<ViewName> views = new LinkedHashSet<>();
        plan.views().forEach(view -> views.add(view.name()));
        out.println();
        out.println("== doctor");
        for (Finding finding : PostgresDoctor.of(servers.dataSource()).examine(views)) {
            out.println("  " + finding);
        }
    }

    /**
     * Changes rows, syncs, and compares what the sync reports with what the change must do to each view.
     *
     * @return whether all of it was as it must be
     */
    boolean changes(Supplier<SyncReport> sync) throws Exception {
        try (RedisViewCache cache = RedisViewCache.of(RedisEndpoint.of(servers.redis()))) {
            List<Caseload> before = caseloads(cache, "first read");
            caseloads(cache, "second read");
            Map<String, RowDelta> forecast = change();
            SyncReport report = sync.get();
            boolean matches = compare(forecast, report);
            List<Caseload> after = caseloads(cache, "after the sync");
            out.println("  the cached query " + (before.equals(after) ? "did not change" : "shows the change"));
            return report.succeeded() && matches && whole() && !before.equals(after);
        }
    }

    private Map<String, RowDelta> change() throws SQLException {
        out.println();
        out.println("== changes in the OLTP tables");
        StarChanges changes = StarChanges.seeded(SEED);
        List<StarChange> done = new ArrayList<>();
        try (Connection connection = servers.dataSource().getConnection()) {
            done.add(changes.newCaseInNewOrg(connection));
            done.add(changes.addCashFlow(connection, ENTRIES));
            done.add(changes.recordPerformance(connection));
            done.add(changes.changeStatus(connection));
            done.forEach(change -> out.println("  " + change));
            return StarForecast.of(connection);
        }
    }

    private boolean compare(Map<String, RowDelta> forecast, SyncReport report) {
        out.println();
        out.println("== row deltas: reported, and computed from the changes");
        boolean matches = true;
        for (Map.Entry<String, RowDelta> view : forecast.entrySet()) {
            StepOutcome outcome = report.outcome(view.getKey());
            RowDelta reported = outcome instanceof StepOutcome.Refreshed refreshed
                    ? refreshed.result().delta().orElse(null)
                    : null;
            boolean same = view.getValue().equals(reported);
            matches &= same;
            out.println("  " + view.getKey() + ": " + reported
                    + (same ? ", as computed" : ", but computed " + view.getValue()));
        }
        return matches;
    }

    private boolean whole() throws SQLException {
        try (Connection connection = servers.dataSource().getConnection()) {
            BigDecimal ofViews = StarInvariant.ofViews(connection).total();
            boolean same = ofViews.compareTo(StarInvariant.ofTables(connection).total()) == 0;
            out.println("  amounts of the views " + (same ? "equal" : "DIFFER from") + " those of the tables");
            return same;
        }
    }

    private List<Caseload> caseloads(RedisViewCache cache, String title) throws Exception {
        out.println();
        out.println("== cached query, " + title);
        long began = System.nanoTime();
        long loads = cache.stats().loads();
        List<Caseload> rows = cache.get(
                Set.of(ViewName.parse("mv_business_fact"), ViewName.parse("dim_case_type")),
                "caseloads",
                new TypeReference<List<Caseload>>() {},
                this::load);
        long micros = (System.nanoTime() - began) / 1_000;
        List<Caseload> shown = rows == null ? List.of() : rows;
        out.println(shown.stream()
                .limit(3)
                .map(row -> "  " + row.caseType() + ": " + row.cases() + " cases, "
                        + row.claims().toPlainString() + " won claimed")
                .collect(Collectors.joining(System.lineSeparator())));
        out.println("  " + (cache.stats().loads() > loads ? "loaded from PostgreSQL" : "from the cache") + " in "
                + micros + " us");
        return shown;
    }

    private List<Caseload> load() throws SQLException {
        try (Connection connection = servers.dataSource().getConnection()) {
            return StarQueries.caseloads(connection);
        }
    }
}
