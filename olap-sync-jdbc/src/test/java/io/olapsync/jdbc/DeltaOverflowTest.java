package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.LINES;
import static io.olapsync.jdbc.DeltaFixture.how;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Captured changes that nobody asks for stop growing by themselves, and none is lost by that. */
@Timeout(120)
@Tag("one-major")
class DeltaOverflowTest {

    private static final String OVERFLOWN = "more had changed in a source than is kept";

    private DeltaFixture deltas;
    private long orders;

    @BeforeEach
    void convert() {
        deltas = DeltaFixture.converted();
        orders = deltas.db.queryForLong(
                "SELECT min(id) FROM olap_sync.capture WHERE table_name = 'orders' AND columns = '{id}'");
    }

    @AfterEach
    void close() throws Exception {
        deltas.close();
    }

    /** From this size on the triggers keep nothing. */
    private void most(String bytes, boolean forWriters, boolean forTheEnd) {
        if (forWriters) {
            deltas.mostBytes("capture_" + orders, bytes);
        }
        if (forTheEnd) {
            deltas.db.execute("UPDATE olap_sync.capture SET most_bytes = " + bytes + " WHERE id = " + orders);
        }
    }

    private void overflowing() {
        most("-1", true, false);
    }

    private void keeping() {
        most("268435456", true, false);
    }

    private long markers() {
        return deltas.db.queryForLong("SELECT count(*) FROM olap_sync.capture_overflow WHERE capture_id = " + orders);
    }

    /** Until the cleaning behind a refresh has taken the marker away. */
    private void awaitEnd() {
        deltas.db.await("SELECT NOT EXISTS (SELECT FROM olap_sync.capture_overflow)"
                + " AND (SELECT bool_and(resumed <> '18446744073709551615') FROM olap_sync.capture)");
    }

    private DeltaRefresh refresh() {
        return how(deltas.refresh(LINES));
    }

