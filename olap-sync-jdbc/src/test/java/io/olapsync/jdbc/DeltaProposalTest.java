package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.jdbc.DeltaChaos.Shape;
import io.olapsync.spi.DeltaSource;
import io.olapsync.spi.ViewName;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** That what is proposed keeps a view, whatever is written, is shown by {@link DeltaChaosTest}. */
class DeltaProposalTest {

    private final DeltaFixture deltas = DeltaFixture.begun("chaos", DeltaChaos.TABLES, DeltaChaos.ROWS);

    @AfterEach
    void close() throws Exception {
        deltas.close();
    }

    private DeltaProposal proposed(String definition, String unique) throws Exception {
        deltas.db.execute(
                "CREATE MATERIALIZED VIEW v AS " + definition + " WITH NO DATA",
                "CREATE UNIQUE INDEX ON v (" + unique + ")");
        return deltas.deltas.propose(ViewName.parse("v"));
    }

    private static List<String> key(DeltaProposal proposal) {
        return proposal.spec().orElseThrow().key();
    }

    private static DeltaSource source(DeltaProposal proposal, String table) {
        return proposal.spec().orElseThrow().sources().stream()
                .filter(source -> source.table().equals(ViewName.parse(table)))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void each_shape_that_is_kept_under_fire_elsewhere_is_declared_without_anything_missing() throws Exception {
        for (Map.Entry<ViewName, Shape> shape : DeltaChaos.shapes().entrySet()) {
            deltas.db.execute(
                    "CREATE MATERIALIZED VIEW " + shape.getKey().sql() + " AS "
                            + shape.getValue().definition(),
                    "CREATE UNIQUE INDEX ON " + shape.getKey().sql() + " ("
                            + shape.getValue().unique() + ")");
            DeltaProposal proposal = deltas.deltas.propose(shape.getKey());
            assertThat(proposal.isComplete()).as("%s", proposal).isTrue();
        }
    }

    @Test
    void it_is_shown_as_one_would_write_it() throws Exception {
        assertThat(proposed(
                                "SELECT c.customer, r.label FROM customers c LEFT JOIN regions r ON r.region = c.region",
                                "customer")
                        .toString()
                        .lines())
                .containsExactly(
                        "DeltaSpec.key(\"customer\")",
                        "        .source(\"customers\", \"customer\")",
                        "        .lookup(\"regions\", \"SELECT t1.\\\"customer\\\" AS k1 FROM changed t0 JOIN"
                                + " \\\"public\\\".\\\"customers\\\" t1 ON t1.\\\"region\\\" = t0.\\\"region\\\"\", \"region\")");
    }

    @Test
    void key_is_of_one_table_for_what_is_gathered_on_two_ways_can_be_hidden_by_a_change_on_each() throws Exception {
        DeltaProposal proposal = proposed(
                "SELECT region, kind, count(*) AS n FROM items i JOIN orders o ON o.id = i.order_id AND o.day = i.day"
                        + " JOIN customers USING (customer) GROUP BY region, kind",
                "region, kind");

        assertThat(key(proposal)).containsExactly("region");
        assertThat(proposal.isComplete()).isTrue();
    }

    @Test
    void columns_that_equal_the_key_are_the_key() throws Exception {
        DeltaProposal proposal = proposed(
                "SELECT o.id, o.day, count(i.item) AS items FROM orders o LEFT JOIN items i ON i.order_id = o.id AND i.day = o.day"
                        + " GROUP BY o.id, o.day",
                "id, day");

        assertThat(key(proposal)).containsExactly("id", "day");
        assertThat(source(proposal, "items").isKey()).isTrue();
        assertThat(source(proposal, "items").columns()).containsExactly("order_id", "day");
    }

    @Test
    void window_is_kept_by_what_it_is_partitioned_by() throws Exception {
        DeltaProposal proposal = proposed(
                "SELECT id, day, customer, rank() OVER (PARTITION BY customer ORDER BY amount) AS place FROM orders",
                "id, day");

        assertThat(key(proposal)).containsExactly("customer");
    }

    @Test
    void table_that_is_read_twice_has_both_ways() throws Exception {
        DeltaProposal proposal = proposed(
                "SELECT a.customer, b.name AS next FROM customers a LEFT JOIN customers b ON b.region = a.region",
                "customer");

        assertThat(source(proposal, "customers").query())
                .hasValueSatisfying(query -> assertThat(query)
                        .contains("SELECT t0.\"customer\" AS k1 FROM changed t0 UNION SELECT t1.\"customer\" AS k1"));
    }

    @Test
    void subquery_is_gone_through_where_it_groups_by_what_it_is_joined_by() throws Exception {
        DeltaProposal proposal = proposed(
                "SELECT c.customer, s.spent FROM customers c LEFT JOIN (SELECT customer AS who, sum(amount) AS spent FROM orders"
                        + " GROUP BY customer HAVING count(*) > 1) s ON s.who = c.customer",
                "customer");

        assertThat(proposal.isComplete()).isTrue();
        assertThat(source(proposal, "orders").columns()).containsExactly("customer");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
        EXISTS          | items   | SELECT o.id, o.day FROM orders o WHERE EXISTS (SELECT FROM items i WHERE i.order_id = o.id)
        scalar subquery | items   | SELECT o.id, o.day, (SELECT count(*) FROM items) AS n FROM orders o
        inequality      | items   | SELECT DISTINCT o.id, o.day FROM orders o JOIN items i ON i.price > o.amount
        expression      | items   | SELECT o.id, o.day FROM orders o JOIN items i ON i.order_id + 0 = o.id
        OR              | items   | SELECT o.id, o.day FROM orders o JOIN items i ON i.order_id = o.id OR i.item = 1
        lateral limit   | items   | SELECT o.id, o.day, i.item FROM orders o, LATERAL (SELECT item FROM items WHERE order_id = o.id ORDER BY 1 LIMIT 1) i
        total           | items   | SELECT o.id, o.day, i.n FROM orders o CROSS JOIN (SELECT count(*) AS n FROM items) i
        twice           | items   | SELECT o.id, o.day, i.item FROM orders o JOIN items i ON i.order_id = o.id WHERE i.price > (SELECT avg(price) FROM items)
        kept side       | regions | SELECT o.id, o.day, r.label FROM regions r LEFT JOIN customers c ON c.region = r.region RIGHT JOIN orders o ON o.amount = r.region + 1
        """)
    void what_joins_do_not_say_is_asked_for_by_name(String shape, String table, String definition) throws Exception {
        DeltaProposal proposal = proposed(definition, "id, day");

        assertThat(proposal.isComplete()).isFalse();
        assertThat(proposal.missing())
                .anySatisfy(missing -> assertThat(missing)
                        .contains("how a changed row of \"public\".\"" + table + "\" leads to \"id\", \"day\"")
                        .contains(".source, .lookup or .whole"));
        assertThat(source(proposal, "orders").isKey()).isTrue();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
        LIMIT             | SELECT id, day FROM orders ORDER BY amount LIMIT 10
        DISTINCT ON       | SELECT DISTINCT ON (customer) id, day FROM orders ORDER BY customer, amount
        GROUPING SETS     | SELECT id, day, count(*) FROM orders GROUP BY GROUPING SETS ((id), (day))
        missing side      | SELECT o.id, o.day FROM regions r LEFT JOIN orders o ON o.id = r.region
        full join         | SELECT o.id, o.day FROM regions r FULL JOIN orders o ON o.id = r.region
        not in the window | SELECT id, day, rank() OVER (ORDER BY amount) AS place FROM orders
        expressions       | SELECT id + 1 AS id, abs(day) AS day FROM orders
        a set             | SELECT generate_series(1, id) AS id, day FROM orders
        """)
    void where_no_column_can_be_a_key_it_says_so(String shape, String definition) throws Exception {
        DeltaProposal proposal = proposed(definition, "id, day");

        assertThat(proposal.spec()).isEmpty();
        assertThat(proposal.missing())
                .singleElement()
                .satisfies(why -> assertThat(why).contains("name key columns"));
    }

    @Test
    void time_and_what_is_no_view_are_said() throws Exception {
        assertThat(proposed("SELECT id, day FROM orders WHERE day < extract(doy FROM now())", "id, day")
                        .missing())
                .singleElement()
                .satisfies(why -> assertThat(why).contains("depends on the time", ".aging"));
        assertThat(deltas.deltas.propose(ViewName.parse("customers")).missing())
                .singleElement()
                .satisfies(why -> assertThat(why).contains("is a table"));
        assertThat(deltas.deltas.propose(ViewName.parse("nothing")).missing())
                .singleElement()
                .satisfies(why -> assertThat(why).contains("there is no materialized view"));
        deltas.db.execute("CREATE MATERIALIZED VIEW bare AS SELECT id FROM orders");
        assertThat(deltas.deltas.propose(ViewName.parse("bare")).missing())
                .singleElement()
                .satisfies(why -> assertThat(why).contains("no unique index"));
    }
}
