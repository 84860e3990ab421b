package io.olapsync.jdbc;

import static io.olapsync.jdbc.Fixture.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.jdbc.internal.SqlErrors;
import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Each row of the table of SQLSTATEs, provoked on the server as it happens in life where that is possible. */
class SqlStateTest {

    private final Fixture fixture = Fixture.create();

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    private void assertFailure(RefreshException failure, String state, Kind kind, String... remedy) {
        assertThat(failure.sqlState()).contains(state);
        assertThat(failure.kind()).as(failure.getMessage()).isEqualTo(kind);
        assertThat(failure.view()).contains(Fixture.MV);
        assertThat(failure).hasMessageContaining("refreshing mv").hasMessageContaining(" ms");
        assertThat(List.of(remedy))
                .allSatisfy(part -> assertThat(failure.remedy().orElse("")).contains(part));
        fixture.assertNothingLeft();
    }

    private RefreshException failureOfMv() {
        return fixture.failureOf(fixture.request(Fixture.MV));
    }

    @Test
    void view_without_a_usable_unique_index_fails_with_the_ddl() {
        fixture.db.execute(
                "CREATE MATERIALIZED VIEW mv AS SELECT a, b FROM t",
                "CREATE UNIQUE INDEX ON mv (a) WHERE a > 0",
                "CREATE UNIQUE INDEX ON mv ((a + 1))");

        assertFailure(failureOfMv(), "55000", Kind.PERMANENT, "CREATE UNIQUE INDEX ON \"public\".\"mv\" (");
    }

    @Test
    void view_that_reads_an_unpopulated_one_fails_for_good() {
        fixture.view("base");
        fixture.view("mv", "SELECT a, b FROM base");
        fixture.db.execute("REFRESH MATERIALIZED VIEW base WITH NO DATA");

        RefreshException failure = failureOfMv();

        assertFailure(failure, "55000", Kind.PERMANENT, "REFRESH MATERIALIZED VIEW");
        assertThat(failure).hasMessageContaining("\"base\"");
    }

    @Test
    void duplicate_rows_fail_for_good() {
        fixture.db.execute("CREATE TABLE d (a int, b int)", "INSERT INTO d VALUES (1, 1)");
        fixture.view("mv", "SELECT a, b FROM d");
        fixture.db.execute("INSERT INTO d VALUES (1, 1)");

        assertFailure(failureOfMv(), "21000", Kind.PERMANENT, "GROUP BY");
    }

    @Test
    void duplicate_keys_fail_for_good() {
        fixture.db.execute("CREATE TABLE d (a int, b int)", "INSERT INTO d VALUES (1, 1)");
        fixture.view("mv", "SELECT a, b FROM d");
        fixture.db.execute("INSERT INTO d VALUES (1, 2)");

        assertFailure(failureOfMv(), "23505", Kind.PERMANENT, "unique index");
    }

    @Test
    void missing_view_fails_for_good() {
        assertFailure(failureOfMv(), "42P01", Kind.PERMANENT, "CREATE MATERIALIZED VIEW \"public\".\"mv\"");
    }

    @Test
    void relation_that_is_no_materialized_view_fails_for_good() {
        fixture.db.execute("CREATE VIEW mv AS SELECT a, b FROM t");

        assertFailure(failureOfMv(), "42809", Kind.PERMANENT, "\"public\".\"mv\"");
    }

    @Test
    void library_whose_tables_are_gone_says_so() {
        fixture.refresh(fixture.view("mv")); // it does not look for them again
        fixture.db.execute("DROP SCHEMA olap_sync CASCADE");

        assertFailure(failureOfMv(), "42P01", Kind.PERMANENT, "schema-1.sql");
    }

