package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.LINES;
import static io.olapsync.jdbc.DeltaFixture.LINES_SPEC;
import static io.olapsync.jdbc.DeltaFixture.TOTALS;
import static io.olapsync.jdbc.DeltaFixture.TOTALS_SPEC;
import static io.olapsync.jdbc.DeltaFixture.how;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the triggers call runs in other people's sessions, with the rights of its owner. */
@Timeout(120)
class DeltaCaptureFunctionTest {

    private static final List<String> TYPES =
            List.of("text", "name", "int4", "int8", "bool", "xid8", "float8", "record");

    private final DeltaFixture deltas = DeltaFixture.converted();

    @AfterEach
    void close() throws Exception {
        deltas.close();
    }

    private void everyStatement(Connection connection, String begin) throws SQLException {
        run(
                connection,
                begin,
                "INSERT INTO public.orders VALUES (2000, 1, 1)",
                "INSERT INTO public.orders SELECT pg_catalog.generate_series(2001, 2030), 2, 2",
                "UPDATE public.orders SET amount = 7, customer = 3 WHERE id OPERATOR(pg_catalog.=) 2000",
                "UPDATE public.orders SET amount = 8 WHERE id OPERATOR(pg_catalog.>) 900",
                "DELETE FROM public.orders WHERE id OPERATOR(pg_catalog.=) 1",
                "DELETE FROM public.orders WHERE id OPERATOR(pg_catalog.>) 1990",
                "COMMIT");
    }

