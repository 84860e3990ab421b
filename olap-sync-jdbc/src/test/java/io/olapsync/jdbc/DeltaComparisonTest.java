package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.how;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.ViewName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What counts as a difference, for each type, and by which plan the differences are found. */
@Tag("one-major")
class DeltaComparisonTest {

    private static final ViewName COPY = ViewName.parse("copy");
    private static final ViewName SETTINGS = ViewName.parse("settings");

    /** A view of each type, all converted at once, in one database: what one test changes is in no other's table. */
    private static final List<Arguments> TYPES = List.of(
            Arguments.of("smallint", "1", "2"),
            Arguments.of("bigint", "1", "2"),
            Arguments.of("boolean", "true", "false"),
            Arguments.of("date", "2025-03-03", "2025-03-04"),
            Arguments.of("timestamptz", "2025-03-03 00:00:00Z", "infinity"),
            Arguments.of("uuid", "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"),
            Arguments.of("bytea", "\\x00", "\\x0000"),
            Arguments.of("text", "a", "A"),
            Arguments.of("varchar(9)", "a", "a "),
            Arguments.of("numeric", "1.0", "1.00"),
            Arguments.of("numeric", "1", "NaN"),
            Arguments.of("numeric(9, 2)", "1", "2"),
            Arguments.of("varchar(9)[]", "{a}", "{a, NULL}"),
            Arguments.of("numeric(9, 2)[]", "{1}", "{1, NULL}"),
            Arguments.of("float8", "0", "-0"),
            Arguments.of("interval", "1 month", "30 days"),
            Arguments.of("jsonb", "1.0", "1.00"),
            Arguments.of("json", "{\"a\": 1}", "{\"a\":1}"),
            Arguments.of("bit(2)", "01", "10"));

    @SuppressWarnings("NullAway.Init")
    private static DeltaFixture values;

    @BeforeAll
    static void convert_a_view_of_each_type() {
        List<String> creation = new ArrayList<>();
        Map<ViewName, DeltaSpec> declared = new LinkedHashMap<>();
        for (int i = 0; i < TYPES.size(); i++) {
            Object[] type = TYPES.get(i).get();
            creation.addAll(List.of(
                    "CREATE TABLE source_" + i + " (id int PRIMARY KEY, v " + type[0] + ")",
                    "INSERT INTO source_" + i + " SELECT g, '" + type[1] + "' FROM generate_series(1, 3) g",
                    "CREATE MATERIALIZED VIEW copy_" + i + " AS SELECT id, v FROM source_" + i,
                    "CREATE UNIQUE INDEX ON copy_" + i + " (id)"));
            declared.put(ViewName.parse("copy_" + i), DeltaSpec.key("id").source("source_" + i, "id"));
        }
        values = new DeltaFixture(creation, List.of());
        values.convert(declared);
        values.refresh(List.copyOf(declared.keySet()));
    }

    @AfterAll
    static void drop() throws Exception {
        values.close();
    }

    static Stream<Arguments> types() {
        return IntStream.range(0, TYPES.size()).mapToObj(i -> {
            Object[] type = TYPES.get(i).get();
            return Arguments.of(i, type[0], type[1], type[2]);
        });
    }

    @ParameterizedTest
    @MethodSource("types")
    void values_that_are_written_otherwise_differ_even_where_their_type_calls_them_equal(
            int number, String type, String before, String after) {
        ViewName copy = ViewName.parse("copy_" + number);
        String update = "UPDATE source_" + number + " SET v = ";

        values.db.execute(update + "v WHERE id = 1");
        assertThat(values.refresh(copy).delta()).contains(RowDelta.NONE);

        values.db.execute(update + "'" + after + "' WHERE id = 1");
        assertThat(values.refresh(copy).delta()).contains(new RowDelta(0, 1, 0));
        values.db.execute(update + "NULL WHERE id = 2");
        assertThat(values.fullSync(copy).get(0).delta()).contains(new RowDelta(0, 1, 0));
        values.db.execute(update + "'" + before + "'");
        assertThat(values.refresh(copy).delta()).contains(new RowDelta(0, 2, 0));
        values.assertEqualsDefinition(copy);
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
                    .isEqualTo(List.of(4, "0.25 100000 1e+06 auto"));
            assertThat(deltas.db.queryForString("SELECT planning FROM settings"))
                    .as("a view in the same transaction")
                    .isEqualTo(usual);
            assertThat(deltas.fullSync(COPY).get(0).delta())
                    .as("all is planned as usual")
                    .contains(new RowDelta(0, 1, 0));
        }
    }
}
