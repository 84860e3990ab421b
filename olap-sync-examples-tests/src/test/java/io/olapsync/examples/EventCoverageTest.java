package io.olapsync.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.jdbc.OutboxRelay;
import io.olapsync.jdbc.OutboxTable;
import io.olapsync.jdbc.PostgresTransactions;
import io.olapsync.redis.RedisEndpoint;
import io.olapsync.redis.RedisStreamEventSource;
import io.olapsync.report.PlanJson;
import io.olapsync.spi.EventSource;
import io.olapsync.spi.EventsUnavailableException;
import io.olapsync.testkit.ChildJvm;
import java.sql.Connection;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** An event is acknowledged when the view shows its commit, no sooner and no later, and costs one refresh. */
class EventCoverageTest {

    private static final SyncPlan PLAN =
            SyncPlan.named("covered").view("mv").onEvent("changed", "mv").build();

    private final Warehouse warehouse = Warehouse.create();
    private final EventFeed feed = EventFeed.of(warehouse).withOutbox();

    @AfterEach
    void close() {
        feed.close();
        warehouse.close();
    }

    @Test
    void transaction_that_began_early_and_commits_late_is_in_the_view_and_acknowledged_only_then() throws Exception {
        warehouse.view("mv");
        try (OlapSync sync = feed.sync(PLAN).build();
                OutboxRelay relay = feed.relay();
                Connection early = warehouse.db.connect();
                Connection late = warehouse.db.connect()) {
            early.setAutoCommit(false);
            PostgresTransactions.append(early, OutboxTable.defaults(), "changed", "");
            update(early, 1);
            relay.start();
            sync.start();
            late.setAutoCommit(false);
            update(late, 2);
            long overtaking = PostgresTransactions.append(late, OutboxTable.defaults(), "changed", "");
            late.commit();
            assertThat(sync.awaitCovered("mv", overtaking, Warehouse.PATIENCE)).isTrue();
            feed.awaitAllAcknowledged();
            feed.awaitNoRun();
            long before = feed.refreshes("mv");

            early.commit();

            feed.awaitRefreshes("mv", before + 1);
            assertThat(warehouse.sum("mv")).isEqualTo(warehouse.sum("t")).isEqualTo(2);
            warehouse.db.await("SELECT count(done_at) = 2 FROM event_outbox");
            feed.awaitAllAcknowledged();
        }
    }

    @Test
    void event_sent_before_its_transaction_has_committed_waits_for_it_and_costs_no_storm() throws Exception {
        warehouse.view("mv");
        Duration quiet = Duration.ofMillis(600);
        try (OlapSync sync =
                        feed.sync(PLAN).debounce(quiet, Duration.ofSeconds(1)).build();
                Connection open = warehouse.db.connect()) {
            sync.start();
            feed.awaitFirstOrders("mv");
            open.setAutoCommit(false);
            feed.send("changed", EventFeed.writeChange(open));
            feed.awaitPending(1);
            long before = feed.refreshes("mv");
            feed.awaitRefreshes("mv", before + 4); // none of which can show it

            assertThat(feed.pending()).isOne();
            assertThat(warehouse.sum("mv")).isZero();
            // It is looked for no more often than a stream of events would have it refreshed.
            assertThat(warehouse.db.queryForBoolean(
                            "SELECT min(gap) >= interval '600 ms' FROM (SELECT as_of - lag(as_of) OVER (ORDER BY as_of) gap"
                                    + " FROM olap_sync.step WHERE view_name = 'mv' AND status = 'completed') s"))
                    .isTrue();

            open.commit();
            feed.awaitPending(0);
            assertThat(warehouse.sum("mv")).isOne();
        }
    }

    @Test
    void event_of_a_transaction_that_the_database_has_never_had_is_acknowledged_after_a_refresh() {
        warehouse.view("mv");
        try (OlapSync sync = feed.sync(PLAN).build()) {
            sync.start();
            feed.awaitFirstOrders("mv");
            warehouse.db.execute("UPDATE t SET b = b + 1 WHERE a = 1");
            feed.send("changed", 1L << 60);
            feed.awaitAllAcknowledged();
            warehouse.db.await("SELECT count(*) = 0 FROM olap_sync.refresh_order");
            feed.awaitNoRun();
            assertThat(warehouse.sum("mv")).isOne();
        }
    }

    @Test
    void message_that_names_no_transaction_is_acknowledged_on_a_database_where_nobody_writes() {
        warehouse.view("dim");
        warehouse.view("mv", "SELECT a, b FROM dim");
        SyncPlan star = SyncPlan.named("star")
                .view("dim")
                .view("mv", view -> view.after("dim"))
                .onEvent("changed", "mv")
                .build();
        try (OlapSync sync = feed.sync(star).build()) {
            sync.start();
            feed.awaitFirstOrders("mv");
            feed.redis().xadd(feed.stream, Map.of("type", "changed"));

            feed.awaitAllAcknowledged();

            feed.awaitNoRun();
            assertThat(warehouse.db.queryForLong("SELECT count(*) FROM olap_sync.run"))
                    .as("one for the new stream, one for the message")
                    .isEqualTo(2);
        }
    }

    private static void update(Connection tx, int row) throws Exception {
        try (var statement = tx.prepareStatement("UPDATE t SET b = b + 1 WHERE a = ?")) {
            statement.setInt(1, row);
            statement.executeUpdate();
        }
    }

