package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.LINES;
import static io.olapsync.jdbc.DeltaFixture.TOTALS;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * TRUNCATE and an ALTER TABLE that rewrites give a table a new file, and who reads that with an older snapshot finds it empty:
 * what was before is gone, and what has come is not visible yet. Each test has the refresh, or the comparison, take its snapshot and
 * then wait for such a transaction.
 */
@Timeout(60)
class RewrittenTablesTest {

    private static final String RELOAD =
            "TRUNCATE orders; INSERT INTO orders SELECT g, 1 + g % 20, g FROM generate_series(1, 700) g";

    /** No trigger tells of it, for no row has changed. */
    private static final String REWRITE = "ALTER TABLE orders ADD COLUMN drawn float8 DEFAULT random()";

    @Test
    void a_materialized_view_shows_a_table_that_was_reloaded_meanwhile() throws Exception {
        try (DeltaFixture shop = new DeltaFixture()) {
            meanwhile(shop, RELOAD, () -> shop.refresh(LINES));

            assertThat(shop.db.queryForLong("SELECT count(*) FROM order_lines")).isEqualTo(700);
        }
    }

    @Test
    void materialized_views_that_are_refreshed_together_show_a_table_that_was_reloaded_meanwhile() throws Exception {
        try (DeltaFixture shop = new DeltaFixture()) {
            meanwhile(shop, RELOAD, () -> shop.refresh(List.of(LINES, TOTALS)));

            assertThat(shop.db.queryForLong("SELECT count(*) FROM order_lines")).isEqualTo(700);
            assertThat(shop.db.queryForLong("SELECT sum(orders)::bigint FROM totals"))
                    .isEqualTo(700);
        }
    }

    @Test
    void a_materialized_view_shows_a_table_behind_plain_views_that_was_reloaded_meanwhile() throws Exception {
        try (DeltaFixture shop = new DeltaFixture()) {
            ViewName behind = ViewName.parse("behind");
            shop.db.execute(
                    "CREATE VIEW lines AS SELECT id, amount FROM orders",
                    "CREATE VIEW more AS SELECT * FROM lines",
                    "CREATE MATERIALIZED VIEW behind AS SELECT * FROM more",
                    "CREATE UNIQUE INDEX ON behind (id)");
            meanwhile(shop, RELOAD, () -> shop.refresh(behind));

            assertThat(shop.db.queryForLong("SELECT count(*) FROM behind")).isEqualTo(700);
        }
    }

    @Test
    void a_delta_table_shows_a_table_that_was_reloaded_meanwhile() throws Exception {
        try (DeltaFixture shop = DeltaFixture.converted()) {
            shop.db.execute("UPDATE orders SET amount = 4711 WHERE id = 10");
            meanwhile(shop, RELOAD, () -> shop.refresh(LINES));

            shop.assertEqualsDefinition(LINES);
        }
    }

    @Test
    void delta_tables_that_are_refreshed_together_show_a_table_that_was_reloaded_meanwhile() throws Exception {
        try (DeltaFixture shop = DeltaFixture.converted()) {
            shop.db.execute("UPDATE orders SET amount = 4711 WHERE id = 10");
            meanwhile(shop, RELOAD, () -> shop.refresh(List.of(LINES, TOTALS)));

            shop.assertEqualsDefinition(LINES);
            shop.assertEqualsDefinition(TOTALS);
        }
    }

    @Test
    void a_delta_table_does_not_lose_the_rows_of_a_table_that_was_rewritten_meanwhile() throws Exception {
        try (DeltaFixture shop = DeltaFixture.converted()) {
            shop.db.execute("UPDATE orders SET amount = 4711 WHERE id = 10");
            meanwhile(shop, REWRITE, () -> shop.refresh(TOTALS));

            shop.assertEqualsDefinition(TOTALS);
        }
    }

    @Test
    void a_full_sync_does_not_take_a_table_that_was_rewritten_meanwhile_for_drift() throws Exception {
        try (DeltaFixture shop = DeltaFixture.converted()) {
            ViewRefresh full =
                    meanwhile(shop, REWRITE, () -> shop.fullSync(LINES).get(0));

            assertThat(DeltaFixture.how(full).drift()).isZero();
            shop.assertEqualsDefinition(LINES);
        }
    }

