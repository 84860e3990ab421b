package io.olapsync.jdbc;

import io.olapsync.spi.SyncPlugin;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;

/**
 * The PostgreSQL adapters in one piece: executor, locks, states, history, ticks of schedules, catalog, incidents, change feed and
 * checks, on one data source.
 *
 * <p>The data source stays the host's: it is not closed. It must give connections of their own, not ones that join a
 * transaction of the host's; a refresh needs one, and now and then a second one to look after it. No server is touched
 * before the first use; then the library's tables are created where they are absent.
 */
public final class PostgresPlugin implements SyncPlugin {

    private final DataSource dataSource;
    private final PostgresSettings settings;
    private final Optional<UnaryOperator<PostgresOutboxSource.Builder>> outbox;
    private final PostgresSchema schema;

    private PostgresPlugin(Builder builder) {
        this.dataSource = builder.dataSource;
        this.settings = builder.settings;
        this.outbox = builder.outbox;
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
        PostgresRefreshExecutor executor = new PostgresRefreshExecutor(dataSource, settings, schema);
        registry.executor(executor)
                .locks(new PostgresLockProvider(dataSource, settings, schema))
                .states(new PostgresViewStates(dataSource, settings, schema))
                .history(new PostgresHistory(dataSource, schema))
                .ticks(new PostgresTicks(dataSource, schema))
                .catalog(new PostgresCatalog(dataSource))
                .incidents(new PostgresIncidents(dataSource, schema))
                .changeFeed(new PostgresChangeFeed(dataSource, schema))
                .onClose(executor);
        outbox.ifPresent(changes -> registry.events(
                changes.apply(PostgresOutboxSource.builder(dataSource)).build()));
        PostgresChecks.handlers(dataSource).forEach(registry::check);
    }

    /** Collects what differs from the defaults. Not thread-safe. */
    public static final class Builder {

        private final DataSource dataSource;
        private PostgresSettings settings = PostgresSettings.defaults();
        private boolean createSchema = true;
        private Optional<UnaryOperator<PostgresOutboxSource.Builder>> outbox = Optional.empty();

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

        /** Reads events from the outbox table itself, for a host without a stream; not by default. */
        public Builder outbox() {
            return outbox(builder -> builder);
        }

        /** The same with other settings: {@code outbox(o -> o.table(OutboxTable.named("events")).listen("events"))}. */
        public Builder outbox(UnaryOperator<PostgresOutboxSource.Builder> changes) {
            this.outbox = Optional.of(changes);
            return this;
        }

        /** The plugin. */
        public PostgresPlugin build() {
            return new PostgresPlugin(this);
        }
    }
}
