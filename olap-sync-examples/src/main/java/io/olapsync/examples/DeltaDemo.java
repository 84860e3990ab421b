package io.olapsync.examples;

import io.olapsync.OlapSync;
import io.olapsync.RefreshResult;
import io.olapsync.SyncPlan;
import io.olapsync.examples.star.StarChange;
import io.olapsync.examples.star.StarChanges;
import io.olapsync.examples.star.StarDeltas;
import io.olapsync.jdbc.PostgresDeltaTables;
import io.olapsync.jdbc.PostgresPlugin;
import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What the main job shows of delta tables: the star's views and a summary twice, as materialized views and as delta tables,
 * and the same changes synced both ways.
 */
final class DeltaDemo {

    private static final String VIEWS = "olap_sync_example_views";
    private static final String DELTAS = "olap_sync_example_deltas";
    private static final long SEED = 20_260_303;
    private static final int ENTRIES = 20;
    private static final int ROUNDS = 3;

    private final JobServers servers;
    private final PrintStream out;
    private final SyncPlan plan = StarDeltas.deltaPlan(DELTAS);
    private final PostgresDeltaTables deltas;

    DeltaDemo(JobServers servers, PrintStream out) {
        this.servers = servers;
        this.out = out;
        this.deltas = PostgresDeltaTables.of(servers.dataSource());
    }

    /**
     * Creates both, syncs both, and takes them away again.
     *
     * @return whether both came to show the same
     */
    boolean run() throws Exception {
        out.println();
        out.println("== delta tables: refreshed by what has changed, beside materialized views");
        cleanUp();
        try {
            try (Connection connection = servers.dataSource().getConnection()) {
                StarDeltas.create(connection, VIEWS);
                StarDeltas.create(connection, DELTAS);
            }
            long began = System.nanoTime();
            deltas.convert(plan);
            out.println("  " + plan.views().size() + " views of a second star became delta tables in " + millis(began)
                    + " ms; their sources are captured by triggers from now on");
            return compared();
        } finally {
            cleanUp();
        }
    }

    private boolean compared() throws Exception {
        try (OlapSync views = engine(StarDeltas.plan(VIEWS));
                OlapSync tables = engine(plan);
                Connection connection = servers.dataSource().getConnection()) {
            StarChanges changes = StarChanges.seeded(SEED);
            List<StarChange> done = change(changes, connection);
            Map<String, RefreshResult> theirs = refresh(views, VIEWS);
            Map<String, RefreshResult> ours = refresh(tables, DELTAS);
            // The first round is that of cold caches and cold code; the last is shown.
            for (int round = 1; round < ROUNDS; round++) {
                done = change(changes, connection);
                theirs = refresh(views, VIEWS);
                ours = refresh(tables, DELTAS);
            }
            done.forEach(change -> out.println("  " + change));
            show(theirs, ours);
            boolean same = areSame(connection);
            out.println("  both " + (same ? "show the same rows" : "do NOT show the same rows"));
            return same && ours.values().stream().allMatch(DeltaDemo::isCompleted);
        }
    }

    private OlapSync engine(SyncPlan plan) {
        return OlapSync.builder(plan)
                .install(PostgresPlugin.of(servers.dataSource()))
                .minInterval(Duration.ZERO)
                .build();
    }

    private static List<StarChange> change(StarChanges changes, Connection connection) throws SQLException {
        List<StarChange> done = new ArrayList<>();
        done.add(changes.addCashFlow(connection, ENTRIES));
        done.add(changes.recordPerformance(connection));
        return done;
    }

    /** By the name of the view; the dimensions go first where they are stale. */
    private static Map<String, RefreshResult> refresh(OlapSync sync, String schema) {
        String[] facts =
                StarDeltas.FACTS.stream().map(fact -> schema + "." + fact).toArray(String[]::new);
        Map<String, RefreshResult> results = new LinkedHashMap<>();
        for (RefreshResult result : sync.refresh(facts)) {
            results.put(result.view().name(), result);
        }
        return results;
    }

    private void show(Map<String, RefreshResult> theirs, Map<String, RefreshResult> ours) {
        out.println("                      materialized view   delta table");
        for (String fact : StarDeltas.FACTS) {
            RefreshResult view = theirs.get(fact);
            RefreshResult table = ours.get(fact);
            if (view != null && table != null) {
                out.printf(
                        Locale.ROOT,
                        "  %-20s %14.1f ms  %9.1f ms, %s%n",
                        fact,
                        millis(view),
                        millis(table),
                        table.incremental().map(DeltaRefresh::toString).orElse("not refreshed"));
            }
        }
    }

    private static double millis(RefreshResult result) {
        return result.took().toNanos() / 1e6;
    }

    private static long millis(long began) {
        return (System.nanoTime() - began) / 1_000_000;
    }

    private static boolean isCompleted(RefreshResult result) {
        return result.status() == RefreshResult.Status.COMPLETED;
    }

    private static boolean areSame(Connection connection) throws SQLException {
        String differs = StarDeltas.FACTS.stream()
                .map(fact -> "EXISTS ((TABLE " + VIEWS + "." + fact + " EXCEPT ALL TABLE " + DELTAS + "." + fact
                        + ") UNION ALL (TABLE " + DELTAS + "." + fact + " EXCEPT ALL TABLE " + VIEWS + "." + fact
                        + "))")
                .collect(Collectors.joining(" OR "));
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT " + differs)) {
            row.next();
            return !row.getBoolean(1);
        }
    }

    /** Also what an earlier job left that was killed. */
    private void cleanUp() throws SQLException, RefreshException {
        try (Connection connection = servers.dataSource().getConnection()) {
            if (isThere(connection)) {
                deltas.revert(plan.views().stream().map(view -> view.name()).toList());
            }
            StarDeltas.drop(connection, DELTAS);
            StarDeltas.drop(connection, VIEWS);
        }
    }

    private static boolean isThere(Connection connection) throws SQLException {
        String last = ViewName.parse(DELTAS + "." + StarDeltas.SUMMARY).sql();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_catalog.to_regclass('" + last + "') IS NOT NULL")) {
            row.next();
            return row.getBoolean(1);
        }
    }
}
