package io.olapsync.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.olapsync.OlapSync;
import io.olapsync.Publication;
import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.report.PlanJson;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.SyncEvent;
import io.olapsync.testkit.ChildJvm;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Processes that fight for the same views: two commit each view, two commit all views together. */
class FourProcessesTest {

    private static final int PROCESSES = 4;
    private static final int RUNS = 3;

    private static final SyncPlan PLAN = SyncPlan.named("fight")
            .view("a")
            .view("b")
            .view("c", view -> view.after("a", "b"))
            .build();

    private final Warehouse warehouse = Warehouse.create();
    private final List<ChildJvm> children = new ArrayList<>();

    @AfterEach
    void close() {
        children.forEach(ChildJvm::close);
        warehouse.close();
    }

    @Test
    void no_view_is_refreshed_twice_at_once_none_starves_and_each_run_shows_what_was_committed_before_it() {
        createViews();
        recordRefreshes();
        try (Warehouse.Gate gate = warehouse.shutGate()) {
            for (int i = 0; i < PROCESSES; i++) {
                children.add(ChildJvm.of(FightingMain.class)
                        .args(warehouse.db.jdbcUrl(), warehouse.redisUri, warehouse.prefix, String.valueOf(i))
                        .args(PlanJson.write(PLAN))
                        .start());
            }
            warehouse.awaitAtGate(1);
            awaitBusy(PROCESSES - 1);

            // The others do not queue for the view: a queued refresh would take its snapshot before its turn.
            assertThat(warehouse.db.queryForLong("SELECT count(*) FROM pg_locks WHERE locktype = 'relation'"
                            + " AND relation = 'a'::regclass AND mode = 'ExclusiveLock'"))
                    .isOne();
        }
        for (ChildJvm child : children) {
            assertThat(child.exitCode(Warehouse.PATIENCE))
                    .as(() -> String.join("\n", child.lines()))
                    .isZero();
        }

        int runs = PROCESSES * RUNS;
        assertThat(warehouse.db.rows("SELECT status, count(*) FROM olap_sync.run GROUP BY status"))
                .containsExactly(List.of("completed", (long) runs));
        assertThat(warehouse.db.rows("SELECT view_name, status, count(*) FROM olap_sync.refresh_history"
                        + " GROUP BY view_name, status ORDER BY view_name"))
                .containsExactly(
                        List.of("a", "completed", (long) runs),
                        List.of("b", "completed", (long) runs),
                        List.of("c", "completed", (long) runs));
        assertThat(overlaps()).isEmpty();
        warehouse.awaitNothingLeft();
    }

    private void createViews() {
        warehouse.gatedView("a");
        warehouse.view("b");
        warehouse.view("c", "SELECT a.a, a.b + b.b AS b FROM a JOIN b USING (a)");
    }

    /** Each commit of a state adds a line here, in the same transaction. */
    private void recordRefreshes() {
        warehouse.db.execute(
                "CREATE TABLE refreshed (n bigint GENERATED ALWAYS AS IDENTITY, view_name text, xid xid8,"
                        + " snapshot pg_snapshot)",
                "CREATE FUNCTION record_refresh() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " INSERT INTO public.refreshed (view_name, xid, snapshot)"
                        + " VALUES (NEW.view_name, NEW.xid, NEW.snapshot); RETURN NULL; END $$",
                "CREATE TRIGGER record_refresh AFTER INSERT OR UPDATE ON olap_sync.view_state"
                        + " FOR EACH ROW EXECUTE FUNCTION record_refresh()");
    }

    /** Refreshes of one view of which the later took its snapshot before the earlier had committed. */
    private List<List<Object>> overlaps() {
        assertThat(warehouse.db.queryForLong("SELECT count(DISTINCT (view_name, xid)) FROM refreshed"))
                .isGreaterThanOrEqualTo(3L * PROCESSES * RUNS);
        return new ArrayList<>(warehouse.db.rows("SELECT earlier.view_name, earlier.xid::text, later.xid::text,"
                + " later.snapshot::text FROM refreshed earlier JOIN refreshed later USING (view_name)"
                + " WHERE earlier.n < later.n AND earlier.xid <> later.xid"
                + " AND NOT pg_visible_in_snapshot(earlier.xid, later.snapshot)"));
    }

    private void awaitBusy(int wanted) {
        long deadline = System.nanoTime() + Warehouse.PATIENCE.toNanos();
        while (children.stream().filter(child -> child.lines().contains("busy")).count() < wanted) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("Not so many were turned away: "
                        + children.stream().map(ChildJvm::lines).toList());
            }
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
    }

    /** Commits a row of its own, runs the plan and looks whether every view has the row, again and again. */
    static final class FightingMain {

        private FightingMain() {}

        public static void main(String[] args) throws Exception {
            PGSimpleDataSource dataSource = new PGSimpleDataSource();
            dataSource.setURL(args[0]);
            int number = Integer.parseInt(args[3]);
            RedisClient redis = Warehouse.redisClient(args[1]);
            SyncRequest request = SyncRequest.full()
                    .withTrigger("process " + number)
                    .withPublication(number % 2 == 0 ? Publication.EACH : Publication.TOGETHER);
            try (OlapSync sync = Warehouse.impatient(OlapSync.builder(PlanJson.parse(args[4]))
                            .install(Warehouse.postgresPlugin(dataSource))
                            .install(Warehouse.redisPlugin(redis, args[2]))
                            .listener(FightingMain::tell))
                    .build()) {
                for (int run = 0; run < RUNS; run++) {
                    int row = 1_000 + number * RUNS + run;
                    execute(dataSource, "INSERT INTO t VALUES (?, 0)", row);
                    SyncReport report = sync.run(request);
                    if (!report.succeeded()) {
                        throw new IllegalStateException(report.toString());
                    }
                    if (!execute(dataSource, "SELECT FROM a JOIN b USING (a) JOIN c USING (a) WHERE a = ?", row)) {
                        throw new IllegalStateException("row " + row + " is missing after run " + report.run());
                    }
                }
            } finally {
                redis.shutdown();
            }
        }

        private static void tell(SyncEvent event) {
            if (event instanceof SyncEvent.StepRetrying retrying
                    && retrying.cause().kind() == RefreshException.Kind.CONTENDED) {
                System.out.println("busy");
            }
        }

        /** Whether there was a row. */
        private static boolean execute(PGSimpleDataSource dataSource, String sql, int value) throws SQLException {
            try (Connection connection = dataSource.getConnection();
                    PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setInt(1, value);
                if (!statement.execute()) {
                    return false;
                }
                try (ResultSet rows = statement.getResultSet()) {
                    return rows.next();
                }
            }
        }
    }
}
