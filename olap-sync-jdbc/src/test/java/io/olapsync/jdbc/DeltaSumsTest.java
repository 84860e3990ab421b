package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.how;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** What is kept by adding changes, and what only looks like it. */
@Tag("one-major")
class DeltaSumsTest {

    private static final DeltaSpec BY_CUSTOMER =
            DeltaSpec.key("customer").source("orders", "customer").source("customers", "id");
    private static final String NAMED =
            " FROM (SELECT o.*, c.name FROM orders o JOIN customers c ON c.id = o.customer) x GROUP BY customer";

    private final DeltaFixture deltas = new DeltaFixture();
    private final Map<ViewName, String> sums = new LinkedHashMap<>();

    @AfterEach
    void close() throws Exception {
        deltas.close();
    }

    /** Delta tables with these columns by customer. */
    private void keep(String... definitions) {
        Map<ViewName, DeltaSpec> declared = new LinkedHashMap<>();
        for (String definition : definitions) {
            ViewName view = ViewName.parse("sums_" + sums.size());
            deltas.db.execute(
                    "CREATE MATERIALIZED VIEW " + view.sql() + " AS SELECT customer, " + definition,
                    "CREATE UNIQUE INDEX ON " + view.sql() + " (customer)");
            declared.put(view, BY_CUSTOMER);
            sums.put(view, definition);
        }
        deltas.convert(declared);
        deltas.refresh(List.copyOf(sums.keySet()));
    }

    private void assertRefreshed(Way expected, String change) {
        deltas.db.execute(
                change, // and what this machine is slow at just now is not to decide how it is refreshed
                "UPDATE olap_sync.delta_table SET full_micros = NULL, key_micros = NULL, change_micros = NULL");
        sums.forEach((view, definition) -> {
            assertThat(how(deltas.refresh(view)).way())
                    .as("%s after %s", definition, change)
                    .isEqualTo(expected);
            deltas.assertEqualsDefinition(view);
        });
    }

    @Test
    void exact_numbers_are_added() {
        keep(
                "count(*) AS n, count(name) AS named, sum(amount) AS s, min(amount) AS least, max(name) AS most"
                        + NAMED,
                "sum(id) AS s, sum(id) FILTER (WHERE amount > 5) AS more" + NAMED,
                "count(amount) AS n, sum(amount) AS s, avg(amount) AS mean" + NAMED,
                "min(amount::float8) AS least" + NAMED,
                "sum(amount) AS s FROM (SELECT * FROM orders UNION ALL SELECT -id, id, 0 FROM customers) x GROUP BY customer");

        assertRefreshed(Way.ADDITIVE, "UPDATE orders SET amount = amount + 0.01 WHERE id IN (1, 2, 41)");
    }

    /** Nothing can be added to infinity, and nothing taken away from what is not a number. */
    @ParameterizedTest
    @ValueSource(strings = {"NaN", "Infinity", "-Infinity"})
    void a_sum_gets_over_what_is_no_number(String value) {
        deltas.db.execute("DROP MATERIALIZED VIEW order_lines, totals", "ALTER TABLE orders ALTER amount TYPE numeric");
        keep("count(amount) AS n, sum(amount) AS s, avg(amount) AS mean" + NAMED);
        String set = "UPDATE orders SET amount = '" + value + "' WHERE id = 1";

        assertRefreshed(Way.ADDITIVE, set);
        assertRefreshed(Way.ADDITIVE, "UPDATE orders SET amount = 7 WHERE id = 1");
        assertRefreshed(Way.ADDITIVE, set + "; UPDATE orders SET amount = 8 WHERE id = 1");
    }

    @Test
    void sums_are_kept_where_the_host_has_all_names_quoted() throws Exception {
        keep("count(amount) AS n, sum(amount) AS s, avg(amount) AS mean" + NAMED);
        ViewName view = sums.keySet().iterator().next();
        PGSimpleDataSource quoting = new PGSimpleDataSource();
        quoting.setUrl(deltas.db.jdbcUrl());
        quoting.setOptions("-c quote_all_identifiers=on");
        deltas.db.execute("UPDATE orders SET amount = 2 WHERE id = 1");

        try (Fixture host = new Fixture(deltas.db, quoting, PostgresSettings.defaults())) {
            ViewRefresh refresh = host.refresh(DeltaFixture.request(SyncKind.INCREMENTAL, view))
                    .get(0);
            assertThat(how(refresh).way()).isEqualTo(Way.ADDITIVE);
        }
        deltas.assertEqualsDefinition(view);
    }

    @Test
    void where_a_sum_of_what_came_and_went_has_no_value_keys_are_computed() {
        keep("sum(100 / amount) AS s, count(amount) AS n" + NAMED);

        assertRefreshed(
                Way.KEYS, "INSERT INTO orders VALUES (4711, 1, 0); UPDATE orders SET amount = 1 WHERE id = 4711");
        assertRefreshed(Way.ADDITIVE, "UPDATE orders SET amount = 2 WHERE id = 4711");
    }

    @Test
    void what_is_not_exact_or_does_not_follow_from_each_row_by_itself_is_recomputed() {
        keep(
                "avg(amount) AS mean" + NAMED,
                "sum(amount::float8) AS s" + NAMED,
                "sum(amount::real) AS s" + NAMED,
                "count(DISTINCT amount) AS n" + NAMED,
                "sum(DISTINCT amount) AS s" + NAMED,
                "string_agg(name, ',' ORDER BY id) AS s" + NAMED,
                "sum(amount) + 1 AS s" + NAMED,
                "sum(amount) AS s" + NAMED + " HAVING count(*) > 1",
                "sum(amount) AS s FROM (SELECT * FROM orders UNION SELECT -id, id, 0 FROM customers) x GROUP BY customer",
                "sum(amount) AS s FROM (SELECT c.id AS customer, o.amount FROM customers c LEFT JOIN orders o"
                        + " ON o.customer = c.id) x GROUP BY customer");

        assertRefreshed(Way.KEYS, "UPDATE orders SET amount = amount + 0.01 WHERE id IN (1, 2, 41)");
    }

    @Test
    void a_group_of_which_its_sums_do_not_say_all_is_right_all_the_same() {
        keep("max(amount) AS most, min(amount) AS least, sum(amount) AS s FROM orders GROUP BY customer");

        for (String change : new String[] {
            "DELETE FROM orders WHERE id = 981", // the most of customer 2
            "UPDATE orders SET amount = 50 WHERE id = 982", // the most of 3 is no longer
            "UPDATE orders SET amount = 2000 WHERE id = 3", // the least of 4 becomes the most
            "UPDATE orders SET amount = 984 WHERE id = 24", // two of 5 have the most
            "DELETE FROM orders WHERE id = 984", // and one of these goes
            "UPDATE orders SET amount = NULL WHERE customer = 6", // its rows stay, its values go
            "UPDATE orders SET amount = id WHERE customer = 6",
            "DELETE FROM orders WHERE customer = 7",
            "UPDATE orders SET customer = 77 WHERE customer = 8",
            "UPDATE orders SET customer = NULL WHERE id = 988"
        }) {
            assertRefreshed(Way.ADDITIVE, change);
        }
    }
}
