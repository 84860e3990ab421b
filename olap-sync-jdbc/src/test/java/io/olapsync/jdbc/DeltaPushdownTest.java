package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.how;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.ViewName;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys are asked for in the way that the server carries below what it would compute whole, and in no way where it would. */
@Timeout(120)
class DeltaPushdownTest {

    private static final ViewName V = ViewName.parse("v");

    private static final ViewName V_SUMS = ViewName.parse("sums");

    private final DeltaFixture deltas = DeltaFixture.begun("pushed down", DeltaPushdownTest::create);

    private static void create(DeltaFixture deltas) {
        deltas.db.execute(
                "DELETE FROM orders WHERE id > 300",
                "CREATE TABLE days (day int, id int, amount int, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
                "CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM (0) TO (50)",
                "CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM (50) TO (100)",
                "INSERT INTO days SELECT g % 100, g, g FROM generate_series(1, 300) g",
                "CREATE FUNCTION fickle(int) RETURNS int LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN $1; END'",
                "CREATE MATERIALIZED VIEW sums AS SELECT customer, count(*) AS n, max(amount) AS most FROM orders GROUP BY customer",
                "CREATE UNIQUE INDEX ON sums (customer)",
                "CREATE VIEW hidden WITH (security_barrier) AS SELECT * FROM orders WHERE amount > -5");
    }

    @AfterEach
    void close() throws Exception {
        deltas.close();
    }

    private DeltaRefresh afterOneChange(String unique, String definition, DeltaSpec spec) {
        deltas.db.execute("CREATE MATERIALIZED VIEW v AS " + definition, "CREATE UNIQUE INDEX ON v (" + unique + ")");
        deltas.convert(Map.of(V, spec));
        assertThat(stored()).as("before anything was computed by it").isNull();
        deltas.refresh(V);
        deltas.db.execute(
                "UPDATE orders SET amount = amount + 1 WHERE id = 5", "UPDATE days SET amount = 0 WHERE id = 7");

        DeltaRefresh how = how(deltas.refresh(V));

        deltas.assertEqualsDefinition(V);
        return how;
    }

    private String stored() {
        return deltas.db.queryForString("SELECT pushed_down FROM olap_sync.delta_table WHERE view_name = 'v'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "array | order_id | SELECT o.id AS order_id, o.amount, c.name FROM orders o LEFT JOIN customers c ON c.id = o.customer",
                "array | customer | SELECT customer, count(*) AS n, sum(amount) AS s FROM orders GROUP BY customer HAVING count(*) > 1",
                "array | id       | SELECT id, amount FROM orders UNION ALL SELECT -id, amount FROM days",
                "array | id       | SELECT id, amount FROM (SELECT id, amount FROM orders UNION SELECT -id, amount FROM days) u",
                "array | id, day  | SELECT id, day, amount, sum(amount) OVER (PARTITION BY id) AS s FROM days",
                "array | customer | SELECT DISTINCT ON (customer) customer, id, amount FROM orders ORDER BY customer, amount DESC, id",
                "array | id       | WITH once AS (SELECT id, max(amount) AS m FROM orders GROUP BY id) SELECT * FROM once",
                "array | id       | SELECT c.id, (SELECT sum(o.amount) FROM orders o WHERE o.customer = c.id) AS s FROM customers c",
                "array | id       | SELECT c.id, l.amount FROM customers c CROSS JOIN LATERAL (SELECT o.amount FROM orders o WHERE"
                        + " o.customer = c.id ORDER BY o.id LIMIT 1) l",
                "array | id       | SELECT id, amount, (SELECT max(id) FROM orders) AS last FROM orders",
                "array | day      | SELECT day, count(*) AS n FROM days GROUP BY day",
                "array | id       | SELECT id, fickle(customer) AS f FROM orders",
                "array | id       | SELECT o.id, o.amount FROM orders o WHERE o.customer IN (SELECT c.id FROM customers c)",
                "each  | id       | SELECT c.id, c.name, t.s FROM customers c LEFT JOIN (SELECT customer, sum(amount) AS s FROM orders"
                        + " GROUP BY customer) t ON t.customer = c.id",
                "array | id       | SELECT id, amount FROM hidden",
                "none  | id       | SELECT id, rank() OVER (PARTITION BY customer ORDER BY amount) AS r FROM orders",
                "none  | id       | SELECT id, row_number() OVER (ORDER BY id) AS nr FROM orders",
                "none  | id       | SELECT id, amount FROM orders ORDER BY amount LIMIT 10",
                "none  | fickle   | SELECT fickle(id) AS fickle, amount FROM orders",
                "none  | id       | SELECT DISTINCT ON (customer) customer, id, amount FROM orders ORDER BY customer, amount DESC, id",
                "none  | id       | WITH t AS (SELECT id, max(amount) AS m FROM orders GROUP BY id) SELECT a.id, b.m FROM t a JOIN t b"
                        + " USING (id)",
                "none  | id       | SELECT o.id, o.amount / t.s AS share FROM orders o CROSS JOIN (SELECT sum(amount) AS s FROM orders) t",
                "none  | id       | SELECT o.id, (SELECT sum(amount) FROM orders) AS s FROM orders o",
                "none  | id       | SELECT o.id, t.s FROM orders o JOIN (SELECT customer, sum(amount) AS s FROM orders GROUP BY customer) t"
                        + " USING (customer)",
                "each  | id       | SELECT coalesce(o.id, -d.id) AS id, o.amount FROM orders o FULL JOIN days d ON o.id = -d.id",
                "none  | id       | SELECT coalesce(o.id, -d.id) AS id, o.amount FROM orders o FULL JOIN days d ON o.customer = d.id",
            })
    void a_key_of_one_column(String expected, String unique, String definition) {
        String key = unique.split(",")[0];
        DeltaSpec spec = DeltaSpec.key(key)
                .lookup("orders", everyKey(key), "id")
                .lookup("customers", everyKey(key), "id")
                .lookup("days", everyKey(key), "id")
                .lookup("days_1", everyKey(key), "id");
        DeltaRefresh how = afterOneChange(unique, definition, spec);

        assertThat(stored()).isEqualTo(expected);
        assertThat(how.way() == Way.FULL).as("%s", how).isEqualTo(expected.equals("none"));
        if (expected.equals("none")) {
            assertThat(how.reason()).isEqualTo("the server would compute all of it for a single key");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "each | customer, amount | SELECT customer, amount, count(DISTINCT id) AS n FROM orders GROUP BY customer, amount",
                "each | customer, amount | SELECT customer, amount, max(r) AS r FROM (SELECT customer, amount, rank() OVER"
                        + " (PARTITION BY customer ORDER BY id) AS r FROM orders) o GROUP BY customer, amount",
                "each | customer, what | SELECT 'order' AS what, customer, count(DISTINCT id) AS n FROM orders GROUP BY customer"
                        + " UNION ALL SELECT 'day', day, max(id) FROM days GROUP BY day",
                "none | customer, r | SELECT customer, rank() OVER (ORDER BY customer) AS r, count(DISTINCT id) AS n FROM orders GROUP"
                        + " BY customer",
                "none | amount, n | SELECT amount, day, count(*) OVER (PARTITION BY day ORDER BY amount, id) AS n FROM days"
            })
    void a_key_of_two_columns(String expected, String unique, String definition) {
        String[] key = unique.split(", ");
        String every = "SELECT v." + key[0] + ", v." + key[1] + " FROM changed c CROSS JOIN public.v";
        DeltaSpec spec = DeltaSpec.key(key).lookup("orders", every, "id").lookup("days", every, "id");
        if (key[1].equals("amount")) {
            spec = DeltaSpec.key(key).source("orders", key).lookup("days", every, "id");
        }

        DeltaRefresh how = afterOneChange(unique, definition, spec);

        assertThat(stored()).isEqualTo(expected);
        assertThat(how.way() == Way.FULL).as("%s", how).isEqualTo(expected.equals("none"));
    }

