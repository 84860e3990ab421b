package io.olapsync.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.redis.RedisPlugin;
import io.olapsync.report.PlanJson;
import io.olapsync.testkit.ChildJvm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Three processes on one stream and one database. */
class EventReplicasTest {

    private static final int PROCESSES = 3;
    private static final int BURST = 300;

    /** Longer than what any of three processes on a busy machine may fall silent in a burst. */
    private static final Duration QUIET = Duration.ofMillis(800);

    private static final SyncPlan PLAN = SyncPlan.named("replicas")
            .view("mv")
            .view("other")
            .onEvent("changed", "mv", "other")
            .build();

    private final Warehouse warehouse = Warehouse.create();
    private final EventFeed feed = EventFeed.of(warehouse);
    private final List<ChildJvm> children = new ArrayList<>();

    @AfterEach
    void close() {
        children.forEach(ChildJvm::close);
        feed.close();
        warehouse.close();
    }

    @Test
    void burst_costs_one_refresh_per_view_and_what_a_killed_process_had_is_done_by_the_others_within_seconds() {
        warehouse.gatedView("mv");
        warehouse.view("other");
        for (int i = 0; i < PROCESSES; i++) {
            children.add(ChildJvm.of(ReplicaMain.class)
                    .args(warehouse.db.jdbcUrl(), warehouse.redisUri, warehouse.prefix, PlanJson.write(PLAN))
                    .start());
        }
        children.forEach(child -> child.awaitLine(line -> line.startsWith("replica "), Warehouse.PATIENCE));
        feed.awaitFirstOrders("mv");
        feed.awaitFirstOrders("other");
        assertThatBurstCostsOneRefreshPerView();
        assertThatOthersTakeOver();
    }

    private void assertThatBurstCostsOneRefreshPerView() {
        long before = feed.refreshes("mv");
        long beforeOther = feed.refreshes("other");
        feed.changes("changed", BURST);
        long took = System.nanoTime();
        feed.awaitAllAcknowledged();
        feed.awaitNoRun();
        took = System.nanoTime() - took;

        assertThat(warehouse.sum("mv")).isEqualTo(warehouse.sum("other")).isEqualTo(BURST);
        assertThat(List.of(feed.refreshes("mv") - before, feed.refreshes("other") - beforeOther))
                .containsExactly(1L, 1L);
        assertThat(Duration.ofNanos(took)).isLessThan(Duration.ofSeconds(30));
    }

    /** Whoever refreshes is killed in the middle of it, with all events in his hands or in the others'. */
    private void assertThatOthersTakeOver() {
        long killed;
        try (Warehouse.Gate gate = warehouse.shutGate()) {
            feed.changes("changed", 10);
            warehouse.awaitAtGate(1);
            feed.awaitPending(10);
            ChildJvm busy = children.stream()
                    .filter(child -> warehouse.db.queryForBoolean(
                            "SELECT EXISTS (SELECT FROM olap_sync.run WHERE status = 'running' AND process LIKE ?)",
                            child.pid() + "@%"))
                    .findFirst()
                    .orElseThrow();
            busy.kill();
            killed = System.nanoTime();
        }
        feed.awaitPending(0);
        assertThat(Duration.ofNanos(System.nanoTime() - killed))
                .as("time until the others had done it")
                .isLessThan(Duration.ofSeconds(20));
        assertThat(warehouse.sum("mv")).isEqualTo(warehouse.sum("other")).isEqualTo(BURST + 10);
        assertThat(children.stream().filter(ChildJvm::isAlive)).hasSize(PROCESSES - 1);
    }

    /** Handles events until it is killed. */
    static final class ReplicaMain {

        private ReplicaMain() {}

        public static void main(String[] args) {
            PGSimpleDataSource dataSource = new PGSimpleDataSource();
            dataSource.setURL(args[0]);
            RedisClient redis = Warehouse.redisClient(args[1]);
            OlapSync sync = EventFeed.hasty(OlapSync.builder(PlanJson.parse(args[3]))
                            .install(Warehouse.postgresPlugin(dataSource))
                            .install(RedisPlugin.of(redis)
                                    .with(invalidator -> invalidator.keyPrefix(args[2]))
                                    .events(EventFeed.stream(args[2]), source -> source.patience(EventFeed.TAKEOVER))))
                    .debounce(QUIET, QUIET.multipliedBy(20))
                    .build();
            sync.start();
            System.out.println("replica " + ProcessHandle.current().pid());
            while (true) {
                LockSupport.park();
            }
        }
    }
}
