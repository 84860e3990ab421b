package io.olapsync.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.Range;
import io.lettuce.core.StreamMessage;
import io.olapsync.OlapSync;
import io.olapsync.SyncHealth;
import io.olapsync.SyncPlan;
import io.olapsync.jdbc.OutboxRelay;
import io.olapsync.jdbc.OutboxTable;
import io.olapsync.jdbc.PostgresTransactions;
import io.olapsync.testkit.EmbeddedPostgres;
import io.olapsync.testkit.EmbeddedRedis;
import io.olapsync.testkit.TestServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What happens to events when the servers, the stream, or those who read it come to harm. */
class EventFaultsTest {

    private static final SyncPlan PLAN = SyncPlan.named("harmed")
            .view("mv")
            .view("other")
            .view("unmapped")
            .onEvent("changed", "mv")
            .onEvent("changed_too", "mv", "other")
            .build();

    private static final Duration AWAY = Duration.ofSeconds(10);
    private static final String NOBODY_KNOWS = "SELECT reason FROM olap_sync.refresh_order";

    private static Warehouse withViews(Warehouse warehouse) {
        warehouse.gatedView("mv");
        warehouse.view("other");
        warehouse.view("unmapped");
        return warehouse;
    }

    private static OlapSync started(EventFeed feed) {
        OlapSync sync = feed.sync(PLAN).build();
        sync.start();
        feed.awaitFirstOrders("mv");
        feed.awaitFirstOrders("other");
        return sync;
    }

    private static void awaitShown(Warehouse warehouse, String... views) {
        for (String view : views) {
            EventFeed.await(
                    () -> view + " shows " + warehouse.sum(view) + " of " + warehouse.sum("t"),
                    () -> warehouse.sum(view) == warehouse.sum("t"));
        }
    }

    /** The mapped views show all of it, the others were not touched, and the next event flows. */
    private static void assertMended(Warehouse warehouse, EventFeed feed) {
        awaitShown(warehouse, "mv", "other");
        warehouse.db.await("SELECT NOT EXISTS (" + NOBODY_KNOWS + ")");
        feed.change("changed");
        feed.awaitAllAcknowledged();
        assertThat(warehouse.sum("mv")).isEqualTo(warehouse.sum("t"));
        assertThat(feed.refreshes("unmapped")).isZero();
    }

    @Test
    void stream_that_was_flushed_with_its_events_has_the_mapped_views_refreshed_and_flows_again() {
        try (EmbeddedRedis redis = EmbeddedRedis.start();
                Warehouse warehouse = withViews(Warehouse.on(TestServers.postgres(), redis));
                EventFeed feed = EventFeed.of(warehouse);
                OlapSync sync = started(feed)) {
            feed.commitChange(); // its event is lost before anybody has read it

            feed.redis().flushall();

            assertMended(warehouse, feed);
        }
    }

    @Test
    void events_trimmed_before_they_were_delivered_have_the_mapped_views_refreshed() {
        try (Warehouse warehouse = withViews(Warehouse.create());
                EventFeed feed = EventFeed.of(warehouse)) {
            started(feed).close();
            feed.change("changed_too");
            feed.trimAll();

            try (OlapSync sync = feed.sync(PLAN).build()) {
                sync.start();
                assertMended(warehouse, feed);
            }
        }
    }

    @Test
    void events_trimmed_while_pending_with_a_dead_consumer_have_the_mapped_views_refreshed() {
        try (Warehouse warehouse = withViews(Warehouse.create());
                EventFeed feed = EventFeed.of(warehouse)) {
            started(feed).close();
            feed.change("changed_too");
            assertThat(feed.readAndDie("olapsync-dead")).hasSize(1);
            feed.trimAll();

            try (OlapSync sync = feed.sync(PLAN).build()) {
                sync.start();
                assertMended(warehouse, feed);
                feed.awaitPending(0);
            }
        }
    }

    @Test
    void events_trimmed_while_their_reader_lives_are_refreshed_by_it() {
        try (Warehouse warehouse = withViews(Warehouse.create());
                EventFeed feed = EventFeed.of(warehouse);
                OlapSync sync = started(feed)) {
            try (Warehouse.Gate gate = warehouse.shutGate()) {
                feed.change("changed_too");
                warehouse.awaitAtGate(1);
                feed.change("changed_too");
                feed.awaitPending(2);
                feed.trimAll();
            }
            awaitShown(warehouse, "mv", "other");
            feed.awaitPending(0);
        }
    }

    @Test
    void events_of_a_dead_consumer_are_taken_over() {
        try (Warehouse warehouse = withViews(Warehouse.create());
                EventFeed feed = EventFeed.of(warehouse)) {
            started(feed).close();
            long before = feed.refreshes("mv");
            feed.change("changed_too");
            assertThat(feed.readAndDie("olapsync-dead")).hasSize(1);
            try (OlapSync sync = feed.sync(PLAN).build()) {
                sync.start();

                feed.awaitPending(0);
                awaitShown(warehouse, "mv", "other");
                feed.awaitNoRun();
                assertThat(feed.refreshes("mv") - before).as("no gap").isOne();
            }
        }
    }

