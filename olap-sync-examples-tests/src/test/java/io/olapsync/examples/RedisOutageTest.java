package io.olapsync.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.SyncRun;
import io.olapsync.redis.RedisViewCache;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.EmbeddedRedis;
import io.olapsync.testkit.TestServers;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RedisOutageTest {

    private static final ViewName FIRST = ViewName.parse("first");
    private static final ViewName SLOW = ViewName.parse("slow");
    private static final SyncPlan PLAN = SyncPlan.named("outage")
            .view("first")
            .view("slow", view -> view.after("first"))
            .build();

    private static EmbeddedRedis server;

    private Warehouse warehouse;
    private RedisViewCache cache;

    @BeforeAll
    static void start() {
        server = EmbeddedRedis.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void createViews() {
        warehouse = Warehouse.on(TestServers.postgres(), server);
        cache = warehouse.cache();
        warehouse.view("first");
        warehouse.gatedView("slow");
    }

    @AfterEach
    void close() {
        if (!server.isRunning()) {
            server.restart();
        }
        cache.close();
        warehouse.close();
    }

    @Test
    void sync_while_redis_is_away_completes_and_its_invalidations_are_done_when_redis_is_back() {
        try (OlapSync sync = warehouse.sync(PLAN).build()) {
            fillCache(sync);
            warehouse.change();
            server.kill();

            SyncReport report = sync.runFull();

            assertThat(report.status()).isEqualTo(RunStatus.COMPLETED);
            assertThat(report.outcome(PLAN.invalidationStep()))
                    .isInstanceOfSatisfying(
                            StepOutcome.Skipped.class,
                            skipped -> assertThat(skipped.reason()).isEqualTo(SkipReason.POSTPONED));
            assertThat(report.pendingInvalidations()).containsExactlyInAnyOrder(FIRST, SLOW);
            assertThat(sync.health().pendingInvalidations()).containsExactlyInAnyOrder(FIRST, SLOW);
            assertThat(warehouse.cachedSum(cache, "first"))
                    .as("loaded, not cached")
                    .isOne();

            server.restart();
            warehouse.awaitNoPendingInvalidation();

            assertThat(warehouse.db.queryForLong("SELECT count(*) FROM olap_sync.run"))
                    .as("no further run was needed")
                    .isEqualTo(2);
            assertThat(sync.health().pendingInvalidations()).isEmpty();
            assertThat(warehouse.cachedSum(cache, "first")).isOne();
            assertThat(warehouse.cachedSum(cache, "slow")).isOne();
        }
    }

    @Test
    void redis_killed_in_the_middle_leaves_pending_what_was_refreshed_after_it_and_no_reader_is_misled_afterwards()
            throws Exception {
        SeenEvents seen = new SeenEvents();
        try (OlapSync sync = warehouse.sync(PLAN).listener(seen).build()) {
            fillCache(sync);
            warehouse.change();
            SyncRun run;
            try (Warehouse.Gate gate = warehouse.shutGate()) {
                run = sync.submit(SyncRequest.full());
                warehouse.awaitAtGate(1);
                server.kill();
            }
            SyncReport report = run.report().get(Warehouse.PATIENCE.toSeconds(), TimeUnit.SECONDS);

            assertThat(report.status()).isEqualTo(RunStatus.COMPLETED);
            assertThat(report.pendingInvalidations()).containsExactly(SLOW);
            assertThat(seen.await(SyncEvent.InvalidationPostponed.class, event -> true)
                            .views())
                    .containsExactly(SLOW);
            AtomicBoolean done = new AtomicBoolean();
            CompletableFuture<Void> reader = CompletableFuture.runAsync(() -> readUntil(done));

            server.restart();
            warehouse.awaitNoPendingInvalidation();
            done.set(true);

            reader.get(Warehouse.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    /** Up to the invalidation a reader may see either value; what it reads after that must be the new one, and come from the cache again. */
    private void readUntil(AtomicBoolean done) {
        long hitsBefore = cache.stats().hits();
        for (int readsAfter = 0; readsAfter < 20 || cache.stats().hits() == hitsBefore; ) {
            boolean after = done.get();
            long first = warehouse.cachedSum(cache, "first");
            long slow = warehouse.cachedSum(cache, "slow");
            assertThat(first).as("its invalidation was done before the outage").isOne();
            if (after) {
                assertThat(slow).isOne();
                readsAfter++;
            } else {
                assertThat(slow).isBetween(0L, 1L);
            }
        }
    }

    @Test
    void reader_that_missed_before_the_refresh_and_stores_after_the_invalidation_misleads_nobody() throws Exception {
        CountDownLatch loaded = new CountDownLatch(1);
        CountDownLatch refreshed = new CountDownLatch(1);
        try (OlapSync sync = warehouse.sync(PLAN).build()) {
            assertThat(sync.runFull().succeeded()).isTrue();
            CompletableFuture<Long> slowReader =
                    CompletableFuture.supplyAsync(() -> cache.get(Set.of(FIRST), "sum", Long.class, () -> {
                        long sum = warehouse.sum("first");
                        loaded.countDown();
                        assertThat(refreshed.await(Warehouse.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                                .isTrue();
                        return sum;
                    }));
            assertThat(loaded.await(Warehouse.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            warehouse.change();
            assertThat(sync.runFull().pendingInvalidations()).isEmpty();
            refreshed.countDown();

            assertThat(slowReader.get(Warehouse.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .as("what it had loaded")
                    .isZero();
            assertThat(warehouse.cachedSum(cache, "first")).isOne();
            try (RedisViewCache other = warehouse.cache()) {
                assertThat(warehouse.cachedSum(other, "first")).isOne();
            }
        }
    }

    private void fillCache(OlapSync sync) {
        assertThat(sync.runFull().succeeded()).isTrue();
        assertThat(warehouse.cachedSum(cache, "first")).isZero();
        assertThat(warehouse.cachedSum(cache, "slow")).isZero();
        warehouse.awaitNoPendingInvalidation();
    }
}
