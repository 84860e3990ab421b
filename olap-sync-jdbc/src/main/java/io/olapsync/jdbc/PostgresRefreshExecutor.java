package io.olapsync.jdbc;

import io.olapsync.jdbc.internal.RefreshAttempt;
import io.olapsync.jdbc.internal.Watchdog;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshExecutor;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.ViewRefresh;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;

/**
 * Refreshes materialized views: {@code REFRESH MATERIALIZED VIEW CONCURRENTLY}, in one transaction with the view's state.
 *
 * <p>With the lock of {@link PostgresLockProvider} it works on the lock's own connection. With a lock of another kind it
 * borrows a connection and asks whether the lock is still held right before the commit. A view that was never populated
 * is populated, not concurrently, which nobody can be reading; a populated one is never refreshed that way.
 *
 * <p>Several views in one request are refreshed in one REPEATABLE READ transaction: they show one snapshot and appear
 * together. Those of them that were never populated are populated and committed first, each on its own.
 *
 * <p>Where a table that the views read was truncated or rewritten after the snapshot was taken, which would show it empty, the refresh
 * is refused ({@code CONTENDED}).
 *
 * <p>A refresh that stands in the way of somebody's DDL, on which readers would queue, cancels itself ({@code CONTENDED}).
 * A refresh that is cancelled, or that reaches its timeout, has ended on the server before {@link #refresh} throws, as far
 * as the server can be reached. For that the data source must be able to give a second connection.
 *
 * <p>Thread-safe. {@link #close} ends its watching thread and cancels what still runs.
 */
public final class PostgresRefreshExecutor implements RefreshExecutor, AutoCloseable {

    private final PostgresSchema schema;
    private final PostgresSettings settings;
    private final Watchdog watchdog;

    /** Refreshes in this database, with the default settings; the tables are created where they are absent. */
    public PostgresRefreshExecutor(DataSource dataSource) {
        this(dataSource, PostgresSettings.defaults(), PostgresSchema.of(dataSource));
    }

    /**
     * Refreshes in this database. Touches no server yet.
     *
     * @param dataSource gives connections of their own, not ones that join a transaction of the host's; stays the caller's
     * @param schema best the same one as the locks': where they have found the tables, they are not looked for again
     */
    public PostgresRefreshExecutor(DataSource dataSource, PostgresSettings settings, PostgresSchema schema) {
        this.schema = Objects.requireNonNull(schema, "schema");
        this.settings = Objects.requireNonNull(settings, "settings");
        this.watchdog = new Watchdog(dataSource, settings);
    }

    /** @throws IllegalStateException after {@link #close} */
    @Override
    public List<ViewRefresh> refresh(RefreshRequest request, RefreshLock lock) throws RefreshException {
        schema.ensure();
        return new RefreshAttempt(settings, watchdog, request, lock).run();
    }

    /** Cancels what still runs and stops watching. May be called twice; does not wait. */
    @Override
    public void close() {
        watchdog.close();
    }
}
