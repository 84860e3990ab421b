package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.LINES;
import static io.olapsync.jdbc.DeltaFixture.TOTALS;
import static io.olapsync.jdbc.DeltaFixture.how;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeltaRefreshTest {

    private DeltaFixture deltas;

    @BeforeEach
    void convert() {
        deltas = DeltaFixture.converted();
    }

    @AfterEach
    void close() throws Exception {
        deltas.close();
    }

    @Test
    void the_first_refresh_looks_at_all_of_it_because_nothing_is_known_of_the_rows() throws Exception {
        try (DeltaFixture fresh = new DeltaFixture()) {
            fresh.db.execute("UPDATE orders SET amount = -1 WHERE id = 7"); // after the view was populated
            fresh.convert(Map.of(LINES, DeltaFixture.LINES_SPEC));

            ViewRefresh first = fresh.refresh(LINES);

            assertThat(how(first).way()).isEqualTo(Way.FULL);
            assertThat(first.delta()).contains(new RowDelta(0, 1, 0));
            fresh.assertEqualsDefinition(LINES);
        }
    }

    @Test
    void sums_over_a_view_that_is_converted_with_them_are_kept_by_what_changes() throws Exception {
        ViewName sums = ViewName.parse("sums");
        try (DeltaFixture chain = new DeltaFixture()) {
            chain.db.execute(
                    "CREATE MATERIALIZED VIEW sums AS SELECT customer_name, count(*) AS lines, sum(amount) AS amount"
                            + " FROM order_lines GROUP BY customer_name",
                    "CREATE UNIQUE INDEX ON sums (customer_name)");
            chain.convert(Map.of(
                    LINES,
                    DeltaFixture.LINES_SPEC,
                    sums,
                    DeltaSpec.key("customer_name").source("order_lines", "customer_name")));
            chain.refresh(LINES);
            chain.refresh(sums);
            chain.db.execute("UPDATE orders SET amount = amount + 1 WHERE id <= 10");
            chain.refresh(LINES);

            assertThat(how(chain.refresh(sums)).way()).isEqualTo(Way.ADDITIVE);
            chain.assertEqualsDefinition(sums);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_dimension_that_numbers_its_rows_anew_takes_with_it_what_shows_its_numbers(boolean together)
            throws Exception {
        List<ViewName> views = List.of(ViewName.parse("dim"), ViewName.parse("fact"));
        try (DeltaFixture star = new DeltaFixture()) {
            star.db.execute(
                    "CREATE MATERIALIZED VIEW dim AS SELECT row_number() OVER (ORDER BY name) AS nr, id AS customer FROM customers",
                    "CREATE UNIQUE INDEX ON dim (customer)",
                    "CREATE MATERIALIZED VIEW fact AS SELECT o.id, d.nr FROM orders o JOIN dim d USING (customer)",
                    "CREATE UNIQUE INDEX ON fact (id)");
            star.convert(Map.of(
                    views.get(0),
                    DeltaSpec.key("customer").whole("customers"),
                    views.get(1),
                    DeltaSpec.key("id")
                            .source("orders", "id")
                            .lookup(
                                    "dim",
                                    "SELECT o.id FROM changed JOIN public.orders o USING (customer)",
                                    "customer")));
            star.refresh(views);
            star.db.execute("UPDATE customers SET name = 'a, before all others' WHERE name = 'customer 18'");

            List<ViewRefresh> refreshed = together
                    ? star.refresh(views)
                    : views.stream().map(star::refresh).toList();

            assertThat(refreshed).extracting(refresh -> how(refresh).way()).containsExactly(Way.FULL, Way.KEYS);
            assertThat(refreshed.get(0).delta()).contains(new RowDelta(0, 10, 0));
            assertThat(refreshed.get(1).delta()).contains(new RowDelta(0, 500, 0));
            views.forEach(star::assertEqualsDefinition);
        }
    }

    /** Of the values that a new group has nothing is known but that they are null; nor has one anything else to show. */
    @Test
    void a_new_group_that_shows_nothing_but_null_is_inserted_by_sums() throws Exception {
        ViewName sums = ViewName.parse("sums");
        try (DeltaFixture shop = new DeltaFixture()) {
            shop.db.execute(
                    "CREATE MATERIALIZED VIEW sums AS SELECT customer, sum(amount) AS amount FROM orders GROUP BY customer",
                    "CREATE UNIQUE INDEX ON sums (customer)");
            shop.convert(Map.of(sums, DeltaSpec.key("customer").source("orders", "customer")));
            shop.refresh(sums);
            shop.db.execute("INSERT INTO orders VALUES (2000, 7777, NULL)");

            ViewRefresh refresh = shop.refresh(sums);

            assertThat(how(refresh).way()).isEqualTo(Way.ADDITIVE);
            assertThat(refresh.delta()).contains(new RowDelta(1, 0, 0));
            shop.assertEqualsDefinition(sums);
        }
    }

    @Test
    void sums_that_change_places_do_not_stand_in_each_others_way_in_a_second_unique_index() throws Exception {
        ViewName sums = ViewName.parse("sums");
        try (DeltaFixture shop = new DeltaFixture()) {
            shop.db.execute(
                    "DELETE FROM orders WHERE id > 2",
                    "UPDATE orders SET customer = id, amount = 10 * id",
                    "CREATE MATERIALIZED VIEW sums AS SELECT customer, sum(amount) AS amount, count(*) AS n FROM orders"
                            + " GROUP BY customer",
                    "CREATE UNIQUE INDEX ON sums (customer)",
                    "CREATE UNIQUE INDEX ON sums (amount, n)");
            shop.convert(Map.of(sums, DeltaSpec.key("customer").source("orders", "customer")));
            shop.refresh(sums);
            shop.db.execute("UPDATE orders SET amount = 30 - amount");

            ViewRefresh refresh = shop.refresh(sums);

            assertThat(how(refresh).way()).isEqualTo(Way.ADDITIVE);
            assertThat(refresh.delta()).contains(new RowDelta(0, 2, 0));
            shop.assertEqualsDefinition(sums);
        }
    }

    @Test
    void an_extreme_that_goes_from_one_group_to_another_is_not_there_twice_in_between() throws Exception {
        ViewName best = ViewName.parse("best");
        try (DeltaFixture shop = new DeltaFixture()) {
            shop.db.execute(
                    "CREATE MATERIALIZED VIEW best AS SELECT customer, count(*) AS n, max(amount) AS most FROM orders"
                            + " GROUP BY customer",
                    "CREATE UNIQUE INDEX ON best (customer)",
                    "CREATE UNIQUE INDEX ON best (most)");
            shop.convert(Map.of(best, DeltaSpec.key("customer").source("orders", "customer")));
            shop.refresh(best);
            shop.db.execute("UPDATE orders SET customer = 2 WHERE id = 1000");

            shop.refresh(best);

            shop.assertEqualsDefinition(best);
        }
    }

    @Test
    void where_no_source_has_changed_nothing_is_recomputed() {
        ViewRefresh refresh = deltas.refresh(LINES);

        assertThat(how(refresh).way()).isEqualTo(Way.NOTHING);
        assertThat(refresh.delta()).contains(RowDelta.NONE);
        assertThat(refresh.rows()).isEqualTo(1000);
    }

    @Test
    void only_the_changed_keys_are_recomputed_and_only_what_differs_is_written() {
        deltas.db.execute(
                "UPDATE orders SET amount = amount + 1 WHERE id = 5",
                "UPDATE orders SET amount = amount WHERE id = 6", // changes nothing
                "DELETE FROM orders WHERE id = 7",
                "INSERT INTO orders VALUES (2000, 3, 1), (2001, NULL, 2)");

        ViewRefresh refresh = deltas.refresh(LINES);

        assertThat(how(refresh).way()).isEqualTo(Way.KEYS);
        assertThat(how(refresh).keys()).isEqualTo(5);
        assertThat(refresh.delta()).contains(new RowDelta(2, 1, 1));
        assertThat(refresh.rows()).isEqualTo(1001);
        deltas.assertEqualsDefinition(LINES);
    }

    @Test
    void a_lookup_leads_from_a_changed_row_to_the_keys_at_the_time_of_the_refresh() {
        deltas.db.execute("UPDATE customers SET name = 'other' WHERE id = 4");
        deltas.db.execute("UPDATE orders SET customer = 4 WHERE id = 1000"); // after the change, before the refresh

        ViewRefresh refresh = deltas.refresh(LINES);

        assertThat(how(refresh).way()).isEqualTo(Way.KEYS);
        assertThat(how(refresh).keys()).isEqualTo(51);
        deltas.assertEqualsDefinition(LINES);
    }

    @Test
    void a_key_that_is_null_is_recomputed_like_any_other() {
        deltas.db.execute("INSERT INTO orders VALUES (3000, NULL, 1), (3001, NULL, 2)");
        assertThat(deltas.refresh(TOTALS).delta()).contains(new RowDelta(1, 0, 0));
        deltas.assertEqualsDefinition(TOTALS);

        deltas.db.execute("UPDATE orders SET amount = 5 WHERE id = 3000", "UPDATE orders SET amount = 9 WHERE id = 1");
        ViewRefresh refresh = deltas.refresh(TOTALS);

        assertThat(how(refresh).keys()).isEqualTo(2);
        deltas.assertEqualsDefinition(TOTALS);
    }

    @Test
    void a_group_that_a_row_left_is_recomputed_like_the_one_it_came_to() {
        deltas.db.execute("UPDATE orders SET customer = 2 WHERE customer = 1");

        ViewRefresh refresh = deltas.refresh(TOTALS);

        assertThat(how(refresh).keys()).isEqualTo(2);
        assertThat(refresh.delta()).contains(new RowDelta(0, 1, 1));
        deltas.assertEqualsDefinition(TOTALS);
    }

    @Test
    void a_truncated_source_calls_for_all_of_it() {
        deltas.db.execute("TRUNCATE orders", "INSERT INTO orders VALUES (1, 1, 1)");

        ViewRefresh refresh = deltas.refresh(LINES);

        assertThat(how(refresh).way()).isEqualTo(Way.FULL);
        assertThat(refresh.rows()).isEqualTo(1);
        deltas.assertEqualsDefinition(LINES);
        assertThat(how(deltas.refresh(LINES)).way()).isEqualTo(Way.NOTHING);
    }

    @Test
    void a_change_that_commits_after_a_younger_one_was_shown_is_not_lost() throws Exception {
        try (var early = deltas.db.connect()) {
            early.setAutoCommit(false);
            try (var statement = early.createStatement()) {
                statement.execute("UPDATE orders SET amount = 77 WHERE id = 10");
                deltas.db.execute("UPDATE orders SET amount = 78 WHERE id = 11");
                assertThat(how(deltas.refresh(LINES)).keys()).isEqualTo(1);
                early.commit();
            }
        }

        ViewRefresh refresh = deltas.refresh(LINES);

        assertThat(how(refresh).keys()).isEqualTo(1);
        deltas.assertEqualsDefinition(LINES);
    }

    @Test
    void a_full_sync_finds_and_mends_what_nothing_had_called_for() {
        deltas.db.execute(
                "SET LOCAL session_replication_role = replica; UPDATE orders SET amount = 1000000 WHERE id IN (20, 21)");
        deltas.db.execute("UPDATE orders SET amount = 5 WHERE id = 22");

        ViewRefresh refresh = deltas.fullSync(LINES).get(0);

        assertThat(how(refresh).way()).isEqualTo(Way.FULL);
        assertThat(how(refresh).drift()).isEqualTo(2);
        assertThat(refresh.delta()).contains(new RowDelta(0, 3, 0));
        deltas.assertEqualsDefinition(LINES);
        assertThat(how(deltas.fullSync(LINES).get(0)).drift()).isZero();
    }

    @Test
    void a_trigger_that_was_disabled_for_a_while_calls_for_all_of_it() {
        deltas.db.execute(
                "ALTER TABLE orders DISABLE TRIGGER USER",
                "UPDATE orders SET amount = 3 WHERE id = 3",
                "ALTER TABLE orders ENABLE TRIGGER USER");

        assertThat(how(deltas.refresh(LINES)).way()).isEqualTo(Way.FULL);
        deltas.assertEqualsDefinition(LINES);
        assertThat(how(deltas.refresh(LINES)).way()).isEqualTo(Way.NOTHING);
    }

    @Test
    void several_together_show_one_snapshot_and_are_left_with_nothing_to_do() {
        deltas.db.execute("UPDATE orders SET amount = 3 WHERE id = 3");

        List<ViewRefresh> refreshes = deltas.fixture.refresh(DeltaFixture.request(SyncKind.INCREMENTAL, LINES, TOTALS));

        assertThat(refreshes).allMatch(refresh -> how(refresh).way() == Way.KEYS);
        assertThat(refreshes.get(0).asOf().snapshot())
                .isEqualTo(refreshes.get(1).asOf().snapshot());
        deltas.assertEqualsDefinition(LINES);
        deltas.assertEqualsDefinition(TOTALS);
        assertThat(how(deltas.refresh(LINES)).way()).isEqualTo(Way.NOTHING);
    }

    @Test
    void a_delta_table_cannot_be_written_by_hand() {
        assertThatThrownBy(() -> deltas.db.execute("INSERT INTO totals VALUES (99, 1, 1, 1)"))
                .hasStackTraceContaining("is a delta table of olap-sync");
    }

    /** One that takes nulls for equal, which the comparison does not, refuses the new row before the old one has gone. */
    @Test
    void a_row_with_a_null_makes_room_for_the_one_that_replaces_it() {
        assumeThat(deltas.db.server().major()).as("NULLS NOT DISTINCT").isGreaterThanOrEqualTo(15);
        ViewName named = ViewName.parse("named");
        deltas.db.execute(
                "INSERT INTO customers VALUES (21, NULL)",
                "CREATE MATERIALIZED VIEW named AS SELECT id, name, id % 2 AS odd FROM customers",
                "CREATE UNIQUE INDEX ON named (name) NULLS NOT DISTINCT");
        deltas.convert(Map.of(named, DeltaSpec.key("odd").lookup("customers", "SELECT id % 2 FROM changed", "id")));
        deltas.refresh(named);
        deltas.db.execute("UPDATE customers SET id = 23 WHERE id = 21");

        ViewRefresh refresh = deltas.refresh(named);

        assertThat(how(refresh).way()).isEqualTo(Way.KEYS);
        assertThat(refresh.delta()).contains(new RowDelta(1, 0, 1));
        deltas.assertEqualsDefinition(named);
    }

    /** As the driver prepares it in the end, and the server then thinks the plan for any keys, of which it assumes ten, is cheaper. */
    @Test
    void what_is_prepared_is_planned_for_the_keys_that_there_are() throws Exception {
        List<Integer> plans = plansAfterRefreshesOf(300);

        assertThat(plans.get(0)).as("for any keys").isZero();
        assertThat(plans.get(1))
                .as("for these, after the five for which a server always plans anew")
                .isGreaterThan(5);
    }

    @Test
    void what_is_prepared_is_planned_once_for_a_few_keys() throws Exception {
        List<Integer> plans = plansAfterRefreshesOf(250);

        assertThat(plans.get(0)).as("for any keys").isGreaterThan(5);
        assertThat(plans.get(1))
                .as("for these, which a server always does first")
                .isEqualTo(5);
    }

    private List<Integer> plansAfterRefreshesOf(int keys) throws Exception {
        try (RefreshLock lock = deltas.fixture.locks.tryAcquire(Set.of(LINES)).orElseThrow()) {
            for (int i = 0; i < 20; i++) {
                deltas.db.execute(
                        "UPDATE orders SET amount = amount + 1 WHERE id <= " + keys,
                        // what this machine is slow at just now is not to decide how it is refreshed
                        "UPDATE olap_sync.delta_table SET full_micros = NULL, key_micros = NULL");
                deltas.fixture.executor.refresh(DeltaFixture.request(SyncKind.INCREMENTAL, LINES), lock);
            }
            return plans(lock);
        }
    }

    /** How many times a kept plan was taken, and how many times one was made. */
    private static List<Integer> plans(RefreshLock lock) throws SQLException {
        try (Statement statement = lock.unwrap(Connection.class).orElseThrow().createStatement();
                ResultSet row = statement.executeQuery("SELECT generic_plans, custom_plans"
                        + " FROM pg_prepared_statements WHERE statement LIKE 'WITH fresh%'")) {
            row.next();
            return List.of(row.getInt(1), row.getInt(2));
        }
    }
}
