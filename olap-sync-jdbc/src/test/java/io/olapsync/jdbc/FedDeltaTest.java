package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.LINES;
import static io.olapsync.jdbc.DeltaFixture.how;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a refresh does with what events say has changed. */
@Timeout(120)
@Tag("one-major")
class FedDeltaTest extends FedDeltaTables {

    @Test
    void just_the_keys_that_events_name_are_recomputed_and_what_no_event_names_stays() throws Exception {
        convert(FED);
        assertThat(triggers()).isZero();
        assertThat(refresh().way()).isEqualTo(Way.NOTHING);
        db.execute("UPDATE orders SET amount = -1 WHERE id IN (1, 2)", "DELETE FROM orders WHERE id = 3");
        db.execute("UPDATE customers SET name = 'renamed' WHERE id = 7");
        record(order(1), order(3), row(CUSTOMERS, "id", "7", "name", "renamed"), row(CUSTOMERS, "id", null));

        ViewRefresh refresh = deltas.refresh(LINES);

        assertThat(how(refresh))
                .extracting(DeltaRefresh::way, DeltaRefresh::keys)
                .containsExactly(Way.KEYS, 52L);
        assertThat(refresh.delta()).contains(new RowDelta(0, 51, 1));
        assertThat(db.queryForLong("SELECT amount FROM order_lines WHERE order_id = 2"))
                .isEqualTo(2);
        record(order(2));
        assertThat(refresh().keys()).isEqualTo(1);
        deltas.assertEqualsDefinition(LINES);
        assertThat(refresh().way()).isEqualTo(Way.NOTHING);
    }

    @Test
    void change_that_a_refresh_saw_before_it_was_recorded_is_shown_by_the_next() throws Exception {
        convert(FED);
        db.execute("UPDATE orders SET amount = -1 WHERE id = 1");
        assertThat(refresh().way()).isEqualTo(Way.NOTHING);
        long recording = record(order(1));
        assertThat(deltas.fixture.<Boolean>fact(LINES, facts -> facts.nothingChanged(Set.of())))
                .isFalse();

        ViewRefresh refresh = deltas.refresh(LINES);

        assertThat(how(refresh).way()).isEqualTo(Way.KEYS);
        assertThat(Snapshot.parse(refresh.asOf().snapshot()).covers(recording)).isTrue();
        deltas.assertEqualsDefinition(LINES);
    }

    @Test
    void row_that_was_recorded_twice_is_computed_again_and_does_no_harm() throws Exception {
        convert(FED);
        db.execute("UPDATE orders SET amount = -1 WHERE id = 1");
        record(order(1));
        record(order(1), order(1));
        assertThat(refresh().keys()).isEqualTo(1);
        record(order(1));

        ViewRefresh again = deltas.refresh(LINES);

        assertThat(how(again).keys()).isEqualTo(1);
        assertThat(again.delta().orElseThrow().isEmpty()).isTrue();
        deltas.assertEqualsDefinition(LINES);
    }

    /** The type of the key, what an event says, and whether that is one. */
    @ParameterizedTest
    @CsvSource({
        "integer, 12, true",
        "integer, 12.5, false",
        "integer, 99999999999, false",
        "varchar(3), 12, true",
        "varchar(3), 12345, false",
        "uuid, A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11, true",
        "uuid, 12, false",
        "'numeric(5,2)', 12.00, true",
        "date, 2026-02-30, false",
        "public.positive, 12, true",
        "public.positive, -12, false",
        "public.mood, good, true",
        "public.mood, fair, false",
        "text, '\0', false"
    })
    void what_cannot_be_a_value_of_the_column_stands_for_any_row(String type, String said, boolean isOne)
            throws Exception {
        db.execute(
                "CREATE DOMAIN positive AS int CHECK (value > 0)",
                "CREATE TYPE mood AS ENUM ('good', 'bad')",
                "CREATE TABLE things (id " + type + " PRIMARY KEY, note text)",
                "CREATE MATERIALIZED VIEW v AS SELECT id, note FROM things",
                "CREATE UNIQUE INDEX ON v (id)");
        deltas.convert(Map.of(V, DeltaSpec.key("id").source("things", "id").fed("things")));
        deltas.refresh(V);
        if (isOne) {
            db.execute("INSERT INTO things VALUES ('" + said + "')");
        }
        record(row(ViewName.parse("things"), "id", said));

        DeltaRefresh refresh = how(deltas.refresh(V));

        assertThat(refresh.way()).isEqualTo(isOne ? Way.KEYS : Way.FULL);
        if (!isOne) {
            assertThat(refresh.reason()).isEqualTo(CALLS_FOR_ALL);
        }
        deltas.assertEqualsDefinition(V);
    }

