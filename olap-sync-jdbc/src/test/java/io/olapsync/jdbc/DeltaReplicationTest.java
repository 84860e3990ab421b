package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.TOTALS;
import static io.olapsync.jdbc.DeltaFixture.TOTALS_SPEC;
import static io.olapsync.jdbc.DeltaFixture.how;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.EmbeddedPostgres;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a subscription applies is captured, by a real one: an apply worker fires fewer triggers than a session does. */
@Timeout(120)
class DeltaReplicationTest {

    private static final EmbeddedPostgres SERVER = EmbeddedPostgres.builder()
            .major(TestServers.postgres().major())
            .setting("wal_level", "logical")
            .setting("fsync", "off")
            .setting("max_sync_workers_per_subscription", "4")
            .setting("wal_retrieve_retry_interval", "50ms") // between a worker that has ended and the next
            .start();

    private static final ViewName SUMS = ViewName.parse("sums");
    private static final ViewName PARTS = ViewName.parse("parts");
    private static final ViewName ALL = ViewName.parse("overall");
    private static final Map<ViewName, DeltaSpec> DECLARED = Map.of(
            TOTALS, TOTALS_SPEC,
            SUMS, DeltaSpec.key("customer").source("orders", "customer"),
            PARTS, DeltaSpec.key("part").source("items", "part"),
            ALL, DeltaSpec.key("most").whole("customers"));

    private final DeltaFixture deltas = new DeltaFixture(SERVER);
    private final TestDatabase db = deltas.db;
    private final TestDatabase publisher = SERVER.newDatabase();
    private boolean subscribed;
    private int ticks;

    @BeforeEach
    void convert() throws Exception {
        db.execute(
                "TRUNCATE orders",
                "TRUNCATE customers",
                "CREATE TABLE items (id int, part int, n int, PRIMARY KEY (id, part)) PARTITION BY RANGE (part)",
                "CREATE TABLE items_1 PARTITION OF items FOR VALUES FROM (0) TO (10)",
                "CREATE TABLE items_2 (gone int, n int, part int NOT NULL, id int NOT NULL)",
                "ALTER TABLE items_2 DROP COLUMN gone",
                "ALTER TABLE items ATTACH PARTITION items_2 FOR VALUES FROM (10) TO (20)",
                "CREATE TABLE ticks (n int PRIMARY KEY)",
                "CREATE MATERIALIZED VIEW sums AS SELECT customer, count(*) AS orders, sum(amount) AS amount"
                        + " FROM orders GROUP BY customer",
                "CREATE UNIQUE INDEX ON sums (customer)",
                "CREATE MATERIALIZED VIEW parts AS SELECT part, count(*) AS items, sum(n) AS n FROM items GROUP BY part",
                "CREATE UNIQUE INDEX ON parts (part)",
                "CREATE MATERIALIZED VIEW overall AS SELECT max(name) AS most FROM customers",
                "CREATE UNIQUE INDEX ON overall (most)");
        publisher.execute(
                "CREATE TABLE orders (id int PRIMARY KEY, customer int, amount numeric(12, 2))",
                "CREATE TABLE customers (id int PRIMARY KEY, name text)",
                "CREATE TABLE items (id int, part int, n int, PRIMARY KEY (id, part))",
                "CREATE TABLE ticks (n int PRIMARY KEY)",
                "INSERT INTO orders SELECT g, g % 5, g FROM generate_series(1, 100) g",
                "INSERT INTO customers SELECT g, 'customer ' || g FROM generate_series(1, 5) g",
                "INSERT INTO items SELECT g, g % 20, g FROM generate_series(1, 100) g",
                "CREATE PUBLICATION p FOR ALL TABLES");
        deltas.deltas.withReplicatedChanges().convert(DECLARED);
        refresh();
    }

    @AfterEach
    void close() throws Exception {
        if (subscribed) {
            db.execute("DROP SUBSCRIPTION " + db.name());
        }
        publisher.close();
        deltas.close();
    }

    @AfterAll
    static void stop() {
        SERVER.close();
    }

