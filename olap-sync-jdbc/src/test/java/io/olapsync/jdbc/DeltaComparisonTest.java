package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.how;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.ViewName;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What counts as a difference, for each type, and by which plan the differences are found. */
@Tag("one-major")
class DeltaComparisonTest {

    private static final ViewName COPY = ViewName.parse("copy");
    private static final ViewName SETTINGS = ViewName.parse("settings");

    private static DeltaFixture values(String type, String before) {
        DeltaFixture deltas = new DeltaFixture(
                List.of(
                        "CREATE TABLE source (id int PRIMARY KEY, v " + type + ")",
                        "INSERT INTO source SELECT g, '" + before + "' FROM generate_series(1, 3) g",
                        "CREATE MATERIALIZED VIEW copy AS SELECT id, v FROM source",
                        "CREATE UNIQUE INDEX ON copy (id)"),
                List.of());
        deltas.convert(Map.of(COPY, DeltaSpec.key("id").source("source", "id")));
        deltas.refresh(COPY);
        return deltas;
    }

    @ParameterizedTest
    @CsvSource({
        "smallint, 1, 2",
        "bigint, 1, 2",
        "boolean, true, false",
        "date, 2025-03-03, 2025-03-04",
        "timestamptz, 2025-03-03 00:00:00Z, infinity",
        "uuid, 00000000-0000-0000-0000-000000000001, 00000000-0000-0000-0000-000000000002",
        "bytea, \\x00, \\x0000",
        "text, a, A",
        "varchar(9), a, 'a '",
        "numeric, 1.0, 1.00",
        "numeric, 1, NaN",
        "'numeric(9, 2)', 1, 2",
        "varchar(9)[], {a}, '{a, NULL}'",
        "'numeric(9, 2)[]', {1}, '{1, NULL}'",
        "float8, 0, -0",
        "interval, 1 month, 30 days",
        "jsonb, 1.0, 1.00",
        "json, '{\"a\": 1}', '{\"a\":1}'",
        "bit(2), 01, 10"
    })
    void values_that_are_written_otherwise_differ_even_where_their_type_calls_them_equal(
            String type, String before, String after) throws Exception {
        try (DeltaFixture deltas = values(type, before)) {
            deltas.db.execute("UPDATE source SET v = v WHERE id = 1");
            assertThat(deltas.refresh(COPY).delta()).contains(RowDelta.NONE);

            deltas.db.execute("UPDATE source SET v = '" + after + "' WHERE id = 1");
            assertThat(deltas.refresh(COPY).delta()).contains(new RowDelta(0, 1, 0));
            deltas.db.execute("UPDATE source SET v = NULL WHERE id = 2");
            assertThat(deltas.fullSync(COPY).get(0).delta()).contains(new RowDelta(0, 1, 0));
            deltas.db.execute("UPDATE source SET v = '" + before + "'");
            assertThat(deltas.refresh(COPY).delta()).contains(new RowDelta(0, 2, 0));
            deltas.assertEqualsDefinition(COPY);
        }
    }

    @Test
    void only_what_is_computed_for_a_few_keys_is_planned_for_a_few() throws Exception {
        String settings = "concat_ws(' ', current_setting('random_page_cost'), current_setting('parallel_setup_cost'),"
                + " current_setting('jit_above_cost'), current_setting('plan_cache_mode'))";
        try (DeltaFixture deltas = new DeltaFixture(
                List.of(
                        "CREATE TABLE source (id int PRIMARY KEY)",
                        "INSERT INTO source SELECT g FROM generate_series(1, 3) g",
                        "CREATE MATERIALIZED VIEW copy AS SELECT id, " + settings + " AS planning FROM source",
                        "CREATE UNIQUE INDEX ON copy (id)",
                        "CREATE MATERIALIZED VIEW settings AS SELECT 1 AS id, " + settings + " AS planning",
                        "CREATE UNIQUE INDEX ON settings (id)"),
                List.of())) {
            deltas.convert(Map.of(COPY, DeltaSpec.key("id").source("source", "id")));
            String usual = "4 1000 " + deltas.db.queryForString("SHOW jit_above_cost") + " auto";
            deltas.refresh(COPY);
            deltas.db.execute("INSERT INTO source VALUES (4)");

            var refreshed = deltas.refresh(List.of(COPY, SETTINGS));

            assertThat(how(refreshed.get(0)).way()).isEqualTo(Way.KEYS);
            assertThat(deltas.db.rows("SELECT id, planning FROM copy ORDER BY id"))
                    .startsWith(List.of(1, usual))
                    .last()
                    .isEqualTo(List.of(4, "0.25 100000 1e+06 force_custom_plan"));
            assertThat(deltas.db.queryForString("SELECT planning FROM settings"))
                    .as("a view in the same transaction")
                    .isEqualTo(usual);
            assertThat(deltas.fullSync(COPY).get(0).delta())
                    .as("all is planned as usual")
                    .contains(new RowDelta(0, 1, 0));
        }
    }
}
