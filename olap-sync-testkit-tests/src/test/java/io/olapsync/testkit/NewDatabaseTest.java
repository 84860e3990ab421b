package io.olapsync.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.testkit.internal.ExternalPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NewDatabaseTest {

    private static final EmbeddedPostgres SERVER = EmbeddedPostgres.start();

    /** What a test could see of another: the objects, the rights and the settings of a database. */
    private static final String STATE = """
            SELECT 'schema', n.nspname::text, n.nspacl::text, r.rolname::text, obj_description(n.oid, 'pg_namespace')
              FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner
            UNION ALL
            SELECT 'relations', n.nspname, count(*)::text, string_agg(c.relacl::text, ' ' ORDER BY c.relname), NULL
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace GROUP BY 2
            UNION ALL
            SELECT 'functions', n.nspname, count(*)::text, string_agg(p.proacl::text, ' ' ORDER BY p.oid), NULL
              FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace GROUP BY 2
            UNION ALL
            SELECT 'types', NULL, count(*)::text, NULL, NULL FROM pg_type t
            UNION ALL
            SELECT 'database', datacl::text, datconnlimit::text, datdba::regrole::text, datallowconn::text
              FROM pg_database WHERE datname = current_database()
            UNION ALL
            SELECT 'setting', name, setting, NULL, NULL FROM pg_settings WHERE source = 'database'
            UNION ALL
            SELECT 'extension', extname, NULL, NULL, NULL FROM pg_extension
            UNION ALL
            SELECT 'trigger', evtname, NULL, NULL, NULL FROM pg_event_trigger
            UNION ALL
            SELECT 'publication', pubname, NULL, NULL, NULL FROM pg_publication
            UNION ALL
            SELECT 'default', defaclacl::text, NULL, NULL, NULL FROM pg_default_acl
            UNION ALL
            SELECT 'large object', oid::text, NULL, NULL, NULL FROM pg_largeobject_metadata
            UNION ALL
            SELECT 'casts', count(*)::text, NULL, NULL, NULL FROM pg_cast
             ORDER BY 1, 2
            """;

    private static final AtomicInteger BEGINNINGS = new AtomicInteger();

    private static List<?> asNew = List.of();

    @BeforeAll
    static void lookAtOne() {
        try (TestDatabase fresh = begun()) {
            asNew = fresh.rows(STATE);
        }
    }

    @AfterAll
    static void stop() {
        SERVER.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TABLE t (n int PRIMARY KEY); CREATE SCHEMA s; CREATE MATERIALIZED VIEW s.mv AS SELECT * FROM t",
                "CREATE TYPE mood AS ENUM ('sad'); CREATE DOMAIN d AS int; CREATE SEQUENCE s",
                "CREATE CAST (int AS point) WITH INOUT",
                "DROP SCHEMA public CASCADE",
                "GRANT ALL ON SCHEMA public TO PUBLIC",
                "REVOKE ALL ON SCHEMA public FROM PUBLIC",
                "ALTER DATABASE %s SET work_mem = '64kB'",
                "ALTER DATABASE %s SET default_transaction_read_only = on",
                "ALTER DATABASE %s CONNECTION LIMIT 20",
                "REVOKE TEMPORARY ON DATABASE %s FROM PUBLIC",
                "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(double precision) FROM PUBLIC",
                "GRANT SELECT ON pg_catalog.pg_authid TO PUBLIC",
                "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
                "CREATE PUBLICATION p",
                "SELECT lo_create(0)",
                "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
                        + " CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()"
            })
    void nothing_of_what_one_test_did_is_seen_by_the_next(String deed) {
        try (TestDatabase first = begun()) {
            first.execute(deed.replace("%s", first.name()));
            first.endIdleSessions();
            assertThat(first.rows(STATE)).isNotEqualTo(asNew);
        }
        try (TestDatabase second = begun()) {
            assertThat(second.rows(STATE)).isEqualTo(asNew);
        }
    }

    @Test
    void beginning_is_carried_out_once_and_each_test_has_a_copy_of_its_own() {
        try (TestDatabase first = begun();
                TestDatabase second = begun()) {
            first.execute("INSERT INTO stock VALUES (2)");
            assertThat(first.queryForLong("SELECT count(*) FROM stock")).isEqualTo(2);
            assertThat(second.queryForLong("SELECT count(*) FROM stock")).isEqualTo(1);
            assertThat(second.name()).isNotEqualTo(first.name());
        }
        assertThat(BEGINNINGS).hasValue(1);
        try (TestDatabase empty = SERVER.newDatabase()) {
            assertThat(empty.queryForBoolean("SELECT to_regclass('stock') IS NULL"))
                    .isTrue();
        }
    }

    @Test
    void beginning_that_fails_leaves_no_database_and_is_tried_again() {
        long before = databases();
        assertThatThrownBy(() -> SERVER.newDatabase("odd", db -> db.execute("SELECT 1 / 0")))
                .hasMessageContaining("division by zero");
        assertThat(databases()).isEqualTo(before);
        try (TestDatabase begun = SERVER.newDatabase("odd", db -> db.execute("CREATE TABLE even (n int)"))) {
            assertThat(begun.rows("SELECT * FROM even")).isEmpty();
        }
    }

    @Test
    void server_that_copies_nothing_carries_out_the_beginning_each_time() {
        ExternalPostgres elsewhere = new ExternalPostgres(SERVER.jdbcUrl());
        AtomicInteger beginnings = new AtomicInteger();
        for (int i = 1; i <= 2; i++) {
            try (TestDatabase database = elsewhere.newDatabase("twice", db -> beginnings.incrementAndGet())) {
                assertThat(database.queryForLong("SELECT 1")).isEqualTo(1);
                assertThat(beginnings).hasValue(i);
            }
        }
    }

    @Test
    void closed_database_is_gone_with_the_sessions_in_it() throws Exception {
        TestDatabase database = begun();
        try (Connection session = database.connect()) {
            database.close();
            database.close();
            assertThat(session.isValid(1)).isFalse();
        }
        assertThatThrownBy(database::connect).hasMessageContaining("does not exist");
    }

    private static TestDatabase begun() {
        return SERVER.newDatabase("stock", db -> {
            BEGINNINGS.incrementAndGet();
            db.execute("CREATE TABLE stock (n int)", "INSERT INTO stock VALUES (1)");
        });
    }

    private static long databases() {
        try (Connection connection = SERVER.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet count = statement.executeQuery("SELECT count(*) FROM pg_database")) {
            count.next();
            return count.getLong(1);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
