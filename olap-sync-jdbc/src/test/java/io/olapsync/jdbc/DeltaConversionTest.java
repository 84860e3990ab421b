package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.LINES;
import static io.olapsync.jdbc.DeltaFixture.LINES_SPEC;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A view that becomes a delta table, or a view again, keeps everything that it had but its kind. */
@Timeout(120)
class DeltaConversionTest {

    private static final String LONG_NAME = "가나다라마바사아자차카타파하거너더러머버서";

    private final DeltaFixture deltas = new DeltaFixture(List.of(), List.of());
    private final TestRole reader = new TestRole(deltas.db);
    private final TestRole other = new TestRole(deltas.db);

    @AfterEach
    void close() throws Exception {
        reader.close();
        other.close();
        deltas.close();
    }

    /** A view with everything that one can have, and with everything that can read one. */
    private void everything() {
        String r = reader.quoted();
        String o = other.quoted();
        deltas.db.execute(
                "ALTER DEFAULT PRIVILEGES GRANT SELECT, DELETE ON TABLES TO " + o,
                "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
                "CREATE SCHEMA \"My Schema\"",
                "CREATE TABLE \"My Schema\".\"주문 Orders\" (id int PRIMARY KEY, \"그룹 G\" varchar(20) COLLATE \"C\", body text,"
                        + " n numeric(10, 2), tags text[], j json)",
                "INSERT INTO \"My Schema\".\"주문 Orders\" SELECT g, 'g' || g % 7, repeat('x', g), g, ARRAY['a'], '{}'"
                        + " FROM generate_series(1, 200) g",
                "CREATE MATERIALIZED VIEW \"My Schema\".\"" + LONG_NAME
                        + "\" WITH (fillfactor = 71, autovacuum_enabled = off, toast.autovacuum_vacuum_threshold = 77) AS"
                        + " SELECT id, \"그룹 G\", body, n, n::numeric(7, 1) AS m, tags, j, 'C:\\it''s'::text AS path, id AS old_name"
                        + " FROM \"My Schema\".\"주문 Orders\"",
                "ALTER MATERIALIZED VIEW \"My Schema\".\"" + LONG_NAME
                        + "\" RENAME COLUMN old_name TO \"New \"\"Name\"\"\"");
        inOneTransaction(List.of(
                "SET LOCAL search_path = \"My Schema\"",
                "ALTER MATERIALIZED VIEW \"" + LONG_NAME + "\" RENAME TO mv",
                "CREATE UNIQUE INDEX \"Mv Key\" ON mv (id) WITH (fillfactor = 60)",
                "CREATE INDEX mv_expr ON mv (lower(body) text_pattern_ops DESC NULLS LAST, (n + 1)) WHERE n > 3",
                "ALTER INDEX mv_expr ALTER COLUMN 2 SET STATISTICS 321",
                "COMMENT ON INDEX mv_expr IS 'by it''s \\ body'",
                "CREATE INDEX mv_gin ON mv USING gin (tags)",
                "CREATE INDEX \"mv_brin 지수\" ON mv USING brin (id) WITH (pages_per_range = 4)",
                "CREATE INDEX mv_inc ON mv (n) INCLUDE (m)",
                "ALTER MATERIALIZED VIEW mv CLUSTER ON \"Mv Key\"",
                "ALTER MATERIALIZED VIEW mv ALTER COLUMN body SET STORAGE EXTERNAL",
                "ALTER MATERIALIZED VIEW mv ALTER COLUMN body SET COMPRESSION pglz",
                "ALTER MATERIALIZED VIEW mv ALTER COLUMN id SET STATISTICS 234",
                "ALTER MATERIALIZED VIEW mv ALTER COLUMN id SET (n_distinct = -0.5)",
                "CREATE STATISTICS mv_st (ndistinct, mcv) ON id, n FROM mv",
                "ALTER STATISTICS mv_st SET STATISTICS 55",
                "COMMENT ON STATISTICS mv_st IS 'both'",
                "COMMENT ON MATERIALIZED VIEW mv IS 'all ''of'' it: \\n 한국어'",
                "COMMENT ON COLUMN mv.\"그룹 G\" IS 'a \"column\"'",
                "REVOKE ALL ON mv FROM PUBLIC, " + o,
                "GRANT SELECT ON mv TO " + r + " WITH GRANT OPTION",
                "GRANT SELECT (id, \"그룹 G\") ON mv TO " + o,
                "GRANT SELECT (body) ON mv TO PUBLIC",
                "CREATE VIEW plain (a, b, c) WITH (security_barrier) AS SELECT id, n, 'x' FROM mv WHERE n > 0",
                "ALTER VIEW plain RENAME COLUMN c TO \"See\"",
                "ALTER VIEW plain ALTER COLUMN a SET DEFAULT 4",
                "COMMENT ON VIEW plain IS 'plain'",
                "COMMENT ON COLUMN plain.a IS 'a of plain'",
                "REVOKE ALL ON plain FROM PUBLIC",
                "GRANT SELECT ON plain TO " + r,
                "CREATE VIEW over_plain AS SELECT p.a, mv.id FROM plain p JOIN mv ON mv.id = p.a",
                "CREATE FUNCTION counted(lowest int) RETURNS bigint LANGUAGE sql STABLE"
                        + " BEGIN ATOMIC SELECT count(*) FROM mv WHERE id >= lowest; END",
                "COMMENT ON FUNCTION counted IS 'counts'",
                "REVOKE ALL ON FUNCTION counted FROM PUBLIC",
                "GRANT EXECUTE ON FUNCTION counted TO " + r,
                "CREATE VIEW with_function AS SELECT counted(3) AS n",
                "CREATE MATERIALIZED VIEW reads_it WITH (fillfactor = 55) AS SELECT n, count(*) AS c FROM mv GROUP BY n",
                "CREATE UNIQUE INDEX reads_it_key ON reads_it (n)",
                "COMMENT ON MATERIALIZED VIEW reads_it IS 'reads it'",
                "REVOKE ALL ON reads_it FROM PUBLIC, " + o,
                "GRANT SELECT ON reads_it TO " + r,
                "CREATE MATERIALIZED VIEW unpopulated AS SELECT n FROM mv WITH NO DATA",
                "CREATE MATERIALIZED VIEW at_two AS SELECT r.n, p.a FROM reads_it r JOIN over_plain p ON p.a = r.n",
                "ALTER MATERIALIZED VIEW mv RENAME TO \"" + LONG_NAME + "\""));
    }

