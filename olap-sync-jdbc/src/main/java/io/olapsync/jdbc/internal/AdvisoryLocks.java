package io.olapsync.jdbc.internal;

import io.olapsync.jdbc.PostgresSettings;
import io.olapsync.spi.LockUnavailableException;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;

/** Takes advisory locks: one view's with a transaction, several views' with a session. */
public final class AdvisoryLocks {

    private final Database database;

    public AdvisoryLocks(DataSource dataSource, PostgresSettings settings) {
        this.database = new Database(dataSource, settings);
    }

    public Optional<RefreshLock> tryAcquire(Set<ViewName> views) throws LockUnavailableException {
        if (views.isEmpty()) {
            throw new IllegalArgumentException("a lock needs at least one view");
        }
        Set<ViewName> locked = Set.copyOf(views);
        long started = System.nanoTime();
        WorkConnection work = null;
        boolean acquired = false;
        try {
            work = database.borrow();
            acquired = locked.size() == 1
                    ? lockTransaction(work, LockKeys.of(locked.iterator().next()))
                    : lockSession(work, LockKeys.of(locked));
            return acquired ? Optional.of(new AdvisoryLock(work, locked)) : Optional.empty();
        } catch (SQLException e) {
            if (work != null && SqlErrors.losesConnection(e)) {
                work.doubt();
            }
            RefreshException translated = SqlErrors.translate(
                    e, locked.size() == 1 ? locked.iterator().next() : null, "taking the lock on " + locked, started);
            throw unavailable(translated, e);
        } finally {
            if (work != null && !acquired) {
                work.close();
            }
        }
    }

    /** The same failure, told by a lock. */
    public static LockUnavailableException unavailable(RefreshException failure, Exception cause) {
        return new LockUnavailableException(
                failure.kind(),
                String.valueOf(failure.getMessage()),
                failure.sqlState().orElse(null),
                failure.remedy().orElse(null),
                cause);
    }

    private static boolean lockTransaction(WorkConnection work, long key) throws SQLException {
        WorkConnection.Begun begun = work.begin("READ COMMITTED", key);
        if (begun.locked()) {
            work.holds(WorkConnection.Scope.TRANSACTION, List.of(key), begun.backend());
        }
        return begun.locked();
    }

    /** Keys are tried in order up to the first one that is taken, so that of several rivals one always gets through. */
    private static boolean lockSession(WorkConnection work, List<Long> keys) throws SQLException {
        Connection connection = work.connection();
        connection.setAutoCommit(true);
        String sql =
                "WITH RECURSIVE tried(n, ok) AS (SELECT 1, pg_catalog.pg_try_advisory_lock(keys[1]) FROM wanted UNION ALL"
                        + " SELECT n + 1, pg_catalog.pg_try_advisory_lock(keys[n + 1]) FROM tried, wanted WHERE ok AND n <"
                        + " pg_catalog.cardinality(keys)), wanted(keys) AS (SELECT " + WorkConnection.array(keys) + ")"
                        + " SELECT (SELECT pg_catalog.count(*) FILTER (WHERE ok) FROM tried), pg_catalog.pg_backend_pid(), (SELECT (extract(epoch FROM"
                        + " backend_start) * 1000000)::bigint FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()))";
        int taken;
        Backend backend;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            taken = row.getInt(1);
            backend = new Backend(row.getInt(2), row.getLong(3), 0);
        } catch (SQLException e) {
            work.doubt(); // some may have been taken
            throw e;
        }
        work.holds(WorkConnection.Scope.SESSION, keys.subList(0, taken), backend);
        return taken == keys.size();
    }
}
