package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.TOTALS;
import static io.olapsync.jdbc.DeltaFixture.TOTALS_SPEC;
import static io.olapsync.jdbc.DeltaFixture.how;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;

/** Whatever changes a row of a source, the keys that it had and has are known; and whoever commits when. */
@Timeout(120)
@Tag("one-major")
class DeltaCaptureTest {

    private static final ViewName ITEMS = ViewName.parse("items_by_customer");

    private static final DeltaSpec ITEMS_SPEC = DeltaSpec.key("customer")
            .source("heads", "customer")
            .lookup("items", "SELECT h.customer FROM changed c JOIN public.heads h ON h.head = c.head", "head");

    private final DeltaFixture deltas = DeltaFixture.begun("captured", DeltaCaptureTest::convert);

    private static void convert(DeltaFixture deltas) {
        deltas.db.execute(
                "CREATE TABLE heads (head int PRIMARY KEY, customer int)",
                "CREATE TABLE items (item int, part int, head int REFERENCES heads ON DELETE CASCADE ON UPDATE CASCADE,"
                        + " n int DEFAULT 1, PRIMARY KEY (item, part)) PARTITION BY RANGE (part)",
                "CREATE TABLE items_1 PARTITION OF items FOR VALUES FROM (0) TO (10)",
                "CREATE TABLE items_2 PARTITION OF items FOR VALUES FROM (10) TO (20)",
                "INSERT INTO heads SELECT g, g % 10 FROM generate_series(1, 100) g",
                "INSERT INTO items SELECT g, g % 20, 1 + g % 100 FROM generate_series(1, 500) g",
                "CREATE MATERIALIZED VIEW items_by_customer AS SELECT h.customer, count(DISTINCT i.item) AS items,"
                        + " json_agg(i.n ORDER BY i.item) AS n FROM heads h JOIN items i USING (head) GROUP BY h.customer",
                "CREATE UNIQUE INDEX ON items_by_customer (customer)");
        deltas.convert(Map.of(TOTALS, TOTALS_SPEC, ITEMS, ITEMS_SPEC));
        deltas.refresh(TOTALS);
        deltas.refresh(ITEMS);
    }

    @AfterEach
    void close() throws Exception {
        deltas.close();
    }