    @Test
    void sums_of_a_definition_that_is_not_pushed_down_are_maintained_all_the_same() {
        deltas.convert(Map.of(V_SUMS, DeltaSpec.key("customer").source("orders", "customer")));
        deltas.refresh(V_SUMS);
        deltas.db.execute(
                "UPDATE olap_sync.delta_table SET pushed_down = 'none'",
                "UPDATE orders SET amount = amount + 1 WHERE id = 5");

        DeltaRefresh added = how(deltas.refresh(V_SUMS));
        deltas.assertEqualsDefinition(V_SUMS);
        deltas.db.execute("DELETE FROM orders WHERE customer = 3 AND amount = (SELECT max(amount) FROM orders)");
        deltas.db.execute("DELETE FROM orders WHERE id IN (SELECT max(id) FROM orders WHERE customer = 4)");
        DeltaRefresh lost = how(deltas.refresh(V_SUMS));

        assertThat(added.way()).isEqualTo(Way.ADDITIVE);
        assertThat(lost.way()).as("a group that may have lost its greatest").isEqualTo(Way.FULL);
        deltas.assertEqualsDefinition(V_SUMS);
    }

    @Test
    void a_definition_that_was_replaced_is_looked_at_again() {
        deltas.convert(
                Map.of(DeltaFixture.TOTALS, DeltaFixture.TOTALS_SPEC, DeltaFixture.LINES, DeltaFixture.LINES_SPEC));
        deltas.refresh(DeltaFixture.LINES);
        String definition = "olap_sync.definition_" + deltas.id(DeltaFixture.LINES);
        deltas.db.execute("CREATE OR REPLACE VIEW " + definition + " AS SELECT o.id AS order_id, o.amount, c.name AS"
                + " customer_name FROM orders o LEFT JOIN customers c ON c.id = o.customer ORDER BY o.id LIMIT 5000");
        deltas.db.execute("UPDATE orders SET amount = 1 WHERE id = 9");
        deltas.refresh(DeltaFixture.LINES);
        deltas.db.execute("UPDATE orders SET amount = 2 WHERE id = 9");

        DeltaRefresh how = how(deltas.refresh(DeltaFixture.LINES));

        assertThat(how.reason()).isEqualTo("the server would compute all of it for a single key");
        deltas.assertEqualsDefinition(DeltaFixture.LINES);
    }

    private static String everyKey(String key) {
        return "SELECT v." + key + " FROM changed c CROSS JOIN public.v";
    }
}
