package io.olapsync.jdbc;

import io.olapsync.spi.LockProvider;
import io.olapsync.spi.LockUnavailableException;
import io.olapsync.spi.PendingInvalidation;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshExecutor;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.SyncPlugin;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.spi.ViewState;
import io.olapsync.spi.ViewStates;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;

/**
 * The PostgreSQL adapters in one piece: executor, locks, states, history, catalog and checks, on one data source.
 *
 * <p>The data source stays the host's: it is not closed. It must give connections of their own, not ones that join a
 * transaction of the host's; a refresh needs one, and now and then a second one to look after it. No server is touched
 * before the first use; then the library's tables are created where they are absent.
 */
public final class PostgresPlugin implements SyncPlugin {

    private final DataSource dataSource;
    private final PostgresSettings settings;
    private final PostgresSchema schema;

    private PostgresPlugin(Builder builder) {
        this.dataSource = builder.dataSource;
        this.settings = builder.settings;
        this.schema = builder.createSchema ? PostgresSchema.of(dataSource) : PostgresSchema.existing(dataSource);
    }

    /** All adapters with their defaults. */
    public static PostgresPlugin of(DataSource dataSource) {
        return builder(dataSource).build();
    }

    /** Begins a plugin that differs from the defaults. */
    public static Builder builder(DataSource dataSource) {
        return new Builder(dataSource);
    }

    @Override
    public void install(Registry registry) {
        PostgresRefreshExecutor executor = new PostgresRefreshExecutor(dataSource, settings);
        registry.executor(new PreparedExecutor(executor, schema))
                .locks(new PreparedLocks(new PostgresLockProvider(dataSource, settings), schema))
                .states(new PreparedStates(new PostgresViewStates(dataSource, settings), schema))
                .history(new PostgresHistory(dataSource, schema))
                .catalog(new PostgresCatalog(dataSource))
                .onClose(executor);
        PostgresChecks.handlers(dataSource).forEach(registry::check);
    }

    /** Collects what differs from the defaults. Not thread-safe. */
    public static final class Builder {

        private final DataSource dataSource;
        private PostgresSettings settings = PostgresSettings.defaults();
        private boolean createSchema = true;

        private Builder(DataSource dataSource) {
            this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
        }

        /** Whether absent tables are created; true by default. False: a migration tool runs {@link PostgresSchema#sql}. */
        public Builder createSchema(boolean createSchema) {
            this.createSchema = createSchema;
            return this;
        }

        /** Timeouts, intervals and the vacuum; {@link PostgresSettings#defaults()} by default. */
        public Builder settings(PostgresSettings settings) {
            this.settings = Objects.requireNonNull(settings, "settings");
            return this;
        }

        /** The plugin. */
        public PostgresPlugin build() {
            return new PostgresPlugin(this);
        }
    }

    /** The tables are ensured before the lock takes its connection, so that a small pool is enough. */
    private record PreparedLocks(LockProvider locks, PostgresSchema schema) implements LockProvider {

        @Override
        public Optional<RefreshLock> tryAcquire(Set<ViewName> views) throws LockUnavailableException {
            try {
                schema.ensure();
            } catch (RefreshException e) {
                throw new LockUnavailableException(
                        e.kind(),
                        String.valueOf(e.getMessage()),
                        e.sqlState().orElse(null),
                        e.remedy().orElse(null),
                        e);
            }
            return locks.tryAcquire(views);
        }
    }

    private record PreparedExecutor(RefreshExecutor executor, PostgresSchema schema) implements RefreshExecutor {

        @Override
        public List<ViewRefresh> refresh(RefreshRequest request, RefreshLock lock) throws RefreshException {
            schema.ensure();
            return executor.refresh(request, lock);
        }
    }

    private record PreparedStates(ViewStates states, PostgresSchema schema) implements ViewStates {

        @Override
        public Map<ViewName, ViewState> read(Collection<ViewName> views) throws RefreshException {
            schema.ensure();
            return states.read(views);
        }

        @Override
        public List<PendingInvalidation> pendingInvalidations(Collection<ViewName> views) throws RefreshException {
            schema.ensure();
            return states.pendingInvalidations(views);
        }

        @Override
        public void invalidated(Collection<PendingInvalidation> done) throws RefreshException {
            schema.ensure();
            states.invalidated(done);
        }
    }
}
