package io.olapsync.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UsedDatabaseTest {

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

    private static List<?> asNew = List.of();

    @BeforeAll
    static void lookAtANewOne() {
        try (TestDatabase fresh = TestDatabase.create(SERVER, null)) {
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
        try (TestDatabase first = SERVER.newDatabase()) {
            first.execute(deed.replace("%s", first.name()));
            first.endIdleSessions();
            assertThat(first.rows(STATE)).isNotEqualTo(asNew);
        }
        try (TestDatabase second = SERVER.newDatabase()) {
            assertThat(second.rows(STATE)).isEqualTo(asNew);
        }
    }

    @Test
    void database_is_used_again_under_another_name() {
        TestDatabase first = SERVER.newDatabase();
        long number = numberOf(first);
        first.close();
        try (TestDatabase second = SERVER.newDatabase()) {
            assertThat(numberOf(second)).isEqualTo(number);
            assertThat(second.name()).isNotEqualTo(first.name());
            assertThatThrownBy(first::connect).hasMessageContaining("does not exist");
            first.close();
            assertThat(numberOf(second)).isEqualTo(number);
        }
    }

    private static long numberOf(TestDatabase database) {
        return database.queryForLong("SELECT oid::bigint FROM pg_database WHERE datname = current_database()");
    }
}