    @Test
    void poison_amid_good_messages_is_set_aside_with_the_reason_and_holds_up_none() {
        try (Warehouse warehouse = withViews(Warehouse.create());
                EventFeed feed = EventFeed.of(warehouse)) {
            started(feed).close();
            String deadly = feed.send("changed", feed.commitChange());
            feed.readAndDie("olapsync-one");
            feed.deliverAgain("olapsync-two", List.of(deadly));
            feed.change("changed");
            String garbled = feed.redis().xadd(feed.stream, Map.of("type", "changed", "xid", "a few"));
            feed.change("changed_too");
            feed.send("of no concern", 1);
            try (OlapSync sync =
                    feed.sync(PLAN, source -> source.maxDeliveries(2)).build()) {
                sync.start();

                feed.awaitAllAcknowledged();
                awaitShown(warehouse, "mv", "other");
                List<StreamMessage<String, String>> aside =
                        feed.redis().xrange(feed.stream + ":dead", Range.unbounded());
                assertThat(aside).hasSize(2);
                assertThat(aside.toString()).contains(deadly, garbled, "a few");
                assertThat(sync.health().sources()).singleElement().satisfies(source -> {
                    assertThat(source.setAside()).isEqualTo(2);
                    assertThat(source.unknown()).isOne();
                });
            }
        }
    }

    @Test
    void redis_away_for_ten_seconds_delays_the_events_and_loses_none() {
        try (EmbeddedRedis redis = EmbeddedRedis.start();
                Warehouse warehouse = withViews(Warehouse.on(TestServers.postgres(), redis));
                EventFeed feed = EventFeed.of(warehouse).withOutbox();
                OutboxRelay relay = feed.relay();
                OlapSync sync = started(feed)) {
            relay.start();
            long before = feed.refreshes("mv");
            try (Warehouse.Gate gate = warehouse.shutGate()) {
                feed.change("changed"); // waits for its acknowledgement while Redis is away
                warehouse.awaitAtGate(1);
                redis.kill();
            }
            long killed = System.nanoTime();
            feed.awaitRefreshes("mv", before + 1);
            long written = writeToOutbox(warehouse);
            awaitProblem(sync, true);
            EventFeed.await(
                    () -> "The relay notices nothing: " + relay.status(),
                    () -> relay.status().state() == OutboxRelay.State.FAILING);
            assertThat(warehouse.sum("mv")).isOne();
            EventFeed.await(() -> "Time stands still", () -> {
                assertThat(relay.status().state()).isEqualTo(OutboxRelay.State.FAILING);
                return System.nanoTime() - killed > AWAY.toNanos();
            });

            redis.restart();

            assertThat(sync.awaitCovered("mv", written, Warehouse.PATIENCE)).isTrue();
            awaitProblem(sync, false);
            feed.awaitAllAcknowledged();
            assertThat(warehouse.sum("mv")).isEqualTo(warehouse.sum("t")).isEqualTo(2);
            feed.awaitNoRun();
            assertThat(feed.refreshes("mv") - before).as("no gap").isEqualTo(2);
        }
    }

    @Test
    void postgresql_restarted_while_events_wait_loses_none() {
        try (EmbeddedPostgres server =
                        EmbeddedPostgres.builder().setting("fsync", "off").start();
                Warehouse warehouse = withViews(Warehouse.on(server, TestServers.redis()));
                EventFeed feed = EventFeed.of(warehouse).withOutbox();
                OutboxRelay relay = feed.relay();
                OlapSync sync = started(feed)) {
            relay.start();
            long late;
            try (Warehouse.Gate gate = warehouse.shutGate()) {
                feed.change("changed");
                warehouse.awaitAtGate(1);
                feed.change("changed_too");
                late = writeToOutbox(warehouse);
                feed.awaitPending(3);

                server.stop(); // and with it the session that keeps the gate shut
                feed.send("changed", late); // arrives while nobody can say what the views show
                awaitProblem(sync, true);
                assertThat(feed.pending()).isGreaterThanOrEqualTo(3);
                server.restart();
            }
            assertThat(sync.awaitCovered("mv", late, Warehouse.PATIENCE)).isTrue();
            awaitShown(warehouse, "mv", "other");
            feed.awaitAllAcknowledged();
        }
    }

    private static void awaitProblem(OlapSync sync, boolean there) {
        EventFeed.await(
                () -> "Health says " + sync.health(),
                () -> sync.health().sources().stream()
                        .map(SyncHealth.Source::problem)
                        .allMatch(p -> p.isPresent() == there));
    }

    private static long writeToOutbox(Warehouse warehouse) {
        try (Connection tx = warehouse.db.connect()) {
            tx.setAutoCommit(false);
            EventFeed.writeChange(tx);
            long id = PostgresTransactions.append(tx, OutboxTable.defaults(), "changed", "{}");
            tx.commit();
            return id;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