    @Test
    void source_of_which_any_change_calls_for_all_is_fed_by_any_row() throws Exception {
        convert(DeltaSpec.key("order_id")
                .source("orders", "id")
                .whole("customers")
                .fed("customers"));
        db.execute("UPDATE customers SET name = 'renamed' WHERE id = 7");
        record(row(CUSTOMERS, "id", "7"));

        assertThat(refresh().reason()).isEqualTo(CALLS_FOR_ALL);
        deltas.assertEqualsDefinition(LINES);
    }

    @Test
    void what_nobody_refreshes_stops_growing_and_then_all_of_it_is_recomputed() throws Exception {
        convert(FED);
        db.execute("UPDATE olap_sync.capture SET most_bytes = -1 WHERE table_name = 'orders'");
        db.execute("UPDATE orders SET amount = -1 WHERE id <= 3");
        for (int i = 1; i <= 3; i++) {
            record(order(i));
        }
        assertThat(db.queryForLong("SELECT count(*) FROM olap_sync.changes_1")).isZero();
        assertThat(db.queryForLong("SELECT count(*) FROM olap_sync.capture_overflow"))
                .isOne();
        db.execute("UPDATE olap_sync.capture SET most_bytes = 65536");

        assertThat(refresh().reason()).isEqualTo("more had changed in a source than is kept");
        deltas.assertEqualsDefinition(LINES);
        Awaitility.await().until(() -> refresh().way() == Way.NOTHING);
        db.execute("UPDATE orders SET amount = -2 WHERE id = 1");
        record(order(1));
        assertThat(refresh().way()).isEqualTo(Way.KEYS);
        deltas.assertEqualsDefinition(LINES);
    }

    /** The rate of a customer has changed and nobody has said so yet, when the only order that it counted for goes. */
    @Test
    void sums_are_not_kept_from_changes_where_what_has_changed_beside_them_is_not_known_yet() throws Exception {
        db.execute(
                "ALTER TABLE customers ADD rate int NOT NULL DEFAULT 1",
                "INSERT INTO customers VALUES (99, 'once', 1)",
                "INSERT INTO orders VALUES (2000, 99, 1)",
                "CREATE MATERIALIZED VIEW v AS SELECT o.id % 10 AS decade, count(*) AS orders, sum(o.amount * c.rate) AS amount"
                        + " FROM orders o JOIN customers c ON c.id = o.customer GROUP BY 1",
                "CREATE UNIQUE INDEX ON v (decade)");
        DeltaSpec spec = DeltaSpec.key("decade")
                .lookup("orders", "SELECT id % 10 FROM changed", "id")
                .lookup("customers", "SELECT o.id % 10 FROM changed c JOIN public.orders o ON o.customer = c.id", "id");
        deltas.convert(Map.of(V, spec.fed("customers")));
        deltas.refresh(V);
        db.execute("UPDATE customers SET rate = 5 WHERE id = 99");
        db.execute("DELETE FROM orders WHERE id = 2000");

        assertThat(how(deltas.refresh(V)).way()).isEqualTo(Way.KEYS);
        record(row(CUSTOMERS, "id", "99"));
        deltas.refresh(V);
        deltas.assertEqualsDefinition(V);
    }

    @Test
    void change_without_an_event_is_found_and_mended_by_the_full_sync() throws Exception {
        convert(FED);
        db.execute("UPDATE orders SET amount = -1 WHERE id IN (1, 2, 3)");
        record(order(3));

        ViewRefresh full = deltas.fullSync(LINES).get(0);

        assertThat(how(full).drift()).isEqualTo(2);
        deltas.assertEqualsDefinition(LINES);
        assertThat(how(deltas.fullSync(LINES).get(0)).drift()).isZero();
    }

    @Test
    void what_is_recorded_waits_for_the_disk_also_where_the_host_does_not() throws Exception {
        convert(FED);
        db.execute(
                "ALTER DATABASE " + db.name() + " SET synchronous_commit = off",
                "CREATE TABLE seen (durability text)",
                "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " INSERT INTO public.seen SELECT current_setting('synchronous_commit'); RETURN NEW; END $$",
                "CREATE TRIGGER note AFTER INSERT ON olap_sync.changes_1 FOR EACH ROW EXECUTE FUNCTION note()");

        new PostgresChangeFeed(db.dataSource(), PostgresSchema.of(db.dataSource())).record(List.of(order(1)));

        assertThat(db.queryForString("SELECT durability FROM seen")).isEqualTo("on");
    }
}
