package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.LINES;
import static io.olapsync.jdbc.DeltaFixture.how;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.ViewName;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What was measured too high, or guessed, is not believed for good. */
class DeltaTrialTest {

    private static final String TOO_HIGH = "key_micros = 1e9, change_micros = 1e9";

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
    void keys_that_were_slow_once_are_tried_and_measured_again() {
        state(LINES, TOO_HIGH);
        for (int i = 0; i < 10; i++) {
            DeltaRefresh refresh = changed(LINES);
            assertThat(refresh.way()).isEqualTo(Way.FULL);
            assertThat(refresh.reason()).isEqualTo("200 keys changed, which would take longer than all");
        }

        DeltaRefresh tried = changed(LINES);

        assertThat(tried.way()).isEqualTo(Way.KEYS);
        assertThat(tried.reason()).isEqualTo("200 keys changed, tried again");
        assertThat(changed(LINES).reason()).as("by what was measured now").isEqualTo("200 keys changed");
        deltas.assertEqualsDefinition(LINES);
    }

    @Test
    void keys_that_are_only_guessed_to_take_longer_are_tried() {
        deltas.db.execute("INSERT INTO orders SELECT g, 1, g FROM generate_series(1001, 3000) g", "ANALYZE orders");
        state(LINES, "key_micros = NULL");
        deltas.refresh(LINES);
        deltas.db.execute("ANALYZE order_lines");
        state(LINES, "key_micros = NULL, refused = 9");
        String all = "UPDATE orders SET amount = amount + 1";

        assertThat(changed(LINES, all).reason()).isEqualTo("3000 keys changed");
        assertThat(changed(LINES, all).reason()).isEqualTo("3000 keys changed, tried again");
        deltas.assertEqualsDefinition(LINES);
    }

    @Test
    void sums_that_were_slow_once_are_tried_again() {
        ViewName sums = ViewName.parse("sums");
        deltas.db.execute(
                "CREATE MATERIALIZED VIEW sums AS SELECT customer, count(*) AS orders, sum(amount) AS amount"
                        + " FROM orders GROUP BY customer",
                "CREATE UNIQUE INDEX ON sums (customer)");
        deltas.convert(Map.of(sums, DeltaSpec.key("customer").source("orders", "customer")));
        deltas.refresh(sums);
        state(sums, "change_micros = 1e9, refused = 9");

        assertThat(changed(sums).way()).isEqualTo(Way.KEYS);
        assertThat(changed(sums).way()).isEqualTo(Way.ADDITIVE);
        assertThat(changed(sums).way()).isEqualTo(Way.ADDITIVE);
        deltas.assertEqualsDefinition(sums);
    }

    /** A function that is slow where the planner's settings are those for few keys, so for whoever goes by them. */
    @Test
    void a_try_gets_no_longer_than_all_took_and_the_next_comes_later() {
        ViewName slow = ViewName.parse("slow");
        deltas.db.execute(
                "CREATE FUNCTION slowly(x numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN"
                        + " IF current_setting('parallel_setup_cost') = '100000' THEN PERFORM pg_sleep(3600); END IF;"
                        + " RETURN x; END $$",
                "CREATE MATERIALIZED VIEW slow AS SELECT id, public.slowly(amount) AS amount FROM orders",
                "CREATE UNIQUE INDEX ON slow (id)");
        deltas.convert(Map.of(slow, DeltaSpec.key("id").source("orders", "id")));
        deltas.refresh(slow);
        String inVain = "200 keys changed, which would have taken longer than all";
        state(slow, TOO_HIGH + ", refused = 10");
        deltas.db.execute("UPDATE olap_sync.delta_table SET full_micros = 1000000");
        deltas.db.execute("UPDATE orders SET amount = amount + 1 WHERE id <= 200");

        DeltaRefresh tried = how(deltas.refresh(slow));

        assertThat(tried.way()).isEqualTo(Way.FULL);
        assertThat(tried.reason()).isEqualTo(inVain);
        deltas.assertEqualsDefinition(slow);
        assertThat(deltas.db.queryForLong("SELECT full_micros FROM olap_sync.delta_table WHERE view_name = 'slow'"))
                .as("without the time of the try")
                .isLessThan(1_000_000);
        state(slow, "refused = 19");
        assertThat(changed(slow).reason()).isEqualTo("200 keys changed, which would take longer than all");
        deltas.db.execute("UPDATE orders SET amount = amount + 1 WHERE id <= 200");
        deltas.db.execute("UPDATE olap_sync.delta_table SET full_micros = 1000");
        assertThat(how(deltas.refresh(slow)).reason()).isEqualTo(inVain);
        deltas.assertEqualsDefinition(slow);
    }

    private void state(ViewName view, String set) {
        deltas.db.execute("UPDATE olap_sync.delta_table SET " + set + " WHERE id = " + deltas.id(view));
    }

    private DeltaRefresh changed(ViewName view) {
        return changed(view, "UPDATE orders SET amount = amount + 1 WHERE id <= 200");
    }

    /** All takes ten seconds, whatever it took. */
    private DeltaRefresh changed(ViewName view, String change) {
        state(view, "full_micros = 10000000");
        deltas.db.execute(change);
        return how(deltas.refresh(view));
    }
}