    private void inOneTransaction(List<String> statements) {
        try (Connection connection = deltas.db.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (String sql : statements) {
                statement.execute(sql);
            }
            connection.commit();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static ViewName view() {
        return ViewName.of("My Schema", LONG_NAME);
    }

    private static DeltaSpec spec() {
        return DeltaSpec.key("id")
                .with(new io.olapsync.spi.DeltaSource(
                        ViewName.of("My Schema", "주문 Orders"), List.of("id"), java.util.Optional.empty()));
    }

    private List<String> picture(boolean complete) {
        return DeltaPicture.of(deltas.db, complete, "My Schema");
    }

    @Test
    void a_view_with_everything_keeps_it_there_and_back() {
        everything();
        List<String> before = picture(false);
        List<String> whole = picture(true);
        assertThat(before.size()).isGreaterThan(40);

        deltas.convert(Map.of(view(), spec()));
        assertSame(withoutDefinitionOf(picture(false)), withoutDefinitionOf(before));
        deltas.refresh(view());
        deltas.assertEqualsDefinition(view());
        assertThat(deltas.db.queryForLong("SELECT n FROM \"My Schema\".with_function"))
                .isEqualTo(198);

        deltas.revert(view());
        assertSame(picture(true), whole);
        assertThat(deltas.db.queryForLong(
                        "SELECT count(*) FROM pg_class c WHERE relnamespace = 'olap_sync'::regnamespace"
                                + " AND relname ~ '^(definition|keys|pending|changes)_'"))
                .isZero();
        deltas.fixture.refresh(view());
    }

    /** Only what differs is shown. */
    private static void assertSame(List<String> is, List<String> should) {
        List<String> missing = new ArrayList<>(should);
        is.forEach(missing::remove);
        List<String> surplus = new ArrayList<>(is);
        should.forEach(surplus::remove);
        assertThat(surplus).as("instead of %s", missing).isEmpty();
        assertThat(missing).isEmpty();
    }

    private static List<String> withoutDefinitionOf(List<String> picture) {
        return picture.stream()
                .filter(line -> !line.startsWith("definition: My Schema." + LONG_NAME))
                .toList();
    }

    @Test
    void a_delta_table_has_room_in_its_pages_and_gives_it_back() throws Exception {
        try (DeltaFixture shop = new DeltaFixture()) {
            shop.convert(Map.of(LINES, LINES_SPEC));
            assertThat(options(shop)).isEqualTo("fillfactor=90");

            shop.revert(LINES);
            assertThat(options(shop)).isEmpty();
        }
    }

    @Test
    void a_host_that_has_said_how_full_pages_are_to_be_is_not_overruled() throws Exception {
        try (DeltaFixture shop = new DeltaFixture()) {
            shop.db.execute("ALTER MATERIALIZED VIEW order_lines SET (fillfactor = 90)");
            shop.convert(Map.of(LINES, LINES_SPEC));
            shop.revert(LINES);
            assertThat(options(shop)).isEqualTo("fillfactor=90");

            shop.db.execute("ALTER MATERIALIZED VIEW order_lines SET (fillfactor = 100)");
            shop.convert(Map.of(LINES, LINES_SPEC));
            assertThat(options(shop)).isEqualTo("fillfactor=100");
        }
    }

    private static String options(DeltaFixture shop) {
        return shop.db.queryForString("SELECT coalesce(array_to_string(reloptions, ', '), '') FROM pg_class"
                + " WHERE oid = 'order_lines'::regclass");
    }

    @Test
    void a_second_conversion_or_reversion_does_nothing() throws Exception {
        everything();
        deltas.convert(Map.of(view(), spec()));
        List<String> converted = picture(true);
        deltas.refresh(view());

        assertThat(deltas.deltas.conversion(Map.of(view(), spec()))).isEmpty();
        deltas.convert(Map.of(view(), spec()));
        assertSame(picture(true), converted);
        assertThat(DeltaFixture.how(deltas.refresh(view())).way()).isEqualTo(io.olapsync.spi.DeltaRefresh.Way.NOTHING);

        deltas.revert(view());
        List<String> reverted = picture(true);
        assertThat(deltas.deltas.reversion(List.of(view()))).isEmpty();
        deltas.revert(view());
        assertSame(picture(true), reverted);
    }

    @Test
    void the_statements_that_are_shown_are_those_that_would_have_been_run() throws Exception {
        everything();
        List<String> before = picture(true);
        List<String> shown = deltas.deltas.conversion(Map.of(view(), spec()));
        assertSame(picture(true), before);

        deltas.convert(Map.of(view(), spec()));
        List<String> converted = picture(true);
        List<String> back = deltas.deltas.reversion(List.of(view()));
        deltas.revert(view());

        inOneTransaction(shown);
        assertSame(picture(true), converted);
        inOneTransaction(back);
        assertSame(picture(true), before);
    }

    @Test
    void an_unpopulated_view_is_populated_by_its_conversion() {
        deltas.db.execute(
                "CREATE TABLE t2 (id int PRIMARY KEY)",
                "INSERT INTO t2 SELECT generate_series(1, 10)",
                "CREATE MATERIALIZED VIEW mv AS SELECT id FROM t2 WITH NO DATA",
                "CREATE UNIQUE INDEX ON mv (id)");

        deltas.convert(Map.of(ViewName.parse("mv"), DeltaSpec.key("id").source("t2", "id")));

        assertThat(deltas.db.queryForLong("SELECT count(*) FROM mv")).isEqualTo(10);
    }

    @Test
    void several_views_over_each_other_are_converted_and_reverted_as_one() {
        deltas.db.execute(
                "CREATE TABLE t2 (id int PRIMARY KEY, g int)",
                "INSERT INTO t2 SELECT g, g % 3 FROM generate_series(1, 10) g",
                "CREATE MATERIALIZED VIEW a AS SELECT id, g FROM t2",
                "CREATE UNIQUE INDEX ON a (id)",
                "CREATE VIEW between_them AS SELECT id, g FROM a",
                "CREATE MATERIALIZED VIEW b AS SELECT g, count(*) AS n FROM between_them GROUP BY g",
                "CREATE UNIQUE INDEX ON b (g)",
                "CREATE MATERIALIZED VIEW c AS SELECT sum(n) AS n FROM b",
                "CREATE UNIQUE INDEX ON c (n)");
        List<String> before = DeltaPicture.of(deltas.db, true, "public");
        Map<ViewName, DeltaSpec> declared = new LinkedHashMap<>();
        declared.put(ViewName.parse("c"), DeltaSpec.key("n").whole("b"));
        declared.put(ViewName.parse("a"), DeltaSpec.key("id").source("t2", "id"));
        declared.put(ViewName.parse("b"), DeltaSpec.key("g").source("a", "g"));

        deltas.convert(declared);
        for (String name : List.of("a", "b", "c")) {
            deltas.refresh(ViewName.parse(name));
        }
        deltas.db.execute("INSERT INTO t2 VALUES (11, 2), (12, 5)");
        for (String name : List.of("a", "b", "c")) {
            deltas.refresh(ViewName.parse(name));
            deltas.assertEqualsDefinition(ViewName.parse(name));
        }
        assertThat(deltas.db.queryForLong("SELECT n FROM c")).isEqualTo(12);

        deltas.revert(ViewName.parse("b"), ViewName.parse("c"), ViewName.parse("a"));
        assertSame(DeltaPicture.of(deltas.db, true, "public"), before);
    }
}