    @Test
    void commit_during_the_refresh_costs_exactly_one_more() {
        warehouse.gatedView("mv");
        try (OlapSync sync = feed.sync(PLAN).build()) {
            sync.start();
            feed.awaitFirstOrders("mv");
            long before = feed.refreshes("mv");
            try (Warehouse.Gate gate = warehouse.shutGate()) {
                feed.change("changed");
                warehouse.awaitAtGate(1); // its snapshot is taken
                for (int i = 0; i < 20; i++) {
                    feed.change("changed");
                }
                feed.awaitPending(21);
            }
            feed.awaitAllAcknowledged();
            feed.awaitNoRun();

            assertThat(warehouse.sum("mv")).isEqualTo(warehouse.sum("t")).isEqualTo(21);
            assertThat(feed.refreshes("mv") - before).isEqualTo(2);
        }
    }

    @Test
    void commit_just_before_the_refresh_costs_no_more_although_its_event_comes_late() {
        warehouse.gatedView("mv");
        try (OlapSync sync = feed.sync(PLAN).build()) {
            sync.start();
            feed.awaitFirstOrders("mv");
            long before = feed.refreshes("mv");
            long unsent = feed.commitChange();
            try (Warehouse.Gate gate = warehouse.shutGate()) {
                feed.change("changed");
                warehouse.awaitAtGate(1);
                feed.send("changed", unsent);
                feed.awaitPending(2);
            }
            feed.awaitAllAcknowledged();
            feed.send("changed", unsent); // and covered on arrival
            feed.awaitAllAcknowledged();
            feed.awaitNoRun();

            assertThat(feed.refreshes("mv") - before).isOne();
            assertThat(warehouse.sum("mv")).isEqualTo(2);
        }
    }

    @Test
    void process_killed_between_the_commit_and_the_acknowledgement_costs_no_second_refresh_and_no_event() {
        warehouse.view("mv");
        try (OlapSync sync = feed.sync(PLAN).build()) {
            sync.start();
            feed.awaitFirstOrders("mv");
        }
        feed.change("changed");
        try (ChildJvm child = ChildJvm.of(StuckMain.class)
                .args(warehouse.db.jdbcUrl(), warehouse.redisUri, warehouse.prefix, PlanJson.write(PLAN))
                .start()) {
            child.awaitLine(line -> line.equals("acknowledging 1"), Warehouse.PATIENCE);
            child.kill();
        }
        feed.runsDied();
        assertThat(warehouse.sum("mv")).as("committed").isOne();
        assertThat(feed.pending()).as("not acknowledged").isOne();
        String refresh = lastRefresh(); // of the history the process may have died before it wrote it

        try (OlapSync next = feed.sync(PLAN).build()) {
            next.start();
            feed.awaitAllAcknowledged();
            feed.awaitNoRun();

            assertThat(lastRefresh()).as("no second refresh").isEqualTo(refresh);
            assertThat(next.health().sources())
                    .singleElement()
                    .satisfies(source -> assertThat(source.delivered()).isOne());
            feed.change("changed");
            feed.awaitAllAcknowledged();
            assertThat(warehouse.sum("mv")).isEqualTo(2);
        }
    }

    /** The transaction whose work the view shows. */
    private @Nullable String lastRefresh() {
        return warehouse.db.queryForString("SELECT xid::text FROM olap_sync.view_state WHERE view_name = 'mv'");
    }

    @Test
    void writer_that_waits_until_its_commit_is_covered_reads_its_own_writes() throws Exception {
        warehouse.gatedView("mv");
        try (OlapSync sync = feed.sync(PLAN).build()) {
            sync.start();
            feed.awaitFirstOrders("mv");
            CompletableFuture<Boolean> covered;
            try (Warehouse.Gate gate = warehouse.shutGate()) {
                long mine = feed.commitChange();
                assertThat(sync.awaitCovered("mv", mine, Duration.ZERO)).isFalse();
                feed.send("changed", mine);
                warehouse.awaitAtGate(1);
                covered = CompletableFuture.supplyAsync(() ->
                        sync.awaitCovered("mv", mine, Warehouse.PATIENCE) && warehouse.sum("mv") == warehouse.sum("t"));
                assertThat(covered).as("not committed yet").isNotDone();
            }
            assertThat(covered.get(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** Refreshes for events, but never gets round to acknowledging one. */
    static final class StuckMain {

        private StuckMain() {}

        public static void main(String[] args) {
            PGSimpleDataSource dataSource = new PGSimpleDataSource();
            dataSource.setURL(args[0]);
            RedisClient redis = Warehouse.redisClient(args[1]);
            EventSource source = RedisStreamEventSource.builder(RedisEndpoint.of(redis), EventFeed.stream(args[2]))
                    .patience(EventFeed.TAKEOVER)
                    .build();
            OlapSync sync = EventFeed.hasty(OlapSync.builder(PlanJson.parse(args[3]))
                            .install(Warehouse.postgresPlugin(dataSource))
                            .install(registry -> registry.events(new Stuck(source))))
                    .build();
            sync.start();
            park();
        }

        private static void park() {
            while (true) {
                LockSupport.park();
            }
        }

        /** The source, with an acknowledgement that never ends. */
        private record Stuck(EventSource source) implements EventSource {

            @Override
            public String name() {
                return source.name();
            }

            @Override
            public Batch poll(int most, Duration wait) throws EventsUnavailableException {
                return source.poll(most, wait);
            }

            @Override
            public void gapRecorded() throws EventsUnavailableException {
                source.gapRecorded();
            }

            @Override
            public void acknowledge(Collection<String> ids) {
                System.out.println("acknowledging " + ids.size());
                park();
            }

            @Override
            public void keep(Collection<String> ids) throws EventsUnavailableException {
                source.keep(ids);
            }

            @Override
            public Duration patience() {
                return source.patience();
            }

            @Override
            public void close() {
                source.close();
            }
        }
    }
}
