package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.jdbc.internal.doctor.Sources;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Of which definitions it is believed that the same rows always give the same result. */
@Timeout(60)
class SourcesTest {

    private static final TestDatabase DATABASE = TestServers.postgres().newDatabase();

    @BeforeAll
    static void create() {
        Fixture.install(DATABASE);
        DATABASE.execute(
                "CREATE TYPE mood AS ENUM ('low', 'high')",
                "CREATE DOMAIN late AS int CHECK (value > extract(year FROM now()) - 10000)",
                "CREATE TABLE s (a int, moment timestamptz, local timestamp, day date, ratio float8, label varchar(9),"
                        + " amount numeric, mood mood, codes int[], doc jsonb)",
                "CREATE UNLOGGED TABLE unlogged_table (a int)",
                "CREATE TABLE secured (a int)",
                "ALTER TABLE secured ENABLE ROW LEVEL SECURITY",
                "CREATE TABLE parts (a int) PARTITION BY RANGE (a)",
                "CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (10)",
                "CREATE TABLE loose (a int) PARTITION BY RANGE (a)",
                "CREATE UNLOGGED TABLE loose_part PARTITION OF loose FOR VALUES FROM (0) TO (10)",
                "CREATE SEQUENCE seq",
                "CREATE EXTENSION file_fdw",
                "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
                "CREATE FOREIGN TABLE foreign_table (a int) SERVER files OPTIONS (program 'echo 1', format 'csv')",
                "CREATE VIEW plain AS SELECT a, b FROM t",
                "CREATE VIEW timed AS SELECT a, now() AS at FROM t",
                "CREATE VIEW over_timed AS SELECT a FROM timed WHERE at IS NOT NULL",
                "CREATE MATERIALIZED VIEW base AS SELECT a, b FROM t",
                "CREATE VIEW over_base AS SELECT a FROM base",
                "CREATE FUNCTION pure(x int) RETURNS int LANGUAGE sql IMMUTABLE RETURN x + 1",
                "CREATE FUNCTION pure_block(x int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT public.pure(x) * 2; END",
                "CREATE FUNCTION timed_body() RETURNS int LANGUAGE sql RETURN extract(year FROM now())::int",
                "CREATE FUNCTION over_timed_body() RETURNS int LANGUAGE sql IMMUTABLE RETURN timed_body() + 1",
                "CREATE FUNCTION reading() RETURNS bigint LANGUAGE sql STABLE BEGIN ATOMIC SELECT count(*) FROM timed; END",
                "CREATE FUNCTION lying() RETURNS int LANGUAGE plpgsql IMMUTABLE AS"
                        + " 'BEGIN RETURN extract(year FROM now())::int; END'",
                "CREATE FUNCTION lying_sql() RETURNS int LANGUAGE sql IMMUTABLE AS"
                        + " 'SELECT pg_catalog.pg_backend_pid()'",
                "CREATE AGGREGATE own_sum(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0')");
    }