    @Test
    void missing_privilege_fails_for_good_with_the_grant() throws Exception {
        fixture.view("mv");
        String role = "r_" + fixture.db.name();
        fixture.db.execute(
                "CREATE ROLE " + role + " LOGIN",
                "GRANT USAGE ON SCHEMA olap_sync TO " + role,
                "GRANT ALL ON ALL TABLES IN SCHEMA olap_sync TO " + role);
        PGSimpleDataSource asRole = new PGSimpleDataSource();
        asRole.setURL(fixture.db.jdbcUrl());
        asRole.setOptions("-c role=" + role);
        try {
            Fixture other = fixture.with(asRole, fixture.settings);

            RefreshException failure = other.failureOf(other.request(Fixture.MV));

            assertFailure(failure, "42501", Kind.PERMANENT, "OWNER TO", "GRANT MAINTAIN ON \"public\".\"mv\"");
        } finally {
            fixture.db.execute("DROP OWNED BY " + role, "DROP ROLE " + role);
        }
    }

    @Test
    void lock_timeout_is_contention() throws Exception {
        fixture.view("mv");
        Fixture impatient = fixture.with(fixture.dataSource, fixture.settings.withLockTimeout(Duration.ofMillis(100)));
        try (Connection owner = fixture.db.connect();
                Statement statement = owner.createStatement()) {
            owner.setAutoCommit(false);
            statement.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE");

            assertFailure(impatient.failureOf(impatient.request(Fixture.MV)), "55P03", Kind.CONTENDED, "lockTimeout");
        }
    }

    @Test
    void statement_timeout_of_ours_is_a_timeout_and_a_cancel_of_another_hand_is_transient() throws Exception {
        fixture.gatedView("mv");
        try (Fixture.Gate gate = fixture.shutGate()) {
            RefreshException ours =
                    fixture.failureOf(fixture.request(Duration.ofMillis(300), CancelSignal.never(), Fixture.MV));
            assertFailure(ours, "57014", Kind.TIMED_OUT);

            Future<List<ViewRefresh>> refresh = fixture.start(fixture.request(Fixture.MV));
            fixture.awaitAtGate(1);
            fixture.db.queryForLong("SELECT count(pg_cancel_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND"
                    + " NOT granted AND objid = " + Fixture.GATE);
            assertFailure(failure(refresh), "57014", Kind.TRANSIENT);
        }
    }

    @Test
    void deadlock_is_contention() throws Exception {
        fixture.db.execute("CREATE TABLE u (a int)");
        fixture.view("mv", "SELECT a, b FROM t, (SELECT gate() OFFSET 0) g WHERE NOT EXISTS (SELECT FROM u)");
        try (Connection rival = fixture.db.connect();
                Statement statement = rival.createStatement()) {
            rival.setAutoCommit(false);
            // The refresh has its locks on t and u and waits for the gate; the gate's holder then wants t for itself.
            statement.execute("SET LOCAL deadlock_timeout = '1min'");
            statement.execute("SELECT pg_advisory_xact_lock(" + Fixture.GATE + ")");
            Fixture calm = fixture.with(fixture.dataSource, fixture.settings.withBlockingCheckInterval(Duration.ZERO));
            Future<List<ViewRefresh>> refresh = calm.start(calm.request(Fixture.MV));
            fixture.awaitAtGate(1);
            statement.execute("LOCK TABLE u IN ACCESS EXCLUSIVE MODE");
            rival.rollback();

            RefreshException failure = failure(refresh);
            assertFailure(failure, "40P01", Kind.CONTENDED);
        }
    }

    private record Raised(String state, Kind kind, String remedy) {}