    private static void run(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** Takes the place of all that the function calls, for whoever looks it up by the search path. */
    private List<String> hostilities() {
        List<String> sql = new ArrayList<>(List.of(
                "GRANT SELECT, INSERT, UPDATE, DELETE ON orders TO PUBLIC",
                "CREATE SCHEMA hostile",
                "GRANT ALL ON SCHEMA hostile TO PUBLIC",
                "CREATE TABLE hostile.ran (what text, by_whom name)",
                "GRANT ALL ON hostile.ran TO PUBLIC",
                "CREATE DOMAIN hostile.int8 AS pg_catalog.int8 CHECK (false)",
                "CREATE DOMAIN hostile.bool AS pg_catalog.bool CHECK (false)"));
        for (String left : TYPES) {
            for (String right : TYPES) {
                sql.add(hostile("bad(l pg_catalog." + left + ", r pg_catalog." + right + ")", "pg_catalog.bool"));
                for (String operator : List.of("=", "<>", ">", ">=", "<", "<=", "&", "%", "~~", "*=", "||")) {
                    sql.add("CREATE OPERATOR hostile." + operator + " (FUNCTION = hostile.bad, LEFTARG = pg_catalog."
                            + left + ", RIGHTARG = pg_catalog." + right + ")");
                }
            }
        }
        sql.add(hostile("pg_relation_size(pg_catalog.regclass)", "pg_catalog.int8"));
        sql.add(hostile("pg_sequence_last_value(pg_catalog.regclass)", "pg_catalog.int8"));
        sql.add(hostile("current_setting(pg_catalog.text)", "pg_catalog.text"));
        sql.add(hostile("setval(pg_catalog.regclass, pg_catalog.int8)", "pg_catalog.int8"));
        sql.add(hostile("setval(pg_catalog.regclass, pg_catalog.int8, pg_catalog.bool)", "pg_catalog.int8"));
        sql.add(hostile("clock_timestamp()", "pg_catalog.timestamptz"));
        sql.add(hostile("date_part(pg_catalog.text, pg_catalog.timestamptz)", "pg_catalog.float8"));
        sql.add(hostile("int4(pg_catalog.float8)", "pg_catalog.int4"));
        sql.add(hostile("pg_current_xact_id()", "pg_catalog.xid8"));
        return sql;
    }

    private static String hostile(String function, String returned) {
        return "CREATE FUNCTION hostile." + function + " RETURNS " + returned + " LANGUAGE plpgsql AS $h$ BEGIN"
                + " INSERT INTO hostile.ran VALUES ('" + function.replace("'", "")
                + "', current_user); RETURN NULL; END $h$";
    }

    private Connection victim(boolean replica, String role) throws SQLException {
        Connection connection = deltas.db.connect();
        run(
                connection,
                "SET session_replication_role = " + (replica ? "replica" : "origin"),
                "SET ROLE " + role,
                "CREATE TEMP TABLE olap_sync_new (id int, customer int, amount numeric)",
                "CREATE TEMP TABLE olap_sync_old (id int, customer int, amount numeric)",
                "CREATE TEMP TABLE capture_overflow (capture_id int, xid xid8)",
                "CREATE TEMP TABLE changes_1 (k1 int)",
                "SET search_path = pg_temp, hostile, pg_catalog");
        return connection;
    }

    /** For a capture that keeps, and for one that finds too much; and for what writes as replication does. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "BEGIN",
                "too much",
                "BEGIN ISOLATION LEVEL REPEATABLE READ",
                "BEGIN ISOLATION LEVEL SERIALIZABLE",
                "replica, BEGIN",
                "replica, too much",
                "replica, BEGIN ISOLATION LEVEL SERIALIZABLE"
            })
    void nothing_of_a_writers_search_path_runs_with_the_rights_of_the_capture(String how) throws Exception {
        String role = deltas.db.name() + "_writer";
        deltas.db.execute("CREATE ROLE " + role);
        try {
            deltas.db.execute(hostilities().toArray(String[]::new));
            deltas.db.execute("GRANT TEMPORARY ON DATABASE " + deltas.db.name() + " TO " + role);
            boolean keeps = how.endsWith("BEGIN");
            if (how.startsWith("replica")) {
                deltas.deltas.withReplicatedChanges().convert(Map.of(LINES, LINES_SPEC, TOTALS, TOTALS_SPEC));
                deltas.refresh(LINES);
            }
            if (!keeps) {
                deltas.mostBytes("capture_row_[0-9]+", "-1");
                deltas.mostBytes("capture_[0-9]+", "-1");
            }
            try (Connection writer = victim(how.startsWith("replica"), role)) {
                run(writer, "SELECT 'a'::text = 'b'::text");
                assertThat(deltas.db.rows("SELECT by_whom FROM hostile.ran"))
                        .as("it is called where it can be")
                        .hasSize(1);

                everyStatement(writer, keeps || how.endsWith("too much") ? "BEGIN" : how.replace("replica, ", ""));
            }

            assertThat(deltas.db.rows("SELECT what, by_whom FROM hostile.ran")).hasSize(1);
            assertThat(how(deltas.refresh(LINES)).way()).isEqualTo(keeps ? Way.KEYS : Way.FULL);
            deltas.refresh(TOTALS);
            deltas.assertEqualsDefinition(LINES);
            deltas.assertEqualsDefinition(TOTALS);
        } finally {
            deltas.db.execute("DROP OWNED BY " + role, "DROP ROLE " + role);
        }
    }

    @Test
    void columns_may_be_called_like_variables_of_the_function_or_its_quotes() {
        ViewName odd = ViewName.parse("odd_view");
        deltas.db.execute(
                "CREATE TABLE odd (found int, tg_op int, \"a $capture$\" int PRIMARY KEY)",
                "CREATE MATERIALIZED VIEW odd_view AS SELECT found, tg_op, \"a $capture$\" FROM odd",
                "CREATE UNIQUE INDEX ON odd_view (found, tg_op, \"a $capture$\")");
        deltas.convert(Map.of(
                odd, DeltaSpec.key("found", "tg_op", "a $capture$").source("odd", "found", "tg_op", "a $capture$")));
        deltas.refresh(odd);

        deltas.db.execute(
                "INSERT INTO odd SELECT g, g, g FROM generate_series(1, 30) g",
                "UPDATE odd SET found = 0",
                "DELETE FROM odd WHERE tg_op = 3");
        deltas.refresh(odd);

        deltas.assertEqualsDefinition(odd);
        assertThat(deltas.db.queryForLong("SELECT count(*) FROM odd_view")).isEqualTo(29);
    }

    @Test
    void a_statement_of_any_number_of_rows_calls_for_all_of_their_keys_before_and_after_it() {
        for (int rows = 0; rows <= 20; rows++) {
            deltas.db.execute("UPDATE orders SET id = id + 10000 WHERE id <= " + rows);
            assertThat(how(deltas.refresh(LINES)).keys()).isEqualTo(2 * rows);
            deltas.assertEqualsDefinition(LINES);
            deltas.db.execute("UPDATE orders SET id = id - 10000 WHERE id > 10000");
            deltas.refresh(LINES);
            deltas.assertEqualsDefinition(LINES);
        }
    }

    @Test
    void of_a_statement_of_many_rows_each_value_is_kept_about_once() {
        long totals = deltas.db.queryForLong("SELECT id FROM olap_sync.capture WHERE columns = '{customer}'");

        deltas.db.execute("UPDATE orders SET amount = amount + 1");

        assertThat(deltas.db.queryForLong("SELECT count(*) FROM olap_sync.changes_" + totals))
                .as("of 20 customers and 1000 orders")
                .isBetween(20L, 36L);
    }

    @Test
    void a_key_that_several_statements_changed_is_counted_once() {
        for (int i = 0; i < 3; i++) {
            deltas.db.execute("UPDATE orders SET amount = amount + 1 WHERE id = 1");
        }

        assertThat(how(deltas.refresh(TOTALS)).keys()).isEqualTo(1);
    }

    @Test
    void the_session_of_a_writer_is_left_as_it_was() throws Exception {
        try (Connection writer = deltas.db.connect()) {
            run(
                    writer,
                    "CREATE TEMP SEQUENCE own",
                    "SELECT nextval('own')",
                    "SELECT setseed(0.5)",
                    "CREATE TEMP TABLE expected AS SELECT random() AS r",
                    "SELECT setseed(0.5)");
            deltas.mostBytes("capture_[0-9]+", "-1");
            run(writer, "UPDATE orders SET amount = 1 WHERE id = 1");
            deltas.mostBytes("capture_[0-9]+", "268435456");
            run(writer, "UPDATE orders SET amount = 1 WHERE id = 2"); // finds room again, so the next draws
            run(writer, "UPDATE orders SET amount = 1 WHERE id = 3");
            try (Statement statement = writer.createStatement();
                    var row = statement.executeQuery("SELECT r = random(), lastval() FROM expected")) {
                row.next();
                assertThat(row.getBoolean(1)).isTrue();
                assertThat(row.getLong(2)).isEqualTo(1);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DROP SEQUENCE olap_sync.full_1",
                "ALTER FUNCTION olap_sync.capture_1() SET search_path = pg_catalog, pg_temp",
                "CREATE OR REPLACE FUNCTION olap_sync.capture_1() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN"
                        + " INSERT INTO olap_sync.changes_1 (whole) VALUES (true); RETURN NULL; END'; DROP SEQUENCE olap_sync.full_1"
            })
    void a_second_conversion_replaces_a_function_that_another_version_created(String other) throws Exception {
        var declared = Map.of(LINES, LINES_SPEC, TOTALS, TOTALS_SPEC);
        assertThat(deltas.deltas.conversion(declared)).isEmpty();
        deltas.db.execute(other);

        assertThat(deltas.deltas.conversion(declared)).anyMatch(sql -> sql.startsWith("CREATE OR REPLACE FUNCTION"));
        deltas.convert(declared);

        assertThat(deltas.deltas.conversion(declared)).isEmpty();
        deltas.db.execute("UPDATE orders SET amount = 1 WHERE id = 1", "UPDATE customers SET name = 'n' WHERE id = 2");
        assertThat(how(deltas.refresh(LINES)).way()).isEqualTo(Way.KEYS);
        deltas.assertEqualsDefinition(LINES);
        deltas.refresh(TOTALS);
        deltas.assertEqualsDefinition(TOTALS);
    }
}