    @Test
    void what_is_compared_is_not_compared_with_an_empty_table() throws Exception {
        try (DeltaFixture shop = DeltaFixture.converted()) {
            PostgresVerifier verifier = PostgresVerifier.of(shop.db.dataSource());

            Verification found = meanwhile(shop, REWRITE, () -> verifier.verify(LINES));

            assertThat(found.problem()).isEmpty();
            assertThat(found.differences()).isZero();
        }
    }

    @Test
    void a_materialized_view_is_not_compared_with_an_empty_table_either() throws Exception {
        try (DeltaFixture shop = new DeltaFixture()) {
            PostgresVerifier verifier = PostgresVerifier.of(shop.db.dataSource());

            Verification found = meanwhile(shop, REWRITE, () -> verifier.verify(LINES));

            assertThat(found.problem()).isEmpty();
            assertThat(found.differences()).isZero();
        }
    }

    @Test
    void a_delta_table_that_was_rewritten_itself_meanwhile_is_not_taken_for_empty() throws Exception {
        try (DeltaFixture shop = DeltaFixture.converted()) {
            shop.db.execute("DELETE FROM orders WHERE id = 10");
            meanwhile(shop, "ALTER TABLE order_lines SET UNLOGGED", "order_lines", () -> shop.refresh(LINES));

            shop.assertEqualsDefinition(LINES);
        }
    }

    @Test
    void a_partition_that_is_reloaded_by_its_own_name_counts_too() throws Exception {
        try (DeltaFixture shop = new DeltaFixture()) {
            ViewName parts = ViewName.parse("parts_of");
            shop.db.execute(
                    "CREATE TABLE parts (id int, n int) PARTITION BY RANGE (id)",
                    "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100)",
                    "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (100) TO (200)",
                    "INSERT INTO parts SELECT g, g FROM generate_series(0, 199) g",
                    "CREATE MATERIALIZED VIEW parts_of AS SELECT * FROM parts",
                    "CREATE UNIQUE INDEX ON parts_of (id)");
            String reload = "TRUNCATE parts_2; INSERT INTO parts_2 SELECT g, 1 FROM generate_series(100, 149) g";
            meanwhile(shop, reload, "parts_2", () -> shop.refresh(parts));

            assertThat(shop.db.queryForLong("SELECT count(*) FROM parts_of")).isEqualTo(150);
        }
    }

    @Test
    void what_stands_in_the_way_is_no_fault_of_the_view() throws Exception {
        try (DeltaFixture shop = new DeltaFixture()) {
            Future<?> refused = waiting(
                    shop,
                    RELOAD,
                    "orders",
                    () -> shop.fixture.tryRefresh(DeltaFixture.request(SyncKind.INCREMENTAL, LINES)));

            RefreshException failure = Fixture.failure(refused);
            assertThat(failure.kind()).isEqualTo(RefreshException.Kind.CONTENDED);
            assertThat(failure).hasMessageContaining("truncated or rewritten meanwhile");
        }
    }

    /** Does what waits for a transaction that does this, commits that once it waits, and does it again where it was refused. */
    private static <T> T meanwhile(DeltaFixture shop, String deed, Callable<T> task) throws Exception {
        return meanwhile(shop, deed, "orders", task);
    }

    private static <T> T meanwhile(DeltaFixture shop, String deed, String table, Callable<T> task) throws Exception {
        return Fixture.get(waiting(shop, deed, table, () -> {
            try {
                return task.call();
            } catch (IllegalStateException e) {
                assertThat(e.getCause())
                        .isInstanceOfSatisfying(
                                RefreshException.class,
                                refused -> assertThat(refused.kind()).isEqualTo(RefreshException.Kind.CONTENDED));
                return task.call();
            }
        }));
    }

    /** What waits for a transaction that does this, which was committed once it did. */
    private static <T> Future<T> waiting(DeltaFixture shop, String deed, String table, Callable<T> task)
            throws SQLException {
        try (Connection writer = shop.db.connect();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute(deed);
            Future<T> waiting = shop.fixture.async(task);
            shop.db.await("SELECT count(*) > 0 FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                    + " WHERE NOT l.granted AND l.relation = '" + table
                    + "'::regclass AND d.datname = current_database()");
            writer.commit();
            return waiting;
        }
    }
}