    /** States that a test cannot provoke without hurting the machine, raised inside the refresh. */
    private static final List<Raised> RAISED = List.of(
            new Raised("53400", Kind.PERMANENT, "temp_file_limit"),
            new Raised("53100", Kind.TRANSIENT, "disk"),
            new Raised("53200", Kind.TRANSIENT, "work_mem"),
            new Raised("53300", Kind.TRANSIENT, "max_connections"),
            new Raised("40001", Kind.CONTENDED, ""),
            new Raised("40P01", Kind.CONTENDED, ""),
            new Raised("57P01", Kind.TRANSIENT, ""),
            new Raised("57P02", Kind.TRANSIENT, ""),
            new Raised("57P03", Kind.TRANSIENT, ""),
            new Raised("58030", Kind.TRANSIENT, ""),
            new Raised("08006", Kind.TRANSIENT, ""),
            new Raised("25006", Kind.TRANSIENT, "primary"),
            new Raised("XX000", Kind.TRANSIENT, ""),
            new Raised("0A000", Kind.PERMANENT, ""),
            new Raised("42883", Kind.PERMANENT, "search_path"),
            new Raised("22012", Kind.PERMANENT, ""),
            new Raised("P0001", Kind.PERMANENT, ""));

    @Test
    void raised_states_mean_what_the_table_says() {
        fixture.db.execute(
                "CREATE TABLE fail (code text)",
                "CREATE FUNCTION fail() RETURNS int LANGUAGE plpgsql AS $$ DECLARE c text; BEGIN SELECT code INTO c FROM"
                        + " public.fail; IF c IS NOT NULL THEN RAISE EXCEPTION 'on purpose' USING ERRCODE = c; END IF;"
                        + " RETURN 1; END $$");
        fixture.view("mv", "SELECT a, b FROM t, (SELECT fail() OFFSET 0) f");
        for (Raised row : RAISED) {
            fixture.db.execute("TRUNCATE fail", "INSERT INTO fail VALUES ('" + row.state() + "')");
            assertFailure(failureOfMv(), row.state(), row.kind(), row.remedy());
        }
        fixture.db.execute("TRUNCATE fail");
        assertThat(fixture.refresh(Fixture.MV).rows()).isEqualTo(10);
    }

    @Test
    void temp_file_limit_fails_for_good() {
        fixture.db.execute("CREATE TABLE big AS SELECT g AS a, md5(g::text) AS b FROM generate_series(1, 50000) g");
        fixture.view("mv", "SELECT a, b FROM big ORDER BY b");
        fixture.db.execute(
                "ALTER DATABASE " + fixture.db.name() + " SET temp_file_limit = '64kB'",
                "ALTER DATABASE " + fixture.db.name() + " SET work_mem = '64kB'");
        Fixture bounded = fixture.with(fixture.db.dataSource(), fixture.settings);

        assertFailure(bounded.failureOf(bounded.request(Fixture.MV)), "53400", Kind.PERMANENT, "temp_file_limit");
    }

    @Test
    void lock_on_other_views_is_refused() throws Exception {
        ViewName view = fixture.view("mv");
        RefreshRequest request = fixture.request(view);
        try (RefreshLock other =
                fixture.locks.tryAcquire(Set.of(ViewName.parse("other"))).orElseThrow()) {
            assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> fixture.executor.refresh(request, other)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("other");
        }
    }

    @Test
    void message_carries_no_password() {
        SQLException leaky = new SQLTransientConnectionException(
                "cannot connect to jdbc:postgresql://app:hunter2@db/x?user=app&password=hunter2&ssl=true", "08001");

        RefreshException failure = SqlErrors.translate(leaky, null, "reading", System.nanoTime());

        assertThat(failure.getMessage()).doesNotContain("hunter2").contains("ssl=true");
    }

    @Test
    void pool_that_has_no_connection_to_give_is_transient() {
        SQLException exhausted = new SQLTransientConnectionException("pool - Connection is not available");
        SQLException unreachable =
                new SQLTransientConnectionException("pool - not available", null, new SQLException("refused", "08001"));
        SQLException denied =
                new SQLTransientConnectionException("pool - not available", null, new SQLException("no", "28P01"));

        assertThat(SqlErrors.kind(exhausted)).isEqualTo(Kind.TRANSIENT);
        assertThat(SqlErrors.kind(unreachable)).isEqualTo(Kind.TRANSIENT);
        assertThat(SqlErrors.kind(denied)).isEqualTo(Kind.PERMANENT);
    }
}
