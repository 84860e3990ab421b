package io.olapsync.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.SyncRun;
import io.olapsync.jdbc.PostgresLockProvider;
import io.olapsync.redis.RedisViewCache;
import io.olapsync.report.PlanJson;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncPlugin;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.ChildJvm;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class KilledProcessTest {

    private static final Duration BEAT = Duration.ofMillis(100);
    private static final Duration SILENCE = Duration.ofSeconds(1);
    private static final ViewName MV = ViewName.parse("mv");
    private static final SyncPlan PLAN = SyncPlan.named("mortal")
            .view("mv")
            .view("next", view -> view.after("mv"))
            .build();

    private final Warehouse warehouse = Warehouse.create();

    @AfterEach
    void close() {
        warehouse.close();
    }

    private ChildJvm child(Class<?> mainClass) {
        return ChildJvm.of(mainClass)
                .args(warehouse.db.jdbcUrl(), warehouse.redisUri, warehouse.prefix, PlanJson.write(PLAN))
                .start();
    }

    private OlapSync sync() {
        return warehouse.sync(PLAN).heartbeat(BEAT, SILENCE).build();
    }

    @Test
    void process_killed_in_mid_refresh_frees_its_view_and_its_run_reads_abandoned() throws Exception {
        warehouse.gatedView("mv");
        warehouse.view("next", "SELECT a, b FROM mv");
        String dead;
        try (Warehouse.Gate gate = warehouse.shutGate();
                ChildJvm child = child(RunningMain.class)) {
            warehouse.awaitAtGate(1);
            warehouse.db.await("SELECT count(*) = 1 FROM olap_sync.step WHERE step = 'mv' AND status = 'running'");
            dead = warehouse.db.queryForString("SELECT run_id::text FROM olap_sync.run WHERE status = 'running'");
            assertThat(tryLock()).isEmpty();

            child.kill();

            // The gate stays shut: the view becomes free because the server ends the refresh, not because that is done.
            warehouse.awaitNothingLeft();
            try (RefreshLock lock = tryLock().orElseThrow()) {
                assertThat(lock.isHeld()).isTrue();
            }
        }
        warehouse.change();
        warehouse.db.await(
                "SELECT seen_at < clock_timestamp() - interval '1 s' FROM olap_sync.run WHERE run_id = ?::uuid", dead);
        try (OlapSync sync = sync()) {
            SyncReport report = sync.runFull();

            assertThat(report.succeeded()).as(report::toString).isTrue();
            assertThat(warehouse.sum("next")).isEqualTo(warehouse.sum("t"));
            assertThat(warehouse.db.rows(
                            "SELECT status, error LIKE 'no sign of life since%', ended_at IS NOT NULL FROM olap_sync.run"
                                    + " WHERE run_id = ?::uuid",
                            dead))
                    .containsExactly(List.of("abandoned", true, true));
            assertThat(warehouse.db.rows("SELECT step, status FROM olap_sync.step WHERE run_id = ?::uuid", dead))
                    .containsExactly(List.of("mv", "abandoned"));
            assertThat(warehouse.db.queryForLong("SELECT count(*) FROM olap_sync.run WHERE status = 'completed'"))
                    .isOne();
        }
    }

    @Test
    void run_that_still_gives_signs_of_life_is_not_called_abandoned() throws Exception {
        warehouse.gatedView("mv");
        warehouse.view("next", "SELECT a, b FROM t");
        SyncPlan other = SyncPlan.named("other").view("next").build();
        try (OlapSync living = sync();
                OlapSync sweeping =
                        warehouse.sync(other).heartbeat(BEAT, SILENCE).build()) {
            try (Warehouse.Gate gate = warehouse.shutGate()) {
                SyncRun run = living.submit(SyncRequest.full());
                warehouse.awaitAtGate(1);
                warehouse.db.await("SELECT started_at < clock_timestamp() - interval '2 s' FROM olap_sync.run");

                assertThat(sweeping.runFull().succeeded()).isTrue();

                assertThat(warehouse.db.queryForString(
                                "SELECT status FROM olap_sync.run WHERE run_id = ?::uuid",
                                run.id().value().toString()))
                        .isEqualTo("running");
            }
        }
    }

    @Test
    void process_killed_between_its_commit_and_the_invalidation_leaves_the_invalidation_to_the_next_run() {
        warehouse.view("mv");
        warehouse.view("next", "SELECT a, b FROM mv");
        try (OlapSync sync = sync();
                RedisViewCache cache = warehouse.cache()) {
            assertThat(sync.runFull().succeeded()).isTrue();
            long before = warehouse.cachedSum(cache, "mv");
            warehouse.change();
            try (ChildJvm child = child(StuckMain.class)) {
                child.awaitLine(line -> line.equals("invalidating [mv]"), Warehouse.PATIENCE);
                child.kill();
            }
            assertThat(warehouse.sum("mv")).as("committed").isEqualTo(before + 1);
            assertThat(warehouse.cachedSum(cache, "mv")).as("not invalidated").isEqualTo(before);
            assertThat(sync.health().pendingInvalidations()).containsExactly(MV);

            SyncReport report = sync.runFull();

            assertThat(report.outcome("mv"))
                    .isInstanceOfSatisfying(
                            StepOutcome.Refreshed.class,
                            refreshed -> assertThat(refreshed.result().delta()).contains(RowDelta.NONE));
            assertThat(report.pendingInvalidations()).isEmpty();
            assertThat(warehouse.cachedSum(cache, "mv")).isEqualTo(before + 1);
            assertThat(warehouse.db.queryForLong("SELECT count(*) FROM olap_sync.invalidation"))
                    .isZero();
        }
    }

    private Optional<RefreshLock> tryLock() throws RefreshException {
        return new PostgresLockProvider(warehouse.db.pooledDataSource()).tryAcquire(Set.of(MV));
    }

    /** Runs the plan once. */
    static final class RunningMain {

        private RunningMain() {}

        public static void main(String[] args) {
            RedisClient redis = Warehouse.redisClient(args[1]);
            run(args, Warehouse.redisPlugin(redis, args[2]));
        }

        static void run(String[] args, SyncPlugin cache) {
            PGSimpleDataSource dataSource = new PGSimpleDataSource();
            dataSource.setURL(args[0]);
            try (OlapSync sync = OlapSync.builder(PlanJson.parse(args[3]))
                    .install(Warehouse.postgresPlugin(dataSource))
                    .install(cache)
                    .heartbeat(BEAT, SILENCE)
                    .build()) {
                System.out.println(sync.runFull());
            }
        }
    }

    /** The same, but the first invalidation never ends. */
    static final class StuckMain {

        private StuckMain() {}

        public static void main(String[] args) {
            RunningMain.run(
                    args,
                    registry -> registry.invalidator(views -> {
                        System.out.println("invalidating " + views);
                        while (true) {
                            LockSupport.park();
                        }
                    }));
        }
    }
}
