package io.olapsync.jdbc.internal;

import io.olapsync.jdbc.VacuumPolicy;
import io.olapsync.jdbc.internal.delta.Overflow;
import io.olapsync.jdbc.internal.delta.Pruning;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cleans up behind committed refreshes, one view at a time, beside the work: vacuums where dead rows call for it, and deletes
 * the captured changes that every delta table has seen. Neither the caches nor the views downstream wait for it, and it gives
 * way to whoever is refreshing the view. What it cannot do, the next refresh asks for again. Thread-safe.
 */
final class Cleaning {

    private static final Logger log = LoggerFactory.getLogger(Cleaning.class);
    private static final Duration PRUNING = Duration.ofSeconds(60);

    private final VacuumPolicy policy;
    private final Database database;
    private final Map<ViewName, Refreshed> due = new LinkedHashMap<>();
    private boolean working;
    private boolean closed;
    private @Nullable Statement running;

    Cleaning(VacuumPolicy policy, Database database) {
        this.policy = policy;
        this.database = database;
    }

    /** Takes the view where there is something to do, and returns at once. */
    void afterwards(Refreshed refreshed) {
        if (!isVacuumDue(refreshed) && !refreshed.sawChanges()) {
            return;
        }
        synchronized (this) {
            due.put(refreshed.view(), refreshed);
            if (working || closed) {
                return;
            }
            working = true;
        }
        if (!database.execute(this::work)) {
            synchronized (this) {
                working = false;
            }
        }
    }

    /** Drops what waits and cancels what runs. */
    void close() {
        Statement now;
        synchronized (this) {
            closed = true;
            due.clear();
            now = running;
        }
        if (now != null) {
            try {
                now.cancel();
            } catch (SQLException e) {
                log.debug("a vacuum could not be cancelled; it ends by its own timeout", e);
            }
        }
    }

    private void work() {
        for (Refreshed next = next(); next != null; next = next()) {
            Refreshed refreshed = next;
            if (refreshed.sawChanges()) {
                attempt(refreshed, "its changes could not be pruned", PRUNING, Cleaning::prune);
            }
            if (isVacuumDue(refreshed)) {
                attempt(refreshed, "it could not be vacuumed", policy.timeout(), this::vacuum);
            }
        }
    }

    private boolean isVacuumDue(Refreshed refreshed) {
        return policy.isDue(refreshed.deadRows(), refreshed.rows());
    }

    private interface Job {
        boolean on(Refreshed refreshed, Connection connection) throws SQLException;
    }

    private void attempt(Refreshed refreshed, String failed, Duration longest, Job job) {
        try {
            database.onSide(connection -> job.on(refreshed, connection), longest.plusSeconds(10));
        } catch (SQLException | RuntimeException e) {
            log.debug("{}: {}; the next refresh tries again", refreshed.view(), failed, e);
        }
    }

    private static boolean prune(Refreshed refreshed, Connection connection) throws SQLException {
        int delta = Objects.requireNonNull(refreshed.before().delta());
        Overflow.end(connection, delta, step -> inTransaction(connection, () -> step.on(connection)));
        inTransaction(connection, () -> Pruning.after(connection, delta));
        return true;
    }

    private interface Step {
        void run() throws SQLException;
    }

    private static void inTransaction(Connection connection, Step step) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement begin = connection.createStatement()) {
            begin.execute(
                    "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE; SET LOCAL search_path = pg_catalog,"
                            + " pg_temp; SET LOCAL synchronous_commit = off; SET LOCAL statement_timeout = "
                            + PRUNING.toMillis());
            OwnTransactions.record(connection);
            step.run();
            connection.commit();
        } catch (SQLException e) {
            connection.rollback();
            throw e;
        }
        connection.setAutoCommit(true);
    }

    private synchronized @Nullable Refreshed next() {
        Iterator<Refreshed> waiting = due.values().iterator();
        if (!waiting.hasNext()) {
            working = false;
            return null;
        }
        Refreshed next = waiting.next();
        waiting.remove();
        return next;
    }

    private boolean vacuum(Refreshed refreshed, Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout((int) policy.timeout().toSeconds());
            synchronized (this) {
                running = statement;
            }
            // Without TRUNCATE, which would lock readers out for a moment.
            statement.execute(
                    "VACUUM (SKIP_LOCKED, TRUNCATE false) " + refreshed.view().sql());
            SQLWarning skipped = statement.getWarnings();
            if (skipped != null) {
                log.debug("{} was not vacuumed: {}", refreshed.view(), skipped.getMessage());
                return false;
            }
        } finally {
            synchronized (this) {
                running = null;
            }
        }
        analyzeAndForgetDeadRows(refreshed, connection);
        return true;
    }

    /**
     * What analyses a view in a transaction that then is one of ours. ANALYZE writes the catalog; VACUUM without it has no
     * transaction id that anybody would have to know.
     */
    static String analyze(ViewName view) {
        return "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE; ANALYZE (SKIP_LOCKED) " + view.sql() + "; "
                + OwnTransactions.RECORD;
    }

    /** The count only if the state is still that of our refresh: a later one has counted on from it already. */
    private static void analyzeAndForgetDeadRows(Refreshed refreshed, Connection connection) throws SQLException {
        String sql = "INSERT INTO olap_sync.view_vacuum AS v (view_schema, view_name, filenode, dead_rows)"
                + " SELECT view_schema, view_name, filenode, dead_rows FROM olap_sync.view_state"
                + " WHERE view_schema = ? AND view_name = ? AND xid = ?::xid8 ON CONFLICT (view_schema, view_name)"
                + " DO UPDATE SET filenode = excluded.filenode, dead_rows = excluded.dead_rows";
        connection.setAutoCommit(false);
        try (Statement begin = connection.createStatement();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            begin.execute(analyze(refreshed.view())); // whatever the host's default
            statement.setString(1, refreshed.view().schema());
            statement.setString(2, refreshed.view().name());
            statement.setString(3, refreshed.xid());
            statement.executeUpdate();
            connection.commit();
        }
    }
}