    @AfterAll
    static void drop() {
        DATABASE.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT a, b FROM t",
                "SELECT b, count(*), sum(a), string_agg(a::text, ',' ORDER BY a) FROM t GROUP BY GROUPING SETS ((b), ())",
                "SELECT a, CASE WHEN b > 0 THEN 'x' ELSE coalesce(b::text, '-') END, greatest(a, b), nullif(a, b) FROM t",
                "SELECT a, row_number() OVER (PARTITION BY b ORDER BY a), a::text || '/' || b AS x, 'n' || a AS y FROM t",
                "SELECT x.a FROM t x LEFT JOIN LATERAL (SELECT max(a) m FROM t y WHERE y.b = x.b) z ON true"
                        + " WHERE x.a IN (1, 2, 3) AND EXISTS (SELECT FROM s WHERE s.a = x.a)",
                "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n, g FROM r,"
                        + " generate_series(1, 3) WITH ORDINALITY g, (VALUES (1), (2)) v (x)",
                "SELECT date_trunc('month', local), extract(year FROM day), day + 1 AS next, moment > '2020-01-01Z' AS late FROM s",
                "SELECT moment AT TIME ZONE 'Asia/Seoul', ratio * 2 AS x, codes[1], doc ->> 'a' AS y, concat(a, label, amount) FROM s",
                "SELECT encode(sha256(convert_to(label, 'UTF8')), 'hex'), jsonb_build_object('a', a) FROM s",
                "SELECT a FROM plain UNION SELECT a FROM parts",
                "SELECT pure(a), pure_block(b) FROM t",
                "SELECT DISTINCT ON (b) a, b FROM t ORDER BY b, a LIMIT 3"
            })
    void rows_alone(String definition) throws Exception {
        assertThat(sources(definition).areAll()).as(definition).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT a FROM t WHERE now() IS NOT NULL",
                "SELECT a, current_date AS today FROM t",
                "SELECT a FROM s WHERE day = current_date OR local > localtimestamp",
                "SELECT at FROM timed",
                "SELECT a FROM over_timed",
                "SELECT a, timed_body() FROM t",
                "SELECT a, over_timed_body() FROM t",
                "SELECT reading()",
                "SELECT a, lying() FROM t",
                "SELECT a, lying_sql() FROM t",
                "SELECT a FROM t WHERE a IN (SELECT lying() FROM s)",
                "SELECT a, age(local) FROM s",
                "SELECT random() FROM t",
                "SELECT nextval('seq') FROM t",
                "SELECT last_value FROM seq",
                "SELECT a, current_user FROM t",
                "SELECT current_setting('work_mem')",
                "SELECT gen_random_uuid()",
                "SELECT a FROM foreign_table",
                "SELECT a FROM unlogged_table",
                "SELECT a FROM loose",
                "SELECT a FROM secured",
                "SELECT count(*) FROM olap_sync.run",
                "SELECT count(*) FROM pg_class",
                "SELECT count(*) FROM pg_stat_activity",
                "SELECT count(*) FROM information_schema.tables",
                "SELECT a FROM t TABLESAMPLE BERNOULLI (50) REPEATABLE (1)",
                "SELECT ctid AS place FROM t",
                "SELECT moment::date FROM s",
                "SELECT moment::text FROM s",
                "SELECT ratio::text FROM s",
                "SELECT label::timestamptz FROM s",
                "SELECT a || '/' || day FROM s",
                "SELECT concat(a, moment) FROM s",
                "SELECT date_trunc('day', moment) FROM s",
                "SELECT moment + interval '1 day' FROM s",
                "SELECT count(*) OVER (ORDER BY moment RANGE interval '1 day' PRECEDING) FROM s",
                "SELECT a::late FROM t",
                "SELECT own_sum(a) FROM t",
                "SELECT to_char(amount, '9D9') FROM s",
                "SELECT query_to_xml('SELECT 1', true, true, '')::text",
                "SELECT x.* FROM s, xmltable('/a' PASSING '<a/>' COLUMNS b text) x"
            })
    void more_than_rows(String definition) throws Exception {
        assertThat(sources(definition).areAll()).as(definition).isFalse();
    }

    @Test
    void materialized_views_beneath_are_named_also_through_plain_views() throws Exception {
        assertThat(sources("SELECT a FROM over_base").views()).containsExactly(ViewName.parse("base"));
        assertThat(sources("SELECT a FROM t").views()).isEmpty();
    }

    private static Sources sources(String definition) throws SQLException {
        DATABASE.execute("DROP MATERIALIZED VIEW IF EXISTS subject");
        DATABASE.execute("CREATE MATERIALIZED VIEW subject AS " + definition + " WITH NO DATA");
        try (Connection connection = DATABASE.connect()) {
            return Sources.of(connection, DATABASE.queryForLong("SELECT 'subject'::regclass::oid::bigint"));
        }
    }
}