    /** Until the initial copy is there. */
    private void subscribe() {
        publisher.rows("SELECT pg_create_logical_replication_slot(?, 'pgoutput')", db.name());
        db.execute("CREATE SUBSCRIPTION " + db.name() + " CONNECTION 'host=localhost port=" + SERVER.port()
                + " user=postgres dbname=" + publisher.name()
                + "' PUBLICATION p WITH (create_slot = false, slot_name = '"
                + db.name() + "')");
        subscribed = true;
        db.await("SELECT count(*) = 4 AND bool_and(srsubstate = 'r') FROM pg_subscription_rel");
    }

    /** Until these changes of the publisher's have been applied. */
    private void apply(String... statements) {
        publisher.execute(statements);
        publisher.execute("INSERT INTO ticks VALUES (" + ++ticks + ")");
        db.await("SELECT EXISTS (SELECT FROM ticks WHERE n = " + ticks + ")");
    }

    private void byHand(String statements) {
        db.execute("SET LOCAL session_replication_role = replica; " + statements);
    }

    private void refresh() {
        DECLARED.keySet().forEach(deltas::refresh);
    }

    /** After a refresh in this way, which what this machine is slow at just now does not decide. */
    private void assertRefreshed(ViewName view, Way expected) {
        db.execute("UPDATE olap_sync.delta_table SET full_micros = NULL, key_micros = NULL, change_micros = NULL");
        assertThat(how(deltas.refresh(view)).way()).as("%s", view).isEqualTo(expected);
        deltas.assertEqualsDefinition(view);
    }

    private long captured(ViewName view) {
        return db.queryForLong("SELECT sum(changes) FROM olap_sync.pending_" + deltas.id(view));
    }

    @Test
    void the_initial_copy_is_captured() {
        subscribe();

        assertThat(captured(TOTALS)).isEqualTo(100);
        assertThat(captured(SUMS)).isEqualTo(100);
        assertRefreshed(TOTALS, Way.KEYS);
        assertRefreshed(SUMS, Way.ADDITIVE);
        assertRefreshed(PARTS, Way.ADDITIVE);
        assertRefreshed(ALL, Way.FULL);
        assertThat(db.queryForString("SELECT most FROM overall")).isEqualTo("customer 5");
    }

    @Test
    void rows_that_are_inserted_updated_and_deleted_are_captured_once() {
        subscribe();
        refresh();
        for (String change : List.of(
                "INSERT INTO orders SELECT g, g % 7, g FROM generate_series(101, 130) g",
                "UPDATE orders SET amount = amount + 1 WHERE id = 3",
                "UPDATE orders SET customer = 6, id = id + 1000 WHERE id IN (4, 5, 6)",
                "DELETE FROM orders WHERE id < 3")) {
            apply(change);
            assertRefreshed(TOTALS, Way.KEYS);
            assertRefreshed(SUMS, Way.ADDITIVE);
        }
        db.execute("UPDATE orders SET amount = amount + 1 WHERE id = 7");
        apply("UPDATE customers SET name = 'z' WHERE id = 1");
        assertThat(captured(SUMS)).as("by a writer of its own, once").isEqualTo(2);
        assertRefreshed(TOTALS, Way.KEYS);
        assertRefreshed(SUMS, Way.ADDITIVE);
        assertRefreshed(ALL, Way.FULL);
        assertThat(db.queryForString("SELECT most FROM overall")).isEqualTo("z");
    }

    @Test
    void a_replicated_truncate_calls_for_all() {
        subscribe();
        refresh();
        apply("UPDATE orders SET amount = 0 WHERE id = 1");
        assertRefreshed(SUMS, Way.ADDITIVE);

        apply("TRUNCATE orders, items");

        for (ViewName view : List.of(TOTALS, SUMS, PARTS)) {
            assertRefreshed(view, Way.FULL);
            assertThat(db.queryForLong("SELECT count(*) FROM " + view.sql())).isZero();
        }
    }

