package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.CatalogSeen;
import io.olapsync.spi.CheckSpec;
import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.Finding;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RunId;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Data sources whose settings make ordinary SQL mean something else, or fail. */
class OddConnectionsTest {

    private static final Duration LONG = Duration.ofDays(1);

    private final TestDatabase db = TestServers.postgres().newDatabase();

    @AfterEach
    void drop() {
        db.close();
    }

    private PGSimpleDataSource dataSource(String options) {
        return dataSource(db, options);
    }

    private static PGSimpleDataSource dataSource(TestDatabase db, String options) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(db.jdbcUrl() + (db.jdbcUrl().contains("?") ? "&" : "?") + options);
        return source;
    }

    private static HistoryEntry.Run line(RunId run) {
        return Fixture.begun(run);
    }

    @Tag("one-major")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "prepareThreshold=-1&binaryTransfer=true",
                "prepareThreshold=1&autosave=always",
                "autosave=conservative&cleanupSavepoints=true",
                "preferQueryMode=simple",
                "preferQueryMode=extendedForPrepared",
                "preferQueryMode=extendedCacheEverything&prepareThreshold=1"
            })
    void driver_that_talks_to_the_server_in_another_way_can_create_the_tables_and_use_them(String options)
            throws Exception {
        PGSimpleDataSource eager = dataSource(options);

        Fixture.install(db); // the tables of the test itself
        db.execute("DROP SCHEMA olap_sync CASCADE");
        PostgresSchema.of(eager).ensure();

        try (Fixture fixture = new Fixture(db, eager, PostgresSettings.defaults())) {
            ViewName view = fixture.view("mv");
            ViewName other = fixture.view("other");
            assertThat(fixture.refresh(view).rows()).isEqualTo(10);
            assertThat(fixture.refresh(fixture.request(view, other))).hasSize(2);
            db.execute("ALTER DATABASE " + db.name() + " SET default_transaction_isolation = 'serializable'");
            assertThat(fixture.refresh(other).rows()).isEqualTo(10);
            assertThat(fixture.states.pendingInvalidations(List.of(view))).hasSize(1);
            PostgresHistory history = new PostgresHistory(eager, PostgresSchema.of(eager));
            RunId run = RunId.random();
            for (int i = 0; i < 3; i++) {
                history.write(List.of(line(run)));
                fixture.states.order(List.of(view), Duration.ZERO, "test");
            }
            assertThat(fixture.states.orders(List.of(view))).hasSize(3);
            assertThat(history.recentRuns("p", 1))
                    .extracting(HistoryEntry.Run::run)
                    .containsExactly(run);
            PostgresCatalog catalog = new PostgresCatalog(eager);
            assertThat(catalog.inspect(Set.of(view, other))).isEmpty();
            Set<ViewName> views = Set.of(view, other);
            assertThat(catalog.look(views, views).upstreams()).hasSize(2);
            assertThat(fixture.states.look(views, Map.of(view, Set.of())).states())
                    .hasSize(2);
        }
    }

    @Tag("one-major")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "prepareThreshold=-1&binaryTransfer=true",
                "prepareThreshold=1&autosave=always&defaultRowFetchSize=1",
                "prepareThreshold=0&autosave=always&cleanupSavepoints=true",
                "prepareThreshold=1&defaultRowFetchSize=1",
                "preferQueryMode=simple",
                "preferQueryMode=extendedCacheEverything&prepareThreshold=1"
            })
    void driver_that_talks_to_the_server_in_another_way_can_refresh_delta_tables(String options) throws Exception {
        try (DeltaFixture deltas = DeltaFixture.converted();
                Fixture fixture = new Fixture(deltas.db, dataSource(deltas.db, options), PostgresSettings.defaults())) {
            deltas.db.execute("UPDATE orders SET amount = 4711 WHERE id = 10");
            ViewRefresh changed = fixture.refresh(DeltaFixture.request(SyncKind.INCREMENTAL, DeltaFixture.LINES))
                    .get(0);
            ViewRefresh same = fixture.refresh(DeltaFixture.request(SyncKind.INCREMENTAL, DeltaFixture.LINES))
                    .get(0);

            assertThat(DeltaFixture.how(changed).keys()).isEqualTo(1);
            assertThat(DeltaFixture.how(same).way()).isEqualTo(DeltaRefresh.Way.NOTHING);
            deltas.assertEqualsDefinition(DeltaFixture.LINES);
        }
    }

    @Tag("one-major")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "defaultRowFetchSize=1",
                "prepareThreshold=1&defaultRowFetchSize=1&autosave=always",
                "preferQueryMode=simple&defaultRowFetchSize=1"
            })
    void driver_that_fetches_few_rows_at_a_time_has_all_of_them_before_the_commit_that_is_sent_along(String options)
            throws Exception {
        Fixture.install(db);
        try (Fixture fixture = new Fixture(db, dataSource(options), PostgresSettings.defaults())) {
            ViewName one = fixture.view("one");
            ViewName two = fixture.view("two", "SELECT a, b FROM one");
            Set<ViewName> views = Set.of(one, two, fixture.view("three", "SELECT a, b FROM two"));
            PostgresCatalog catalog = new PostgresCatalog(fixture.dataSource);

            assertThat(catalog.inspect(views)).isEmpty();
            assertThat(catalog.upstreams(views)).hasSize(3);
            CatalogSeen seen = catalog.look(views, views);
            assertThat(seen.findings()).isEmpty();
            assertThat(seen.upstreams()).hasSize(3).containsEntry(two, Set.of(one));
            fixture.refresh(fixture.request(views.toArray(ViewName[]::new)));
            assertThat(fixture.states.look(views, Map.of()).states()).hasSize(3);
            assertThat(fixture.states.pendingInvalidations(views)).hasSize(3);
        }
    }

    /** Everything that our SQL looks for in the catalog, emptied, in a schema that the host's path names first. */
    private PGSimpleDataSource shadowed() {
        db.execute("CREATE SCHEMA shadow");
        for (String relation : List.of(
                "pg_class",
                "pg_namespace",
                "pg_index",
                "pg_roles",
                "pg_depend",
                "pg_rewrite",
                "pg_proc",
                "pg_locks",
                "pg_database",
                "pg_stat_activity",
                "pg_settings")) {
            db.execute("CREATE TABLE shadow." + relation + " AS SELECT * FROM pg_catalog." + relation + " WHERE false");
        }
        db.execute("CREATE TABLE shadow.pg_attribute AS SELECT attrelid, attname, attnum, atttypid, attnotnull,"
                + " attisdropped, attacl FROM pg_catalog.pg_attribute WHERE false");
        for (String function : List.of(
                "pg_backend_pid() RETURNS int",
                "pg_is_in_recovery() RETURNS boolean",
                "pg_try_advisory_lock(bigint) RETURNS boolean",
                "pg_try_advisory_xact_lock(bigint) RETURNS boolean",
                "pg_advisory_unlock(bigint) RETURNS boolean",
                "clock_timestamp() RETURNS timestamptz",
                "current_setting(text) RETURNS text",
                "set_config(text, text, boolean) RETURNS text",
                "has_table_privilege(oid, text) RETURNS boolean")) {
            db.execute("CREATE FUNCTION shadow." + function
                    + " LANGUAGE plpgsql AS $$ BEGIN RAISE 'one of the host''s functions was called'; END $$");
        }
        return dataSource("currentSchema=shadow,public,pg_catalog");
    }

    @Test
    void relations_and_functions_that_shadow_the_catalog_mislead_nobody() throws Exception {
        Fixture.install(db);
        try (Fixture plain = new Fixture(db, db.dataSource(), PostgresSettings.defaults())) {
            ViewName view = plain.view("mv");
            ViewName next = plain.view("next", "SELECT a, b FROM mv");
            ViewName bare = ViewName.parse("bare");
            db.execute("CREATE MATERIALIZED VIEW bare AS SELECT a FROM t");
            PGSimpleDataSource shadowed = shadowed();

            PostgresCatalog catalog = new PostgresCatalog(shadowed);
            assertThat(catalog.inspect(Set.of(view, bare)))
                    .extracting(Finding::code)
                    .containsExactly("no-unique-index");
            assertThat(catalog.upstreams(Set.of(view, next))).containsEntry(next, Set.of(view));
            assertThat(PostgresDoctor.of(shadowed).examine(Set.of(view, bare)))
                    .extracting(Finding::code)
                    .contains("no-unique-index")
                    .doesNotContain("rule-not-evaluated", "missing-view");
            PostgresHistory history = new PostgresHistory(shadowed, PostgresSchema.of(shadowed));
            RunId run = RunId.random();
            history.write(List.of(line(run)));
            assertThat(history.sweep(LONG, LONG)).isEmpty();
            assertThat(history.recentRuns("p", 1))
                    .extracting(HistoryEntry.Run::run)
                    .containsExactly(run);
            try (Fixture misled = plain.with(shadowed, PostgresSettings.defaults())) {
                assertThat(misled.refresh(view).rows()).isEqualTo(10);
                assertThat(misled.refresh(misled.request(view, next))).hasSize(2);
                assertThat(misled.states.read(Set.of(view, next))).hasSize(2);
                assertThat(misled.states.now().covers(0)).isTrue();
                assertThat(misled.states.orders(Set.of(view))).isEmpty();
                assertThat(misled.states.controls(Set.of(view))).hasSize(1);
            }
            PostgresLockProvider locks = new PostgresLockProvider(shadowed);
            for (Set<ViewName> views : List.of(Set.of(view), Set.of(view, next))) {
                try (RefreshLock lock = locks.tryAcquire(views).orElseThrow()) {
                    assertThat(lock.isHeld()).isTrue();
                    assertThat(locks.tryAcquire(views)).isEmpty();
                }
                assertThat(db.queryForLong("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database ="
                                + " (SELECT oid FROM pg_database WHERE datname = current_database())"))
                        .isZero();
            }
        }
    }

    @Test
    void query_of_a_check_finds_tables_where_the_hosts_queries_do() throws Exception {
        db.execute("CREATE SCHEMA app", "CREATE TABLE app.orders AS SELECT 1 AS id");
        CheckSpec check = PostgresChecks.noRows("SELECT id FROM orders WHERE id > 1");

        PostgresChecks.handlers(dataSource("currentSchema=app"))
                .get(check.type())
                .check(check, CancelSignal.never());
    }

    @Tag("one-major")
    @Test
    void pool_that_cannot_start_is_transient() {
        PGSimpleDataSource starting = new PGSimpleDataSource() {
            private static final long serialVersionUID = 1L;

            @Override
            public Connection getConnection() {
                throw new IllegalStateException("Failed to initialize pool: the server is starting");
            }
        };
        ViewName view = ViewName.parse("mv");

        RefreshException locking = catchThrowableOfType(
                RefreshException.class, () -> new PostgresLockProvider(starting).tryAcquire(Set.of(view)));
        RefreshException reading = catchThrowableOfType(
                RefreshException.class, () -> new PostgresViewStates(starting).read(List.of(view)));

        for (RefreshException failure : List.of(locking, reading)) {
            assertThat(failure.kind()).isEqualTo(Kind.TRANSIENT);
            assertThat(failure).hasMessageContaining("the server is starting");
        }
    }
}
