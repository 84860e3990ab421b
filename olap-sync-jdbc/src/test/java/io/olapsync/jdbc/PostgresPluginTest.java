package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.olapsync.spi.CacheInvalidator;
import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.ChangeFeed;
import io.olapsync.spi.CheckHandler;
import io.olapsync.spi.EventSource;
import io.olapsync.spi.IncidentSource;
import io.olapsync.spi.IncidentStore;
import io.olapsync.spi.LockProvider;
import io.olapsync.spi.LockUnavailableException;
import io.olapsync.spi.PendingInvalidation;
import io.olapsync.spi.RefreshExecutor;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.RunId;
import io.olapsync.spi.SyncHistory;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.SyncListener;
import io.olapsync.spi.SyncPlugin;
import io.olapsync.spi.TickStore;
import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewStates;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

@Timeout(60)
@Tag("one-major")
class PostgresPluginTest {

    private static final ViewName VIEW = ViewName.of("public", "mv");

    private final TestDatabase database = TestServers.postgres().newDatabase();

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void installing_registers_everything_and_touches_no_server() throws Exception {
        PGSimpleDataSource nowhere = new PGSimpleDataSource();
        nowhere.setURL("jdbc:postgresql://127.0.0.1:1/nowhere");
        try (Installed installed = new Installed(PostgresPlugin.of(nowhere))) {
            assertThat(installed.adapters)
                    .containsOnlyKeys(
                            RefreshExecutor.class,
                            LockProvider.class,
                            ViewStates.class,
                            SyncHistory.class,
                            TickStore.class,
                            ViewCatalog.class,
                            IncidentStore.class,
                            ChangeFeed.class);
            assertThat(installed.checks).containsOnlyKeys("postgres.tables-readable", "postgres.no-rows");
        }
    }

    @Test
    void refreshes_on_an_empty_database_with_a_pool_of_two() throws Exception {
        database.execute(
                "CREATE MATERIALIZED VIEW mv AS SELECT 1 AS id WITH NO DATA", "CREATE UNIQUE INDEX ON mv (id)");
        HikariConfig config = new HikariConfig();
        config.setDataSource(database.dataSource());
        config.setMaximumPoolSize(2);
        config.setConnectionTimeout(5_000);
        try (HikariDataSource pool = new HikariDataSource(config);
                Installed installed = new Installed(PostgresPlugin.of(pool))) {
            assertThat(installed.get(ViewStates.class).read(Set.of(VIEW))).isEmpty();
            database.execute("DROP SCHEMA olap_sync CASCADE");
        }
        try (HikariDataSource pool = new HikariDataSource(config);
                Installed installed = new Installed(PostgresPlugin.of(pool))) {
            try (RefreshLock lock =
                    installed.get(LockProvider.class).tryAcquire(Set.of(VIEW)).orElseThrow()) {
                installed.get(RefreshExecutor.class).refresh(request(), lock);
            }
            ViewStates states = installed.get(ViewStates.class);
            assertThat(states.read(Set.of(VIEW)).get(VIEW).rows()).isOne();
            List<PendingInvalidation> pending = states.pendingInvalidations(Set.of(VIEW));
            assertThat(pending).extracting(PendingInvalidation::view).containsExactly(VIEW);
            states.invalidated(pending);
            assertThat(states.pendingInvalidations(Set.of(VIEW))).isEmpty();
        }
    }

    @Test
    void without_tables_a_lock_cannot_be_had_where_their_creation_is_switched_off() throws Exception {
        DataSource dataSource = database.dataSource();
        try (Installed installed = new Installed(
                PostgresPlugin.builder(dataSource).createSchema(false).build())) {
            LockUnavailableException refused = catchThrowableOfType(
                    LockUnavailableException.class,
                    () -> installed.get(LockProvider.class).tryAcquire(Set.of(VIEW)));
            assertThat(refused.remedy().orElseThrow()).contains("schema-1.sql");
            database.execute(PostgresSchema.sql());
            try (RefreshLock lock =
                    installed.get(LockProvider.class).tryAcquire(Set.of(VIEW)).orElseThrow()) {
                assertThat(lock.isHeld()).isTrue();
            }
        }
    }

    private static RefreshRequest request() {
        return new RefreshRequest(
                RunId.random(),
                SyncKind.FULL,
                List.of(VIEW),
                Duration.ofSeconds(30),
                Map.of(),
                true,
                CancelSignal.never());
    }

    /** Keeps what a plugin registers. */
    private static final class Installed implements SyncPlugin.Registry, AutoCloseable {

        private final Map<Class<?>, Object> adapters = new HashMap<>();
        private final Map<String, CheckHandler> checks = new HashMap<>();
        private final Deque<AutoCloseable> resources = new ArrayDeque<>();

        Installed(SyncPlugin plugin) {
            plugin.install(this);
        }

        <T> T get(Class<T> type) {
            return type.cast(adapters.get(type));
        }

        private <T> SyncPlugin.Registry keep(Class<T> type, T adapter) {
            assertThat(adapters.put(type, adapter)).isNull();
            return this;
        }

        @Override
        public SyncPlugin.Registry executor(RefreshExecutor executor) {
            return keep(RefreshExecutor.class, executor);
        }

        @Override
        public SyncPlugin.Registry locks(LockProvider locks) {
            return keep(LockProvider.class, locks);
        }

        @Override
        public SyncPlugin.Registry states(ViewStates states) {
            return keep(ViewStates.class, states);
        }

        @Override
        public SyncPlugin.Registry history(SyncHistory history) {
            return keep(SyncHistory.class, history);
        }

        @Override
        public SyncPlugin.Registry ticks(TickStore ticks) {
            return keep(TickStore.class, ticks);
        }

        @Override
        public SyncPlugin.Registry catalog(ViewCatalog catalog) {
            return keep(ViewCatalog.class, catalog);
        }

        @Override
        public SyncPlugin.Registry incidentSource(IncidentSource source) {
            return keep(IncidentSource.class, source);
        }

        @Override
        public SyncPlugin.Registry changeFeed(ChangeFeed feed) {
            return keep(ChangeFeed.class, feed);
        }

        @Override
        public SyncPlugin.Registry incidents(IncidentStore incidents) {
            return keep(IncidentStore.class, incidents);
        }

        @Override
        public SyncPlugin.Registry invalidator(CacheInvalidator invalidator) {
            return keep(CacheInvalidator.class, invalidator);
        }

        @Override
        public SyncPlugin.Registry events(EventSource source) {
            return keep(EventSource.class, source);
        }

        @Override
        public SyncPlugin.Registry check(String type, CheckHandler handler) {
            assertThat(checks.put(type, handler)).isNull();
            return this;
        }

        @Override
        public SyncPlugin.Registry listener(SyncListener listener) {
            return keep(SyncListener.class, listener);
        }

        @Override
        public SyncPlugin.Registry onClose(AutoCloseable resource) {
            resources.push(resource);
            return this;
        }

        @Override
        public void close() throws Exception {
            for (AutoCloseable resource : resources) {
                resource.close();
            }
        }
    }
}