    @Test
    void a_row_that_moves_to_another_partition_is_captured_where_it_was_and_where_it_is() {
        subscribe();
        refresh();

        apply("UPDATE items SET part = part + 10, n = n + 1 WHERE id IN (21, 22)");
        assertThat(captured(PARTS)).isEqualTo(4);
        assertRefreshed(PARTS, Way.ADDITIVE);

        apply("UPDATE items SET part = part - 5 WHERE part > 12", "DELETE FROM items WHERE part = 2");
        assertRefreshed(PARTS, Way.ADDITIVE);
    }

    @Test
    void more_than_is_kept_is_not_kept_and_calls_for_all() {
        deltas.mostBytes("capture_row_[0-9]+", "-1");
        db.rows("SELECT setval(oid, 1) FROM pg_class WHERE relkind = 'S' AND relname ~ '^full_[0-9]+$'");

        subscribe();

        assertThat(captured(TOTALS)).isZero();
        assertRefreshed(TOTALS, Way.FULL);
        assertRefreshed(SUMS, Way.FULL);
        assertThat(db.queryForLong("SELECT sum(amount) FROM sums")).isEqualTo(5050);
    }

    @Test
    void the_tables_may_be_those_of_an_ordinary_role() {
        String role = db.name() + "_owner";
        db.execute("CREATE ROLE " + role);
        try {
            db.execute(
                    "GRANT CREATE, USAGE ON SCHEMA public TO " + role,
                    "ALTER TABLE orders OWNER TO " + role,
                    "ALTER TABLE ticks OWNER TO " + role);
            subscribe();
            refresh();

            apply("UPDATE orders SET amount = amount + 1 WHERE id = 3");

            assertRefreshed(SUMS, Way.ADDITIVE);
        } finally {
            db.execute("REASSIGN OWNED BY " + role + " TO CURRENT_USER", "DROP OWNED BY " + role, "DROP ROLE " + role);
        }
    }

    @Test
    void what_was_captured_otherwise_is_captured_once_it_is_converted_again() throws Exception {
        deltas.revert(TOTALS, SUMS, PARTS, ALL);
        deltas.convert(DECLARED);
        refresh();
        subscribe();
        assertThat(captured(SUMS)).as("nobody asked for it").isZero();

        deltas.deltas.withReplicatedChanges().convert(DECLARED);

        assertThat(deltas.deltas.withReplicatedChanges().conversion(DECLARED)).isEmpty();
        refresh();
        apply("UPDATE orders SET amount = 1000, customer = 4 WHERE id < 9");
        assertRefreshed(TOTALS, Way.KEYS);
        assertRefreshed(SUMS, Way.ADDITIVE);
    }

    @Test
    void triggers_that_all_fire_always_call_for_all_until_they_are_mended() throws Exception {
        deltas.revert(TOTALS, SUMS, PARTS, ALL);
        deltas.convert(DECLARED);
        alwaysAsOnce();
        refresh();
        subscribe();
        for (int i = 0; i < 2; i++) {
            apply("UPDATE orders SET amount = amount + 1 WHERE id = 3");
            assertRefreshed(TOTALS, Way.FULL);
            assertRefreshed(SUMS, Way.FULL);
        }

        deltas.convert(DECLARED);

        assertThat(deltas.deltas.conversion(DECLARED)).isEmpty();
        assertThat(deltas.deltas.withReplicatedChanges().conversion(DECLARED)).isEmpty();
        refresh();
        apply("UPDATE orders SET amount = amount + 1 WHERE id = 3");
        byHand("UPDATE orders SET amount = amount + 1 WHERE id = 7");
        assertRefreshed(TOTALS, Way.KEYS);
        assertRefreshed(SUMS, Way.ADDITIVE);
    }

    private void alwaysAsOnce() {
        db.execute(
                "DO $do$ DECLARE t record; BEGIN FOR t IN SELECT tgrelid::regclass AS relation, tgname FROM pg_trigger"
                        + " WHERE tgname ~ '^olap_sync_capture_' LOOP"
                        + " EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', t.relation, t.tgname); END LOOP; END $do$");
    }
}
