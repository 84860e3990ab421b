package io.olapsync.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.jdbc.OutboxRelay;
import io.olapsync.jdbc.OutboxTable;
import io.olapsync.jdbc.PostgresDeltaTables;
import io.olapsync.jdbc.PostgresTransactions;
import io.olapsync.report.PlanJson;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.RefreshException;
import io.olapsync.testkit.ChildJvm;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A delta table whose source has no triggers: what has changed comes from the outbox, over a stream. */
class FedByStreamTest {

    private static final SyncPlan PLAN = SyncPlan.named("fed")
            .view("mv", v -> v.delta(DeltaSpec.key("a").source("t", "a").fed("t")))
            .onEvent("changed", "mv")
            .eventKeys("changed", "t", Map.of("a", "/row/a"))
            .build();

    private final Warehouse warehouse = Warehouse.create();
    private final EventFeed feed = EventFeed.of(warehouse).withOutbox();

    @BeforeEach
    void convert() throws RefreshException {
        warehouse.view("mv");
        PostgresDeltaTables.of(warehouse.db.pooledDataSource()).convert(PLAN);
    }

    @AfterEach
    void close() {
        feed.close();
        warehouse.close();
    }

    /** Adds one to a row; says so in the outbox. */
    private void change(int row) throws SQLException {
        try (Connection tx = warehouse.db.connect();
                Statement statement = tx.createStatement()) {
            tx.setAutoCommit(false);
            statement.execute("UPDATE t SET b = b + 1 WHERE a = " + row);
            PostgresTransactions.append(tx, OutboxTable.defaults(), "changed", "{\"row\": {\"a\": " + row + "}}");
            tx.commit();
        }
    }

    private void awaitRelayed(int events) {
        warehouse.db.await("SELECT count(done_at) = " + events + " FROM event_outbox");
        feed.awaitAllAcknowledged();
        feed.awaitNoRun();
    }

    private List<List<Object>> shown() {
        return warehouse.db.rows("SELECT a, b FROM mv WHERE b > 0 ORDER BY a");
    }

    @Test
    void just_what_the_events_name_is_computed() throws Exception {
        try (OlapSync sync = feed.sync(PLAN).build();
                OutboxRelay relay = feed.relay()) {
            sync.start();
            feed.awaitFirstOrders("mv"); // a new stream may have lost something: all is computed
            relay.start();
            warehouse.db.execute("UPDATE t SET b = 100 WHERE a = 3"); // of which nobody tells
            change(1);
            change(2);
            awaitRelayed(2);

            assertThat(shown()).containsExactly(List.of(1, 1L), List.of(2, 1L));
            assertThat(warehouse.db.queryForLong("SELECT sum(keys) FROM olap_sync.refresh_history WHERE way = 'keys'"))
                    .isEqualTo(2);
            assertThat(sync.runFull().succeeded()).isTrue();
            assertThat(shown()).contains(List.of(3, 100L));
        }
    }

    @Test
    void process_killed_between_recording_and_acknowledgement_has_it_recorded_again_and_nothing_is_lost()
            throws Exception {
        try (OlapSync sync = feed.sync(PLAN).build()) {
            sync.start();
            feed.awaitFirstOrders("mv");
        }
        try (OutboxRelay relay = feed.relay()) {
            relay.start();
            change(1);
            warehouse.db.await("SELECT count(done_at) = 1 FROM event_outbox");
        }
        try (ChildJvm child = ChildJvm.of(EventCoverageTest.StuckMain.class)
                .args(warehouse.db.jdbcUrl(), warehouse.redisUri, warehouse.prefix, PlanJson.write(PLAN))
                .start()) {
            child.awaitLine(line -> line.equals("acknowledging 1"), Warehouse.PATIENCE);
            child.kill();
        }
        feed.runsDied();
        assertThat(feed.pending()).as("not acknowledged").isOne();
        warehouse.db.execute("UPDATE t SET b = b + 1 WHERE a = 1"); // told by the event that comes again

        try (OlapSync next = feed.sync(PLAN).build()) {
            next.start();
            feed.awaitAllAcknowledged();
            feed.awaitNoRun();

            assertThat(shown()).containsExactly(List.of(1, 2L));
        }
    }
}
