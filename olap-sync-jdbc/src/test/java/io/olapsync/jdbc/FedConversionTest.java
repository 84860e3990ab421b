package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.LINES;
import static io.olapsync.jdbc.DeltaFixture.LINES_SPEC;
import static io.olapsync.jdbc.DeltaFixture.how;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Finding;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.ViewName;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Delta tables that are fed by events: made, made otherwise, examined, and taken back. */
@Timeout(120)
@Tag("one-major")
class FedConversionTest extends FedDeltaTables {

    @Test
    void conversion_is_done_once_changes_over_to_triggers_and_back_and_leaves_nothing_behind() throws Exception {
        convert(FED);
        assertThat(deltas.deltas.conversion(Map.of(LINES, FED))).isEmpty();

        convert(LINES_SPEC);
        assertThat(triggers()).isEqualTo(8);
        assertThat(db.queryForLong("SELECT count(*) FROM olap_sync.capture")).isEqualTo(2);
        db.execute("UPDATE orders SET amount = -1 WHERE id = 1");
        assertThat(refresh().way()).isEqualTo(Way.KEYS);
        deltas.assertEqualsDefinition(LINES);

        db.execute("UPDATE orders SET amount = -2 WHERE id = 1");
        convert(FED);
        assertThat(triggers()).isZero();
        deltas.assertEqualsDefinition(LINES);
        assertThat(deltas.deltas.reversion(List.of(LINES))).noneMatch(sql -> sql.contains("FUNCTION"));
        deltas.revert(LINES);
        assertThat(db.queryForLong("SELECT count(*) FROM pg_class WHERE relnamespace = 'olap_sync'::regnamespace"
                        + " AND relname ~ '^(changes|keys|pending|definition)_'"))
                .isZero();
        assertThat(db.queryForLong("SELECT count(*) FROM olap_sync.capture")).isZero();
        record(order(1)); // for nobody
        record(order(1));
    }

    @Test
    void table_that_is_captured_for_one_view_and_fed_for_another_serves_both() throws Exception {
        db.execute(
                "CREATE MATERIALIZED VIEW v AS SELECT id, amount FROM orders",
                "CREATE MATERIALIZED VIEW w AS SELECT id, amount FROM orders",
                "CREATE UNIQUE INDEX ON v (id)",
                "CREATE UNIQUE INDEX ON w (id)");
        DeltaSpec byKey = DeltaSpec.key("id").source("orders", "id");
        ViewName w = ViewName.parse("w");
        deltas.convert(Map.of(LINES, FED, V, byKey, w, byKey.fed("orders")));
        deltas.refresh(List.of(LINES, V, w));
        assertThat(db.queryForLong("SELECT count(*) FROM olap_sync.capture WHERE table_name = 'orders'"))
                .isEqualTo(2);
        db.execute("UPDATE orders SET amount = -1 WHERE id = 1");

        assertThat(how(deltas.refresh(V)).way()).isEqualTo(Way.KEYS);
        assertThat(how(deltas.refresh(w)).way()).isEqualTo(Way.NOTHING);
        record(order(1));
        assertThat(how(deltas.refresh(V)).way()).isEqualTo(Way.NOTHING);
        for (ViewName view : List.of(LINES, w)) {
            assertThat(how(deltas.refresh(view)).way()).isEqualTo(Way.KEYS);
            deltas.assertEqualsDefinition(view);
        }
    }

    @Test
    void partition_that_comes_calls_for_all_as_no_event_tells_of_it() {
        db.execute(
                "CREATE TABLE parts (id int, note text) PARTITION BY RANGE (id)",
                "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100)",
                "CREATE TABLE parts_2 (id int, note text)",
                "INSERT INTO parts VALUES (1)",
                "INSERT INTO parts_2 VALUES (101)",
                "CREATE MATERIALIZED VIEW v AS SELECT id, note FROM parts",
                "CREATE UNIQUE INDEX ON v (id)");
        deltas.convert(Map.of(V, DeltaSpec.key("id").source("parts", "id").fed("parts")));
        deltas.refresh(V);
        db.execute("ALTER TABLE parts ATTACH PARTITION parts_2 FOR VALUES FROM (100) TO (200)");

        assertThat(how(deltas.refresh(V)).way()).isEqualTo(Way.FULL);
        deltas.assertEqualsDefinition(V);
        assertThat(how(deltas.refresh(V)).way()).isEqualTo(Way.NOTHING);
    }

    @Test
    void foreign_table_that_can_have_no_triggers_can_be_fed() throws Exception {
        String file = db.queryForString("SELECT current_setting('data_directory') || '/fed_' || current_database()");
        String write = "COPY (SELECT id, amount FROM orders) TO '" + file + "'";
        db.execute(
                write,
                "CREATE EXTENSION file_fdw",
                "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
                "CREATE FOREIGN TABLE elsewhere (id int, amount numeric) SERVER files OPTIONS (filename '" + file
                        + "')",
                "CREATE MATERIALIZED VIEW v AS SELECT id, amount FROM elsewhere",
                "CREATE UNIQUE INDEX ON v (id)");
        DeltaSpec spec = DeltaSpec.key("id").source("elsewhere", "id");
        assertThatThrownBy(() -> deltas.deltas.convert(V, spec)).hasMessageContaining(".fed");
        deltas.convert(Map.of(V, spec.fed("elsewhere")));
        deltas.refresh(V);
        db.execute("UPDATE orders SET amount = -1 WHERE id = 1", write);
        assertThat(how(deltas.refresh(V)).way()).isEqualTo(Way.NOTHING);
        record(row(ViewName.parse("elsewhere"), "id", "1"));

        assertThat(deltas.refresh(V).delta()).contains(new RowDelta(0, 1, 0));
        deltas.assertEqualsDefinition(V);
    }

    @Test
    void doctor_says_what_events_cannot_tell_and_misses_no_trigger() throws Exception {
        convert(LINES_SPEC.fed("orders"));

        List<Finding> findings = PostgresDoctor.of(deltas.fixture.dataSource).examine(Set.of(LINES));

        assertThat(Clinic.only("delta-fed-by-events", findings)).singleElement().satisfies(finding -> {
            assertThat(finding.severity()).isEqualTo(Finding.Severity.INFO);
            assertThat(finding.problem()).contains("\"orders\"", "without an event", "TRUNCATE", "full sync");
            assertThat(finding.remedy()).contains("schedule a full sync", "repairing()", ".fed");
        });
        assertThat(findings)
                .extracting(Finding::code)
                .doesNotContain("delta-not-captured", "delta-declared-otherwise", "rule-not-evaluated");
    }
}
