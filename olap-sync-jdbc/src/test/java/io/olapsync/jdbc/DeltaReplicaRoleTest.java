package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.how;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The triggers for what replication applies, in sessions that write as it does; by itself in {@link DeltaReplicationTest}. */
@Timeout(120)
@Tag("one-major")
class DeltaReplicaRoleTest {

    private static final ViewName PARTS = ViewName.parse("parts");
    private static final ViewName SUMS = ViewName.parse("sums");
    private static final Map<ViewName, DeltaSpec> DECLARED = Map.of(
            SUMS, DeltaSpec.key("customer").source("orders", "customer"),
            PARTS, DeltaSpec.key("part").source("items", "part"));

    private final DeltaFixture deltas = DeltaFixture.begun("replicated", DeltaReplicaRoleTest::convert);
    private final TestDatabase db = deltas.db;

    private static void convert(DeltaFixture deltas) {
        deltas.db.execute(
                "CREATE TABLE items (id int, part int, n int, PRIMARY KEY (id, part)) PARTITION BY RANGE (part)",
                "CREATE TABLE items_1 PARTITION OF items FOR VALUES FROM (0) TO (10)",
                "CREATE TABLE items_2 PARTITION OF items FOR VALUES FROM (10) TO (20)",
                "INSERT INTO items SELECT g, g % 20, g FROM generate_series(1, 100) g",
                "CREATE MATERIALIZED VIEW parts AS SELECT part, count(*) AS items, sum(n) AS n FROM items GROUP BY part",
                "CREATE UNIQUE INDEX ON parts (part)",
                "CREATE MATERIALIZED VIEW sums AS SELECT customer, count(*) AS orders, sum(amount) AS amount"
                        + " FROM orders GROUP BY customer",
                "CREATE UNIQUE INDEX ON sums (customer)");
        try {
            deltas.deltas.withReplicatedChanges().convert(DECLARED);
        } catch (RefreshException e) {
            throw new IllegalStateException(e);
        }
        DECLARED.keySet().forEach(deltas::refresh);
    }

    @AfterEach
    void close() throws Exception {
        deltas.close();
    }

    private void assertRefreshed(ViewName view, Way expected) {
        db.execute("UPDATE olap_sync.delta_table SET full_micros = NULL, key_micros = NULL, change_micros = NULL");
        assertThat(how(deltas.refresh(view)).way()).isEqualTo(expected);
        deltas.assertEqualsDefinition(view);
    }

