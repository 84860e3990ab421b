package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.CheckHandler;
import io.olapsync.spi.CheckSpec;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
@Tag("one-major")
class PostgresChecksTest {

    private static final TestDatabase DATABASE = TestServers.postgres().newDatabase();

    @AfterEach
    void empty() {
        EmptyDatabase.reset(DATABASE);
    }

    @AfterAll
    static void drop() {
        DATABASE.close();
    }

    private static void check(DataSource dataSource, CheckSpec spec, CancelSignal cancel) throws RefreshException {
        CheckHandler handler =
                Objects.requireNonNull(PostgresChecks.handlers(dataSource).get(spec.type()));
        handler.check(spec, cancel);
    }

    private void check(CheckSpec spec) throws RefreshException {
        check(DATABASE.pooledDataSource(), spec, CancelSignal.never());
    }

    private RefreshException failure(CheckSpec spec) {
        return catchThrowableOfType(RefreshException.class, () -> check(spec));
    }

    @Test
    void readable_tables_pass_in_one_query() throws RefreshException {
        DATABASE.execute(
                "CREATE TABLE cases (id int)",
                "CREATE SCHEMA \"My Schema\"",
                "CREATE TABLE \"My Schema\".\"현금.흐름\" (id int) PARTITION BY RANGE (id)",
                "CREATE VIEW orders AS SELECT 1");
        CountingDataSource counting = new CountingDataSource(DATABASE.pooledDataSource());
        check(
                counting.dataSource(),
                PostgresChecks.tablesReadable("cases", "My Schema.\"현금.흐름\"", "orders"),
                CancelSignal.never());
        assertThat(counting.prepared()).isEqualTo(1);
    }

    @Test
    void all_unreadable_tables_are_named_with_their_grants_and_these_help() throws RefreshException {
        DATABASE.execute(
                "CREATE TABLE cases (id int)",
                "CREATE TABLE assets (id int)",
                "CREATE SCHEMA closed",
                "CREATE TABLE closed.entries (id int)");
        try (TestRole role = new TestRole(DATABASE)) {
            DATABASE.execute("GRANT SELECT ON cases TO " + role.quoted());
            CheckSpec spec = PostgresChecks.tablesReadable("cases", "assets", "closed.entries");
            RefreshException failure = catchThrowableOfType(
                    RefreshException.class, () -> check(role.dataSource(), spec, CancelSignal.never()));
            assertThat(failure.kind()).isEqualTo(Kind.PERMANENT);
            assertThat(failure.sqlState()).contains("42501");
            assertThat(failure)
                    .hasMessageContaining("2 of 3 source tables")
                    .hasMessageContaining("\"public\".\"assets\"")
                    .hasMessageContaining("\"closed\".\"entries\"");
            assertThat(failure.remedy().orElseThrow())
                    .isEqualTo(
                            ("GRANT SELECT ON \"public\".\"assets\" TO %1$s; GRANT USAGE ON SCHEMA \"closed\" TO %1$s;"
                                            + " GRANT SELECT ON \"closed\".\"entries\" TO %1$s")
                                    .formatted(role.quoted()));
            DATABASE.execute(failure.remedy().orElseThrow());
            check(role.dataSource(), spec, CancelSignal.never());
        }
    }

    @Test
    void missing_tables_and_things_that_are_none_are_named() {
        DATABASE.execute("CREATE SEQUENCE numbers");
        RefreshException failure = failure(PostgresChecks.tablesReadable("cases", "numbers", "nowhere.t"));
        assertThat(failure)
                .hasMessageContaining("there is no table \"public\".\"cases\" in the database \"" + DATABASE.name())
                .hasMessageContaining("\"public\".\"numbers\" is a sequence")
                .hasMessageContaining("there is no schema \"nowhere\"");
        assertThat(failure.sqlState()).contains("42P01");
    }