    private static void run(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private Connection begun(String isolation) throws SQLException {
        Connection connection = deltas.db.connect();
        run(connection, "BEGIN ISOLATION LEVEL " + isolation, "SET LOCAL lock_timeout = '5s'");
        return connection;
    }

    @Test
    void what_nobody_refreshes_stops_growing_and_then_all_of_it_is_recomputed() {
        most("65536", true, true);
        String size = "SELECT pg_relation_size('olap_sync.changes_" + orders + "')";
        for (int i = 0; i < 20; i++) {
            deltas.db.execute("UPDATE orders SET amount = amount + 1");
        }
        assertThat(deltas.db.queryForLong(size)).isBetween(65536L, 200_000L);
        assertThat(markers()).isEqualTo(1);

        assertThat(refresh().reason()).isEqualTo(OVERFLOWN);
        deltas.assertEqualsDefinition(LINES);
        Awaitility.await() // each refresh tries again what a vacuum could not take away because of somebody's snapshot
                .atMost(Duration.ofSeconds(30))
                .until(() -> refresh().way() == Way.NOTHING);
        assertThat(deltas.db.queryForLong(size)).isLessThan(65536);
        assertThat(markers()).isZero();
        deltas.db.execute("UPDATE orders SET amount = 1 WHERE id = 1");
        assertThat(refresh().way()).isEqualTo(Way.KEYS);
        deltas.assertEqualsDefinition(LINES);
    }

    /** As if nobody had found too much yet. */
    private void unsaid() {
        deltas.db.rows("SELECT setval('olap_sync.full_" + orders + "', 1, false)");
    }

    private long kept() {
        return deltas.db.queryForLong("SELECT count(*) FROM olap_sync.changes_" + orders);
    }

    @Test
    void writers_of_single_rows_stop_when_one_of_them_has_looked_and_go_on_when_there_is_room() {
        overflowing();
        unsaid();
        for (int i = 0; i < 3000 && markers() == 0; i++) {
            deltas.db.execute("UPDATE orders SET amount = amount + 1 WHERE id = 1");
        }
        assertThat(markers()).isEqualTo(1);
        long kept = kept();
        for (int i = 0; i < 100; i++) {
            deltas.db.execute("UPDATE orders SET amount = amount + 1 WHERE id = 2");
        }
        assertThat(kept()).isEqualTo(kept);

        keeping();
        deltas.db.execute("UPDATE orders SET amount = amount + 1 WHERE id = 3");

        assertThat(kept()).isGreaterThan(kept);
        assertThat(deltas.db.queryForBoolean("SELECT pg_sequence_last_value('olap_sync.full_" + orders + "') IS NULL"))
                .as("others need not look any more")
                .isTrue();
        assertThat(refresh().reason()).isEqualTo(OVERFLOWN);
        deltas.assertEqualsDefinition(LINES);
    }

    @Test
    void what_one_has_found_is_told_to_the_others_though_his_transaction_fails() throws Exception {
        overflowing();
        unsaid();
        try (Connection writer = begun("READ COMMITTED")) {
            run(writer, "UPDATE orders SET amount = amount + 1", "ROLLBACK");
        }

        deltas.db.execute("UPDATE orders SET amount = amount + 1 WHERE id = 2");

        assertThat(kept()).isZero();
        assertThat(markers()).isEqualTo(1);
    }

    @Test
    void a_statement_of_many_rows_looks_by_itself_and_keeps_no_more_than_its_first() {
        for (int i = 1; i <= 10; i++) {
            overflowing();
            unsaid();
            deltas.db.execute("UPDATE orders SET amount = amount + 1");
            assertThat(kept()).isLessThanOrEqualTo(16 * i);
            assertThat(markers()).isEqualTo(1);
        }

        assertThat(refresh().reason()).isEqualTo(OVERFLOWN);
        deltas.assertEqualsDefinition(LINES);
    }

    @Test
    void a_writer_that_saw_the_marker_and_commits_after_it_was_deleted_is_not_lost() throws Exception {
        overflowing();
        deltas.db.execute("UPDATE orders SET amount = 1 WHERE id = 1");
        try (Connection writer = begun("READ COMMITTED")) {
            run(writer, "UPDATE orders SET amount = 2 WHERE id = 2");
            assertThat(markers()).isEqualTo(1);
            keeping();
            refresh();
            awaitEnd();
            assertThat(refresh().reason()).isEqualTo(OVERFLOWN);
            run(writer, "COMMIT");
        }

        assertThat(refresh().reason()).isEqualTo(OVERFLOWN);
        deltas.assertEqualsDefinition(LINES);
        assertThat(refresh().way()).isEqualTo(Way.NOTHING);
    }

    @Test
    void a_writer_that_came_while_the_marker_was_being_deleted_is_not_lost() throws Exception {
        overflowing();
        deltas.db.execute("UPDATE orders SET amount = 1 WHERE id = 1");
        try (Connection writer = begun("READ COMMITTED")) {
            try (Connection cleaning = begun("READ COMMITTED")) {
                run(
                        cleaning,
                        "DELETE FROM olap_sync.capture_overflow",
                        "UPDATE olap_sync.capture SET resumed = '18446744073709551615' WHERE id = " + orders);
                run(writer, "UPDATE orders SET amount = 2 WHERE id = 2"); // is younger, and has seen the marker
                assertThat(markers()).isEqualTo(1);
                run(cleaning, "COMMIT");
            }
            keeping();
            assertThat(refresh().reason()).as("as if that had died then").isEqualTo(OVERFLOWN);
            awaitEnd();
            assertThat(refresh().reason()).isEqualTo(OVERFLOWN);
            run(writer, "COMMIT");
        }

        assertThat(refresh().reason()).isEqualTo(OVERFLOWN);
        deltas.assertEqualsDefinition(LINES);
        assertThat(refresh().way()).isEqualTo(Way.NOTHING);
    }

    @ParameterizedTest
    @ValueSource(strings = {"REPEATABLE READ", "SERIALIZABLE"})
    void a_writer_that_still_sees_a_marker_long_deleted_is_not_lost(String isolation) throws Exception {
        overflowing();
        deltas.db.execute("UPDATE orders SET amount = 1 WHERE id = 1");
        try (Connection writer = begun(isolation)) {
            run(writer, "SELECT 1 FROM orders");
            refresh();
            awaitEnd();
            refresh();
            assertThat(refresh().way()).isEqualTo(Way.NOTHING);
            run(
                    writer,
                    "UPDATE orders SET amount = 2 WHERE id = 2",
                    "UPDATE orders SET amount = 3 WHERE id = 3",
                    "COMMIT");
        }

        assertThat(markers()).isEqualTo(isolation.equals("SERIALIZABLE") ? 2 : 1);
        assertThat(refresh().reason()).isEqualTo(OVERFLOWN);
        deltas.assertEqualsDefinition(LINES);
    }

    @Test
    void a_delta_table_that_shares_the_capture_and_is_refreshed_later_recomputes_all_too() throws Exception {
        ViewName other = ViewName.parse("other_lines");
        deltas.db.execute(
                "CREATE MATERIALIZED VIEW other_lines AS SELECT id, amount FROM orders",
                "CREATE UNIQUE INDEX ON other_lines (id)");
        deltas.convert(Map.of(other, DeltaSpec.key("id").source("orders", "id")));
        deltas.refresh(other);
        overflowing();
        deltas.db.execute("UPDATE orders SET amount = 1 WHERE id = 1");
        keeping();
        refresh();
        awaitEnd();
        refresh();
        assertThat(refresh().way()).isEqualTo(Way.NOTHING);

        assertThat(how(deltas.refresh(other)).reason()).isEqualTo(OVERFLOWN);
        deltas.assertEqualsDefinition(other);
        assertThat(how(deltas.refresh(other)).way()).isEqualTo(Way.NOTHING);
    }

    /** More than a million, of which each goes with what it leads to: nobody keeps them for one that is never refreshed. */
    @Test
    void a_delta_table_that_was_left_behind_for_long_recomputes_all_so_that_what_waits_for_it_can_go() {
        ViewName other = ViewName.parse("other_lines");
        deltas.db.execute(
                "CREATE MATERIALIZED VIEW other_lines AS SELECT id, amount FROM orders",
                "CREATE UNIQUE INDEX ON other_lines (id)");
        deltas.convert(Map.of(other, DeltaSpec.key("id").source("orders", "id")));
        deltas.refresh(other);
        deltas.db.execute("INSERT INTO olap_sync.changes_" + orders
                + " (k1) SELECT 1 + g % 9 FROM generate_series(0, 1000000) g");

        assertThat(refresh().keys()).isEqualTo(9);
        deltas.db.await("SELECT shown IS NULL FROM olap_sync.delta_table WHERE view_name = 'other_lines'");
        deltas.db.execute("UPDATE orders SET amount = 1 WHERE id = 1");

        assertThat(how(deltas.refresh(other)).reason()).isEqualTo("nothing is known of what it shows");
        deltas.assertEqualsDefinition(other);
        refresh();
        deltas.db.await("SELECT NOT EXISTS (SELECT FROM olap_sync.changes_" + orders + ")");
        deltas.assertEqualsDefinition(LINES);
    }

    @Test
    void writers_do_not_wait_for_each_other_and_what_one_takes_back_marks_nothing() throws Exception {
        overflowing();
        try (Connection one = begun("READ COMMITTED");
                Connection another = begun("READ COMMITTED")) {
            run(one, "SAVEPOINT s", "UPDATE orders SET amount = 1 WHERE id = 1");
            run(another, "UPDATE orders SET amount = 2 WHERE id = 2", "COMMIT");
            assertThat(markers()).isEqualTo(1);
            refresh();
            awaitEnd();
            run(one, "ROLLBACK TO s", "UPDATE orders SET amount = 3 WHERE id = 3", "COMMIT");
        }

        assertThat(markers()).isEqualTo(1);
        assertThat(refresh().reason()).isEqualTo(OVERFLOWN);
        deltas.assertEqualsDefinition(LINES);
    }

    @Test
    void the_marker_of_a_refresh_that_writes_a_source_of_another_is_heeded_in_the_same_transaction() {
        ViewName over = ViewName.parse("over");
        deltas.db.execute(
                "CREATE MATERIALIZED VIEW over AS SELECT order_id, amount FROM order_lines",
                "CREATE UNIQUE INDEX ON over (order_id)");
        deltas.convert(Map.of(over, DeltaSpec.key("order_id").source("order_lines", "order_id")));
        deltas.refresh(over);
        orders = deltas.db.queryForLong("SELECT id FROM olap_sync.capture WHERE table_name = 'order_lines'");
        overflowing();
        deltas.db.execute("UPDATE orders SET amount = 1 WHERE id IN (1, 2)");

        var both = deltas.refresh(List.of(LINES, over));

        assertThat(how(both.get(0)).way()).isEqualTo(Way.KEYS);
        assertThat(how(both.get(1)).reason()).isEqualTo(OVERFLOWN);
        deltas.assertEqualsDefinition(over);
        awaitEnd();
        deltas.refresh(over);
        deltas.assertEqualsDefinition(over);
    }

    @Test
    void nothing_is_told_to_be_up_to_date_while_changes_may_be_missing() throws Exception {
        overflowing();
        deltas.db.execute("UPDATE orders SET amount = 1 WHERE id = 1");

        assertThat(deltas.fixture.<Boolean>fact(LINES, facts -> facts.nothingChanged(Set.of())))
                .isFalse();
        refresh();
        awaitEnd();
        assertThat(deltas.fixture.<Boolean>fact(LINES, facts -> facts.nothingChanged(Set.of())))
                .isFalse();
    }
}