    private DeltaRefresh after(String... statements) {
        deltas.db.execute(statements);
        DeltaRefresh how = how(deltas.refresh(ITEMS));
        deltas.assertEqualsDefinition(ITEMS);
        assertThat(how(deltas.refresh(ITEMS)).way()).isEqualTo(Way.NOTHING);
        return how;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1 | INSERT INTO items VALUES (900, 3, 1)",
                "3 | INSERT INTO items VALUES (900, 3, 1), (901, 13, 2), (902, 13, 3)",
                "1 | INSERT INTO items SELECT item, part, 5 FROM items WHERE item = 4 ON CONFLICT (item, part) DO UPDATE SET n = 7",
                "2 | INSERT INTO items SELECT item, part, 1 FROM items WHERE item = 4 ON CONFLICT (item, part) DO UPDATE SET head ="
                        + " excluded.head",
                "1 | UPDATE items SET n = 2 WHERE item = 7",
                "2 | UPDATE items SET head = 1 WHERE item = 7",
                "1 | UPDATE items SET part = 19 - part WHERE item = 7",
                "1 | UPDATE items_1 SET n = 2 WHERE item = 27",
                "1 | DELETE FROM items WHERE item = 7",
                "1 | DELETE FROM items_2 WHERE item = 17",
                "2 | UPDATE heads SET customer = 99 WHERE head = 8",
                "2 | UPDATE heads SET customer = NULL WHERE head = 8",
                "1 | DELETE FROM heads WHERE head = 8",
                "1 | UPDATE heads SET head = 800 WHERE head = 8",
                "0 | TRUNCATE items",
                "0 | TRUNCATE items_1",
                "0 | TRUNCATE heads CASCADE"
            })
    void each_kind_of_change_calls_for_the_keys_before_and_after_it(int keys, String statement) {
        DeltaRefresh how = after(statement);

        assertThat(how.way()).isEqualTo(keys == 0 ? Way.FULL : Way.KEYS);
        assertThat(how.keys()).isEqualTo(keys);
    }

    @Test
    void a_merge_calls_for_what_it_inserted_updated_and_deleted() {
        assumeThat(deltas.db.server().major()).as("MERGE").isGreaterThanOrEqualTo(15);

        DeltaRefresh how = after(
                "MERGE INTO heads h USING (VALUES (1, 50), (2, 51), (500, 52)) v (head, customer) ON h.head = v.head"
                        + " WHEN MATCHED AND v.head = 2 THEN DELETE WHEN MATCHED THEN UPDATE SET customer = v.customer"
                        + " WHEN NOT MATCHED THEN INSERT VALUES (v.head, v.customer)");

        assertThat(how.way()).isEqualTo(Way.KEYS);
        assertThat(how.keys()).as("1 and 50, 2, 52").isEqualTo(4);
    }

    @Test
    void a_copy_calls_for_the_keys_of_its_rows() throws Exception {
        try (Connection connection = deltas.db.connect()) {
            connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn(
                            "COPY items (item, part, head) FROM STDIN (FORMAT csv)",
                            new StringReader("900,1,1\n901,11,2\n"));
        }

        assertThat(after().keys()).isEqualTo(2);
    }

    @Test
    void partitions_with_rows_that_come_and_go_call_for_all_of_it() {
        assertThat(after("ALTER TABLE items DETACH PARTITION items_2").way()).isEqualTo(Way.FULL);
        deltas.db.execute("UPDATE items_2 SET n = 9", "INSERT INTO items_2 VALUES (950, 15, 4)");
        assertThat(after("ALTER TABLE items ATTACH PARTITION items_2 FOR VALUES FROM (10) TO (20)")
                        .way())
                .isEqualTo(Way.FULL);
        assertThat(after("UPDATE items_2 SET n = 3 WHERE item = 17").way()).isEqualTo(Way.KEYS);
    }

    @Test
    void a_partition_that_is_dropped_with_its_rows_calls_for_all_of_it() {
        assertThat(after("DROP TABLE items_2").way()).isEqualTo(Way.FULL);
        assertThat(after("UPDATE items_1 SET n = 3 WHERE item = 7").way()).isEqualTo(Way.KEYS);
    }

    @Test
    void a_new_partition_without_triggers_calls_for_all_of_it_until_it_has_them() {
        deltas.db.execute(
                "CREATE TABLE items_3 (LIKE items INCLUDING DEFAULTS)",
                "INSERT INTO items_3 VALUES (960, 25, 4)",
                "ALTER TABLE items ATTACH PARTITION items_3 FOR VALUES FROM (20) TO (30)");
        for (String sql : new String[] {"SELECT 1", "INSERT INTO items_3 VALUES (961, 25, 4)"}) {
            deltas.db.execute(sql);
            assertThat(how(deltas.refresh(ITEMS)).way()).isEqualTo(Way.FULL);
            deltas.assertEqualsDefinition(ITEMS);
        }

        deltas.convert(Map.of(ITEMS, ITEMS_SPEC));
        assertThat(how(deltas.refresh(ITEMS)).way()).isEqualTo(Way.FULL);

        assertThat(after("INSERT INTO items_3 VALUES (962, 25, 4)").way()).isEqualTo(Way.KEYS);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void what_replication_writes_is_captured_where_that_was_asked_for(boolean replicated) throws Exception {
        PostgresDeltaTables tables = replicated ? deltas.deltas.withReplicatedChanges() : deltas.deltas;
        deltas.revert(ITEMS);
        tables.convert(ITEMS, ITEMS_SPEC);
        deltas.refresh(ITEMS);
        deltas.db.execute("SET LOCAL session_replication_role = replica; UPDATE items SET n = 5 WHERE item = 7");

        DeltaRefresh how = how(deltas.refresh(ITEMS));

        assertThat(how.way()).isEqualTo(replicated ? Way.KEYS : Way.NOTHING);
        if (replicated) {
            deltas.assertEqualsDefinition(ITEMS);
        }
    }

    @Test
    void a_captured_column_that_was_renamed_stops_writers_rather_than_losing_what_they_change() {
        deltas.db.execute("ALTER TABLE orders RENAME COLUMN customer TO buyer");

        assertThatThrownBy(() -> deltas.db.execute("UPDATE orders SET amount = 0 WHERE id = 1"))
                .hasStackTraceContaining("column \"customer\" does not exist");

        deltas.convert(Map.of(TOTALS, DeltaSpec.key("customer").source("orders", "buyer")));
        deltas.db.execute("UPDATE orders SET amount = 0 WHERE id = 1");
        deltas.refresh(TOTALS);
        deltas.assertEqualsDefinition(TOTALS);
        deltas.db.execute("UPDATE orders SET buyer = 2 WHERE id = 1");
        assertThat(how(deltas.refresh(TOTALS)).way()).isEqualTo(Way.KEYS);
        deltas.assertEqualsDefinition(TOTALS);
    }

    @Test
    void a_source_that_was_renamed_calls_for_all_of_it_until_it_is_declared_by_its_new_name() {
        deltas.db.execute("ALTER TABLE orders RENAME TO purchases", "UPDATE purchases SET customer = 3 WHERE id = 1");
        for (int i = 0; i < 2; i++) {
            assertThat(how(deltas.refresh(TOTALS)).way()).isEqualTo(Way.FULL);
            deltas.assertEqualsDefinition(TOTALS);
            deltas.db.execute("UPDATE purchases SET customer = 4 WHERE id = 1");
        }

        deltas.convert(Map.of(TOTALS, DeltaSpec.key("customer").source("purchases", "customer")));
        deltas.refresh(TOTALS);

        deltas.db.execute("UPDATE purchases SET customer = 5 WHERE id = 1");
        assertThat(how(deltas.refresh(TOTALS)).way()).isEqualTo(Way.KEYS);
        deltas.assertEqualsDefinition(TOTALS);
    }

    @Test
    void a_column_that_was_dropped_and_added_again_captures_as_before() {
        ViewName coded = ViewName.parse("coded");
        deltas.db.execute(
                "CREATE TABLE codes (gone int, id int PRIMARY KEY, code int)",
                "INSERT INTO codes SELECT 0, g, g FROM generate_series(1, 20) g",
                "CREATE MATERIALIZED VIEW coded AS SELECT o.id FROM orders o WHERE EXISTS (SELECT FROM codes c WHERE c.id = o.id)",
                "CREATE UNIQUE INDEX ON coded (id)");
        deltas.convert(Map.of(
                coded,
                DeltaSpec.key("id")
                        .source("orders", "id")
                        .lookup("codes", "SELECT c.id FROM changed c", "id", "code")));
        deltas.refresh(coded);
        deltas.db.execute("ALTER TABLE codes DROP COLUMN gone", "DELETE FROM codes WHERE id = 3");
        assertThat(how(deltas.refresh(coded)).keys()).isEqualTo(1);
        deltas.db.execute("ALTER TABLE codes DROP COLUMN code");
        assertThatThrownBy(() -> deltas.db.execute("DELETE FROM codes WHERE id = 4"))
                .hasStackTraceContaining("column \"code\" does not exist");

        deltas.db.execute("ALTER TABLE codes ADD COLUMN code int", "DELETE FROM codes WHERE id = 4");

        assertThat(how(deltas.refresh(coded)).keys()).isEqualTo(1);
        deltas.assertEqualsDefinition(coded);
    }

    /** A log in which each key stood once would have nothing of the first of two. */
    @Test
    void a_key_that_two_have_changed_is_recomputed_for_each_of_them() throws Exception {
        try (Connection early = deltas.db.connect();
                Statement statement = early.createStatement()) {
            early.setAutoCommit(false);
            statement.execute("UPDATE items SET n = 8 WHERE item = 7");
            assertThat(after("UPDATE items SET n = 9 WHERE item = 107").keys()).isEqualTo(1);
            early.commit();
        }

        assertThat(after().keys()).isEqualTo(1);
    }

    /** A trigger that looked for the key itself would have found the one before. */
    @Test
    void a_row_is_followed_to_where_its_parent_has_gone_meanwhile() throws Exception {
        try (Connection old = deltas.db.connect();
                Statement statement = old.createStatement()) {
            old.setAutoCommit(false);
            old.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            statement.execute("SELECT 1 FROM heads");
            after("UPDATE heads SET customer = 77 WHERE head = 8");
            statement.execute("UPDATE items SET n = 8 WHERE item = 7");
            old.commit();
        }

        assertThat(after().keys()).isEqualTo(1);
        assertThat(deltas.db.queryForString("SELECT n::text FROM items_by_customer WHERE customer = 77"))
                .contains("8");
    }

    /** What is seen must be one state: the refresh began before the change, and so has neither its keys nor its rows. */
    @Test
    void what_commits_while_a_refresh_is_under_way_is_left_to_the_next() throws Exception {
        deltas.db.execute("CREATE FUNCTION slow(int) RETURNS int LANGUAGE plpgsql STABLE AS"
                + " $$ BEGIN PERFORM pg_advisory_xact_lock_shared(" + Fixture.GATE + "); RETURN $1; END $$");
        ViewName slow = ViewName.parse("slowly");
        deltas.db.execute(
                "CREATE MATERIALIZED VIEW slowly AS SELECT id, slow(amount::int) AS amount FROM orders",
                "CREATE UNIQUE INDEX ON slowly (id)");
        deltas.convert(Map.of(slow, DeltaSpec.key("id").source("orders", "id")));
        deltas.refresh(slow);
        deltas.db.execute("UPDATE orders SET amount = 1 WHERE id = 1");
        var gate = deltas.fixture.shutGate();
        var running = deltas.fixture.start(DeltaFixture.request(SyncKind.INCREMENTAL, slow));
        deltas.fixture.awaitAtGate(1);
        deltas.db.execute("UPDATE orders SET amount = 2 WHERE id IN (1, 2)", "DELETE FROM orders WHERE id = 3");
        gate.close();
        assertThat(how(Fixture.get(running).get(0)).keys()).isEqualTo(1);
        assertThat(deltas.db.queryForLong("SELECT amount FROM slowly WHERE id = 1"))
                .isEqualTo(1);

        assertThat(how(deltas.refresh(slow)).keys()).isEqualTo(3);
        deltas.assertEqualsDefinition(slow);
    }
}
