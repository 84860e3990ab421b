package io.olapsync.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.olapsync.OlapSync;
import io.olapsync.Publication;
import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.examples.star.StarChanges;
import io.olapsync.examples.star.StarData;
import io.olapsync.examples.star.StarInvariant;
import io.olapsync.examples.star.StarSchema;
import io.olapsync.jdbc.PostgresLockProvider;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.SyncListener;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.RedisServer;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A reader sums over both fact views of the star while amounts move between the tables beneath them. */
class TornReadTest {

    private static final long SEED = 20_260_214;
    private static final int STAKEHOLDERS = 300;
    private static final int RUNS = 15;
    private static final String BUSINESS = "mv_business_fact";
    private static final String CASHFLOW = "mv_cashflow_fact";

    private static final SyncPlan PLAN = plan();

    private final TestDatabase db = TestServers.postgres().newDatabase();
    private final RedisServer redisServer = TestServers.redis();
    private final RedisClient redis = Warehouse.redisClient(redisServer.uri());
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    private static SyncPlan plan() {
        SyncPlan.Builder plan = SyncPlan.named("torn");
        StarSchema.DIMENSIONS.forEach(plan::view);
        StarSchema.FACTS.forEach(
                fact -> plan.view(fact, view -> view.after(StarSchema.DIMENSIONS.toArray(String[]::new))));
        return plan.build();
    }

    @BeforeEach
    void load() throws SQLException {
        try (Connection connection = db.connect()) {
            StarSchema.create(connection);
            new StarData(SEED, STAKEHOLDERS).load(connection);
        }
    }

    @AfterEach
    void close() {
        threads.shutdownNow();
        redis.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        db.close();
    }

    private OlapSync sync(SyncListener listener) {
        return Warehouse.impatient(OlapSync.builder(PLAN)
                        .install(Warehouse.postgresPlugin(db.pooledDataSource()))
                        .install(Warehouse.redisPlugin(redis, redisServer.newPrefix()))
                        .listener(listener))
                .build();
    }

    private static void assertCompleted(SyncReport report) {
        assertThat(report.succeeded()).as(report::toString).isTrue();
    }

    @Test
    void views_published_together_never_show_a_sum_that_the_tables_never_had() throws Exception {
        System.out.println("seed " + SEED);
        try (OlapSync sync = sync(event -> {})) {
            SyncRequest together = SyncRequest.full().withPublication(Publication.TOGETHER);
            assertCompleted(sync.run(together));
            BigDecimal total = total();
            Future<Integer> writer = threads.submit(this::moveAmounts);
            Future<List<StarInvariant>> reader = threads.submit(this::read);
            for (int run = 0; run < RUNS; run++) {
                assertCompleted(sync.run(together));
            }
            stopped.set(true);

            assertThat(writer.get(60, TimeUnit.SECONDS)).isGreaterThan(RUNS);
            List<StarInvariant> readings = reader.get(60, TimeUnit.SECONDS);
            assertThat(readings).allSatisfy(reading -> {
                assertThat(reading.total()).isEqualByComparingTo(total);
                assertThat(reading.isWhole()).isTrue();
            });
            Set<BigDecimal> assets = new HashSet<>();
            readings.forEach(reading -> assets.add(reading.assets()));
            assertThat(assets).as("what the reader saw did change").hasSizeGreaterThan(RUNS / 2);
        }
    }

    /** What the test above would find without TOGETHER: an amount that moves between the two commits is seen twice. */
    @Test
    void views_published_each_by_itself_do_show_a_sum_that_the_tables_never_had() throws Exception {
        AtomicReference<RefreshLock> others = new AtomicReference<>();
        try (OlapSync sync = sync(event -> moveAfter(BUSINESS, event, others))) {
            assertCompleted(sync.run(SyncRequest.full().withPublication(Publication.TOGETHER)));
            BigDecimal total = total();
            // As if another process refreshed the one fact, until the other has been committed and an amount has moved.
            others.set(lock(CASHFLOW));

            assertCompleted(sync.run(SyncRequest.full().withPublication(Publication.EACH)));

            assertThat(others).hasValue(null);
            assertThat(total()).isNotEqualByComparingTo(total);
            assertCompleted(sync.run(SyncRequest.full().withPublication(Publication.TOGETHER)));
            assertThat(total()).isEqualByComparingTo(total);
        }
    }

    private void moveAfter(String view, SyncEvent event, AtomicReference<RefreshLock> others) {
        if (event instanceof SyncEvent.StepFinished finished && finished.step().equals(view)) {
            RefreshLock lock = others.getAndSet(null);
            if (lock != null) {
                try (Connection connection = db.connect()) {
                    StarChanges.seeded(SEED).moveAmount(connection);
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                } finally {
                    lock.close();
                }
            }
        }
    }

    private RefreshLock lock(String view) throws RefreshException {
        return new PostgresLockProvider(db.pooledDataSource())
                .tryAcquire(Set.of(ViewName.parse(view)))
                .orElseThrow();
    }

    private BigDecimal total() throws SQLException {
        try (Connection connection = db.connect()) {
            return StarInvariant.ofViews(connection).total();
        }
    }

    private int moveAmounts() throws SQLException {
        int moves = 0;
        StarChanges changes = StarChanges.seeded(SEED);
        try (Connection connection = db.connect()) {
            while (!stopped.get()) {
                changes.moveAmount(connection);
                moves++;
            }
        }
        return moves;
    }

    private List<StarInvariant> read() throws SQLException {
        List<StarInvariant> readings = new ArrayList<>();
        try (Connection connection = db.connect()) {
            while (!stopped.get()) {
                readings.add(StarInvariant.ofViews(connection));
            }
        }
        return readings;
    }
}
