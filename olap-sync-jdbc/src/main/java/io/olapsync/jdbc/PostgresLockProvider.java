package io.olapsync.jdbc;

import io.olapsync.jdbc.internal.AdvisoryLocks;
import io.olapsync.spi.LockProvider;
import io.olapsync.spi.LockUnavailableException;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.ViewName;
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

    private final AdvisoryLocks locks;

    /** Locks in this database, with the default settings. */
    public PostgresLockProvider(DataSource dataSource) {
        this(dataSource, PostgresSettings.defaults());
    }

    /**
     * Locks in this database.
     *
     * @param dataSource gives connections of their own, not ones that join a transaction of the host's; stays the caller's
     * @param settings best the same ones as the executor's
     */
    public PostgresLockProvider(DataSource dataSource, PostgresSettings settings) {
        this.locks = new AdvisoryLocks(dataSource, settings);
    }

    @Override
    public Optional<RefreshLock> tryAcquire(Set<ViewName> views) throws LockUnavailableException {
        return locks.tryAcquire(views);
    }
}