    @Test
    void bad_arguments_are_refused_before_anything_runs() {
        assertThatThrownBy(PostgresChecks::tablesReadable).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PostgresChecks.tablesReadable("a.b.c"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a.b.c");
        assertThatThrownBy(() -> PostgresChecks.noRows(" ")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PostgresChecks.noRows("SELECT 1", Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PT0S");
        assertThat(failure(CheckSpec.of(PostgresChecks.NO_ROWS, "SELECT 1", "soon")))
                .hasMessageContaining("not soon")
                .satisfies(e -> assertThat((e).kind()).isEqualTo(Kind.PERMANENT));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1 WHERE false",
                "SELECT true",
                "SELECT count(*) = 0 FROM pg_class WHERE relname = 'no such thing'",
                "SELECT '{\"a\": 1}'::jsonb ? 'a'",
                "SELECT true FROM generate_series(1, 1000);",
                "WITH x AS (SELECT 1) SELECT * FROM x WHERE false -- the end"
            })
    void a_query_that_finds_nothing_passes(String sql) throws RefreshException {
        check(PostgresChecks.noRows(sql));
    }

    @Test
    void up_to_three_rows_that_must_not_be_are_shown() {
        RefreshException failure =
                failure(PostgresChecks.noRows("SELECT n AS id, NULL::text AS org FROM generate_series(1, 9) AS g(n)"));
        assertThat(failure.kind()).isEqualTo(Kind.PERMANENT);
        assertThat(failure)
                .hasMessageContaining("(id = 1, org = null); (id = 2, org = null); (id = 3, org = null); and more.")
                .hasMessageContaining("generate_series");
        assertThat(failure(PostgresChecks.noRows("SELECT 7 AS id"))).hasMessageContaining("(id = 7). ");
        assertThat(failure(PostgresChecks.noRows("SELECT n < 3 AS ok FROM generate_series(1, 3) AS g(n)")))
                .hasMessageContaining("none: (ok = f). ");
        assertThat(failure(PostgresChecks.noRows("SELECT NULL::boolean AS ok"))).hasMessageContaining("(ok = null)");
    }

    @Test
    void a_query_that_writes_is_refused_for_good() {
        DATABASE.execute("CREATE TABLE t (id int)");
        RefreshException failure = failure(PostgresChecks.noRows("INSERT INTO t VALUES (1) RETURNING id"));
        assertThat(failure.kind()).isEqualTo(Kind.PERMANENT);
        assertThat(failure).hasMessageContaining("must only read");
        assertThat(DATABASE.queryForLong("SELECT count(*) FROM t")).isZero();
    }

    @Test
    void a_query_that_is_wrong_fails_for_good_with_its_sqlstate() {
        RefreshException failure = failure(PostgresChecks.noRows("SELECT * FROM missing_table"));
        assertThat(failure.kind()).isEqualTo(Kind.PERMANENT);
        assertThat(failure.sqlState()).contains("42P01");
    }

    @Test
    void a_query_that_takes_too_long_is_ended() {
        RefreshException failure = failure(PostgresChecks.noRows("SELECT pg_sleep(60)", Duration.ofMillis(100)));
        assertThat(failure.kind()).isEqualTo(Kind.TIMED_OUT);
        assertThat(failure).hasMessageContaining("PT0.1S");
        DATABASE.await(
                "SELECT count(*) = 0 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'");
    }

    @Test
    void a_cancelled_query_is_ended() throws Exception {
        Signal signal = new Signal();
        CompletableFuture<RefreshException> failed = CompletableFuture.supplyAsync(() -> catchThrowableOfType(
                RefreshException.class,
                () -> check(DATABASE.pooledDataSource(), PostgresChecks.noRows("SELECT pg_sleep(61)"), signal)));
        DATABASE.await(
                "SELECT count(*) = 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(61)' AND state = 'active'");
        signal.give();
        assertThat(failed.get().kind()).isEqualTo(Kind.CANCELLED);
    }

    private static final class Signal implements CancelSignal {

        private final AtomicReference<Runnable> callback = new AtomicReference<>(() -> {});
        private volatile boolean cancelled;

        void give() {
            cancelled = true;
            callback.get().run();
        }

        @Override
        public boolean isCancelled() {
            return cancelled;
        }

        @Override
        public Registration onCancel(Runnable run) {
            callback.set(run);
            return () -> callback.set(() -> {});
        }
    }
}