    private List<Finding> found(ViewName view) {
        try {
            return Clinic.only(
                    "delta-not-captured",
                    PostgresDoctor.of(deltas.fixture.dataSource).examine(Set.of(view)));
        } catch (RefreshException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"replica", "origin", "local"})
    void whatever_a_session_says_that_it_is_each_image_is_captured_once(String role) {
        for (String statement : List.of(
                "INSERT INTO items SELECT g, g % 20, g FROM generate_series(101, 103) g",
                "UPDATE items SET n = n + 1 WHERE id = 1",
                "UPDATE items_2 SET n = n + 1 WHERE id = 11",
                "UPDATE items SET part = 15 WHERE id = 2",
                "INSERT INTO items VALUES (101, 1, 7), (104, 1, 7) ON CONFLICT (id, part) DO UPDATE SET n = 8",
                "DELETE FROM items WHERE id IN (5, 6)")) {
            db.execute("SET LOCAL session_replication_role = " + role + "; " + statement);
        }

        assertThat(db.queryForLong("SELECT sum(changes) FROM olap_sync.pending_" + deltas.id(PARTS)))
                .isEqualTo(3 + 2 + 2 + 2 + 3 + 2);
        assertRefreshed(PARTS, Way.ADDITIVE);

        db.execute("SET LOCAL session_replication_role = " + role + "; TRUNCATE items_1");
        assertRefreshed(PARTS, Way.FULL);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE items_1 DISABLE TRIGGER USER",
                "ALTER TABLE items_1 ENABLE TRIGGER USER",
                "ALTER TABLE items ENABLE TRIGGER USER",
                "ALTER TABLE items_2 DISABLE TRIGGER olap_sync_capture_ID_row",
                "ALTER TABLE items_2 ENABLE ALWAYS TRIGGER olap_sync_capture_ID_row",
                "ALTER TABLE items_2 ENABLE ALWAYS TRIGGER olap_sync_capture_ID_update",
                "ALTER TABLE items_2 ENABLE TRIGGER olap_sync_capture_ID_truncate",
                "DROP TRIGGER olap_sync_capture_ID_row ON items_2",
                "DROP FUNCTION olap_sync.capture_row_ID() CASCADE",
                "DROP FUNCTION olap_sync.capture_ID() CASCADE",
                "CREATE TABLE items_3 PARTITION OF items FOR VALUES FROM (20) TO (30)"
            })
    void triggers_that_are_not_as_they_should_be_are_found_and_mended(String harm) throws Exception {
        assertThat(found(PARTS)).isEmpty();
        long id = db.queryForLong("SELECT id FROM olap_sync.capture WHERE table_name = 'items'");
        db.execute(harm.replace("ID", String.valueOf(id)));
        for (int i = 0; i < 2; i++) {
            db.execute("UPDATE items SET n = n + 1");
            db.execute("SET LOCAL session_replication_role = replica; UPDATE items SET n = n + 1");
            assertRefreshed(PARTS, Way.FULL);
        }

        assertThat(found(PARTS)).hasSize(1);
        follow(found(PARTS).get(0));

        assertThat(found(PARTS)).isEmpty();
        assertThat(deltas.deltas.conversion(DECLARED)).isEmpty();
        deltas.refresh(PARTS);
        db.execute("UPDATE items SET n = n + 1 WHERE id = 3");
        db.execute("SET LOCAL session_replication_role = replica; UPDATE items SET part = 19 WHERE id = 4");
        assertRefreshed(PARTS, Way.ADDITIVE);
    }

    @Test
    void a_trigger_for_each_row_that_fires_for_everybody_adds_nothing_twice() throws Exception {
        db.execute("ALTER TABLE orders ENABLE TRIGGER USER"); // as after a load of data alone
        for (int i = 0; i < 2; i++) {
            db.execute("UPDATE orders SET amount = amount + 1 WHERE id = 3");
            assertRefreshed(SUMS, Way.FULL);
        }
        assertThat(found(SUMS)).hasSize(1);

        deltas.convert(DECLARED);

        assertThat(found(SUMS)).isEmpty();
        deltas.refresh(SUMS);
        db.execute("UPDATE orders SET amount = amount + 1 WHERE id = 3");
        db.execute("SET LOCAL session_replication_role = replica; UPDATE orders SET amount = amount + 1 WHERE id = 4");
        assertRefreshed(SUMS, Way.ADDITIVE);
    }

    /** Each statement of its own, as a person would. */
    private void follow(Finding finding) throws SQLException {
        try (Connection connection = db.connect();
                Statement statement = connection.createStatement()) {
            for (String sql : finding.remedy().split("(?<=;)\\n")) {
                statement.execute(sql);
            }
        }
    }

    @Test
    void a_role_whose_writes_are_replicated_ones_is_nothing_to_worry_about() throws Exception {
        db.execute("ALTER DATABASE \"" + db.name() + "\" SET session_replication_role = replica");

        assertThat(PostgresDoctor.of(deltas.fixture.dataSource).examine(Set.of(PARTS, SUMS)))
                .extracting(Finding::code)
                .doesNotContain("delta-replica-role");
    }

    @Test
    void a_reversion_leaves_nothing_of_them() {
        deltas.revert(SUMS, PARTS);

        assertThat(db.rows("SELECT tgname FROM pg_trigger WHERE tgname ~ '^olap_sync_capture'"))
                .isEmpty();
        assertThat(db.rows("SELECT proname FROM pg_proc WHERE proname ~ '^capture_' AND pronamespace ="
                        + " 'olap_sync'::regnamespace"))
                .isEmpty();
    }

    @Test
    void columns_may_be_called_like_variables_of_the_function() throws Exception {
        ViewName odd = ViewName.parse("odd_view");
        db.execute(
                "CREATE TABLE odd (found int, tg_op int, \"new\" int, \"OLD\" int, olap_sync_appended int PRIMARY KEY)",
                "CREATE MATERIALIZED VIEW odd_view AS SELECT * FROM odd",
                "CREATE UNIQUE INDEX ON odd_view (found, tg_op, \"new\", \"OLD\", olap_sync_appended)");
        String[] columns = {"found", "tg_op", "new", "OLD", "olap_sync_appended"};
        deltas.deltas
                .withReplicatedChanges()
                .convert(odd, DeltaSpec.key(columns).source("odd", columns));
        deltas.refresh(odd);

        db.execute(
                "SET LOCAL session_replication_role = replica; INSERT INTO odd SELECT g, g, g, g, g FROM generate_series(1, 30) g;"
                        + " UPDATE odd SET found = 0; DELETE FROM odd WHERE tg_op = 3");
        deltas.refresh(odd);

        deltas.assertEqualsDefinition(odd);
        assertThat(db.queryForLong("SELECT count(*) FROM odd_view")).isEqualTo(29);
    }
}
