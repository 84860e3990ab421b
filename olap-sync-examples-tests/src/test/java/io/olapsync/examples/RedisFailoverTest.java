package io.olapsync.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.jdbc.OutboxRelay;
import io.olapsync.jdbc.OutboxTable;
import io.olapsync.jdbc.PostgresTransactions;
import io.olapsync.redis.RedisEndpoint;
import io.olapsync.redis.RedisStreamPublisher;
import io.olapsync.testkit.EmbeddedRedis;
import io.olapsync.testkit.TestServers;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Redis fails over to an asynchronous replica that lacks the last steps: it is cut off first, then the master dies, and the
 * replica takes its place.
 */
@Timeout(120)
class RedisFailoverTest {

    private static final SyncPlan PLAN =
            SyncPlan.named("failover").view("mv").onEvent("changed", "mv").build();

    private final EmbeddedRedis master = EmbeddedRedis.start();
    private final EmbeddedRedis replica = EmbeddedRedis.start();
    private Warehouse warehouse;
    private EventFeed feed;

    @BeforeEach
    void start() {
        warehouse = Warehouse.on(TestServers.postgres(), master);
        feed = EventFeed.of(warehouse).withOutbox();
        warehouse.view("mv");
        replica.command("REPLICAOF", "127.0.0.1", Integer.toString(master.port()));
        await(() -> String.valueOf(master.command("INFO", "replication")).contains("state=online"));
        try (OlapSync first = feed.sync(PLAN).build()) {
            first.start();
            feed.awaitFirstOrders("mv");
            feed.change("changed");
            feed.awaitAllAcknowledged();
            feed.awaitNoRun();
        }
    }

    @AfterEach
    void close() {
        feed.close();
        warehouse.close();
        replica.close();
        master.close();
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("still not so after a minute").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
        }
    }

    /** From here on the replica is what it is. */
    private void cutOff() {
        assertThat(master.command("WAIT", "1", "20000")).isEqualTo(1L);
        replica.command("REPLICAOF", "NO", "ONE");
    }

    private void failOver() {
        master.kill();
        replica.command("CONFIG", "SET", "port", Integer.toString(master.port()));
    }

    @Test
    void acknowledged_messages_that_come_back_are_acknowledged_again_and_cost_no_refresh() {
        for (int i = 0; i < 5; i++) {
            feed.change("changed");
        }
        cutOff();
        try (OlapSync sync = feed.sync(PLAN).build()) {
            sync.start();
            feed.awaitAllAcknowledged();
            feed.awaitNoRun();
            long before = feed.refreshes("mv");
            assertThat(warehouse.sum("mv")).isEqualTo(warehouse.sum("t"));

            failOver();
            await(() -> sync.health().sources().get(0).delivered() == 10);
            feed.awaitAllAcknowledged();
            feed.awaitNoRun();
            assertThat(feed.refreshes("mv")).isEqualTo(before);
        }
    }

    @Test
    void messages_that_the_new_master_never_had_are_in_the_view_once_they_were_delivered() throws Exception {
        try (OlapSync sync = feed.sync(PLAN).build();
                Connection open = warehouse.db.connect()) {
            sync.start();
            cutOff();
            open.setAutoCommit(false);
            feed.send("changed", EventFeed.writeChange(open));
            feed.awaitPending(1);
            failOver();
            open.commit();
            warehouse.db.await("SELECT (SELECT sum(b) FROM mv) = (SELECT sum(b) FROM t)");
        }
    }

    @Test
    void messages_that_no_replica_has_are_sent_again_by_the_relay() throws Exception {
        cutOff();
        try (OutboxRelay relay = OutboxRelay.builder(
                        warehouse.db.pooledDataSource(),
                        RedisStreamPublisher.builder(RedisEndpoint.of(warehouse.redis), feed.stream)
                                .replicas(1)
                                .commandTimeout(Duration.ofSeconds(1))
                                .build())
                .pollInterval(Duration.ofMillis(20))
                .build()) {
            relay.start();
            try (Connection tx = warehouse.db.connect();
                    Statement update = tx.createStatement()) {
                tx.setAutoCommit(false);
                update.execute("UPDATE t SET b = b + 1 WHERE a = 1");
                PostgresTransactions.append(tx, OutboxTable.defaults(), "changed", "");
                tx.commit();
            }
            await(() -> Long.valueOf(3).compareTo((Long) master.command("XLEN", feed.stream)) <= 0);
            failOver(); // nobody had read it
            try (EmbeddedRedis next = EmbeddedRedis.start();
                    OlapSync sync = feed.sync(PLAN).build()) {
                next.command("REPLICAOF", "127.0.0.1", Integer.toString(master.port()));
                sync.start();
                warehouse.db.await("SELECT count(done_at) = count(*) FROM event_outbox");
                warehouse.db.await("SELECT (SELECT sum(b) FROM mv) = (SELECT sum(b) FROM t)");
                feed.awaitAllAcknowledged();
            }
        }
    }
}
