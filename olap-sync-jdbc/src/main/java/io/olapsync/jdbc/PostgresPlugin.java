package io.olapsync.jdbc;

import io.olapsync.spi.SyncPlugin;
import java.util.Objects;
import javax.sql.DataSource;

/**
 * The PostgreSQL adapters in one piece: executor, locks, states, history, catalog and checks, on one data source.
 *
 * <p>The data source stays the host's: it is not closed. No server is touched before the first use.
 */
public final class PostgresPlugin implements SyncPlugin {

    private final DataSource dataSource;
    private final PostgresSchema schema;

    private PostgresPlugin(Builder builder) {
        this.dataSource = builder.dataSource;
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
        registry.history(new PostgresHistory(dataSource, schema));
    }

    /** Collects what differs from the defaults. Not thread-safe. */
    public static final class Builder {

        private final DataSource dataSource;
        private boolean createSchema = true;

        private Builder(DataSource dataSource) {
            this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
        }

        /** Whether absent tables are created; true by default. False: a migration tool runs {@link PostgresSchema#sql}. */
        public Builder createSchema(boolean createSchema) {
            this.createSchema = createSchema;
            return this;
        }

        /** The plugin. */
        public PostgresPlugin build() {
            return new PostgresPlugin(this);
        }
    }
}
