package io.olapsync.jdbc;

import io.olapsync.jdbc.internal.AdvisoryLocks;
import io.olapsync.spi.LockProvider;
import io.olapsync.spi.LockUnavailableException;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.ViewName;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;

/**
 * Advisory locks of PostgreSQL, held on the connection that does the work.
 *
 * <p>The lock on one view belongs to a transaction that {@link PostgresRefreshExecutor} goes on with: it ends with the
 * commit, cannot leak, and works behind a transaction pooler. The lock on several views belongs to the session, because
 * their common snapshot must be taken after it, in a transaction of its own; that needs a connection of its own, so no
 * transaction pooler. Both exclude each other (<a
 * href="https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS">Advisory Locks</a>).
 *
 * <p>A lock on one view that is not used within a minute is taken away by the server: so a process that stands still, as
 * a paused machine does, keeps nobody else from the view. A lock keeps one connection of the data source until it is closed. Thread-safe.
 */
public final class PostgresLockProvider implements LockProvider {

    private final PostgresSchema schema;
    private final AdvisoryLocks locks;

    /** Locks in this database, with the default settings; the tables are created where they are absent. */
    public PostgresLockProvider(DataSource dataSource) {
        this(dataSource, PostgresSettings.defaults(), PostgresSchema.of(dataSource));
    }

    /**
     * Locks in this database. Touches no server yet.
     *
     * @param dataSource gives connections of their own, not ones that join a transaction of the host's; stays the caller's
     * @param settings best the same ones as the executor's
     * @param schema the tables, which the refresh will need; they are looked for before the lock takes its connection, so
     *     that a small pool is enough
     */
    public PostgresLockProvider(DataSource dataSource, PostgresSettings settings, PostgresSchema schema) {
        this.schema = Objects.requireNonNull(schema, "schema");
        this.locks = new AdvisoryLocks(dataSource, settings);
    }

    @Override
    public Optional<RefreshLock> tryAcquire(Set<ViewName> views) throws LockUnavailableException {
        try {
            schema.ensure();
        } catch (RefreshException e) {
            throw AdvisoryLocks.unavailable(e, e);
        }
        return locks.tryAcquire(views);
    }
}
