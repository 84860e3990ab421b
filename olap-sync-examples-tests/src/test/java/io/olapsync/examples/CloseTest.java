package io.olapsync.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.OlapSync;
import io.olapsync.Publication;
import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.SyncRun;
import io.olapsync.redis.RedisViewCache;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.StepOutcome;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CloseTest {

    private static final SyncPlan PLAN = SyncPlan.named("closing")
            .view("slow")
            .view("next", view -> view.after("slow"))
            .build();

    private final Warehouse warehouse = Warehouse.create();

    @BeforeEach
    void createViews() {
        warehouse.gatedView("slow");
        warehouse.view("next", "SELECT a, b FROM slow");
    }

    @AfterEach
    void close() {
        warehouse.close();
    }

    private static SyncReport report(SyncRun run) throws Exception {
        return run.report().get(Warehouse.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @EnumSource(Publication.class)
    void closing_with_a_short_grace_cancels_the_refresh_on_the_server_and_frees_its_locks(Publication publication)
            throws Exception {
        OlapSync sync = warehouse.sync(PLAN).closeGrace(Duration.ofMillis(100)).build();
        assertThat(sync.runFull().succeeded()).isTrue();
        warehouse.change();
        try (Warehouse.Gate gate = warehouse.shutGate()) {
            SyncRun run = sync.submit(SyncRequest.full().withPublication(publication));
            warehouse.awaitAtGate(1);

            sync.close();

            // Nothing waits at the gate, which is still shut.
            warehouse.awaitAtGate(0);
            assertThat(warehouse.db.queryForLong("SELECT count(*) FROM pg_stat_activity WHERE datname ="
                            + " current_database() AND query LIKE 'REFRESH%' AND state <> 'idle'"))
                    .isZero();
            assertThat(run.report()).isDone();
            SyncReport report = report(run);
            assertThat(report.status()).isEqualTo(RunStatus.CANCELLED);
            assertThat(report.outcome("slow")).isEqualTo(new StepOutcome.Skipped(SkipReason.CANCELLED, ""));
            assertThat(report.outcome("next")).isEqualTo(new StepOutcome.Skipped(SkipReason.CANCELLED, ""));
            assertThat(warehouse.db.queryForString(
                            "SELECT status FROM olap_sync.run WHERE run_id = ?::uuid",
                            run.id().value().toString()))
                    .isEqualTo("cancelled");
            warehouse.awaitNothingLeft();
        }
        assertThat(warehouse.sum("slow")).as("rolled back").isZero();
        assertThatThrownBy(sync::runFull)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
        try (OlapSync next = warehouse.sync(PLAN).build()) {
            assertThat(next.runFull().succeeded()).isTrue();
        }
        assertThat(warehouse.sum("next")).isOne();
    }

    @Test
    void closing_with_enough_grace_lets_the_refresh_end_invalidates_its_cache_and_begins_no_other() throws Exception {
        OlapSync sync = warehouse.sync(PLAN).closeGrace(Warehouse.PATIENCE).build();
        try (RedisViewCache cache = warehouse.cache()) {
            assertThat(sync.runFull().succeeded()).isTrue();
            assertThat(warehouse.cachedSum(cache, "slow")).isZero();
            warehouse.change();
            CompletableFuture<Void> closed;
            SyncRun run;
            try (Warehouse.Gate gate = warehouse.shutGate()) {
                run = sync.submit(SyncRequest.full());
                warehouse.awaitAtGate(1);
                closed = CompletableFuture.runAsync(sync::close);
                awaitRefusal(sync);
                assertThat(closed).isNotDone();
                warehouse.awaitAtGate(1);
            }
            closed.get(Warehouse.PATIENCE.toSeconds(), TimeUnit.SECONDS);

            SyncReport report = report(run);
            assertThat(report.outcome("slow")).isInstanceOf(StepOutcome.Refreshed.class);
            assertThat(report.outcome("next")).isEqualTo(new StepOutcome.Skipped(SkipReason.CANCELLED, ""));
            assertThat(report.status()).isEqualTo(RunStatus.CANCELLED);
            assertThat(report.pendingInvalidations()).isEmpty();
            assertThat(warehouse.cachedSum(cache, "slow")).isOne();
            assertThat(warehouse.sum("next")).isZero();
            warehouse.awaitNothingLeft();
        }
    }

    /** Once runs are refused, closing has begun. */
    private static void awaitRefusal(OlapSync sync) {
        long deadline = System.nanoTime() + Warehouse.PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            try {
                sync.submit(SyncRequest.full()).cancel();
            } catch (IllegalStateException refused) {
                return;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
        throw new AssertionError("still takes runs");
    }
}
