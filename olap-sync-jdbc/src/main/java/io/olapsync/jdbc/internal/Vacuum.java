package io.olapsync.jdbc.internal;

import io.olapsync.jdbc.VacuumPolicy;
import io.olapsync.spi.CancelSignal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Cleans up behind committed refreshes. Fails nothing: what it cannot do, the next refresh asks for again. */
final class Vacuum {

    private static final Logger log = LoggerFactory.getLogger(Vacuum.class);

    private final VacuumPolicy policy;
    private final CancelSignal cancel;

    Vacuum(VacuumPolicy policy, CancelSignal cancel) {
        this.policy = policy;
        this.cancel = cancel;
    }

    void afterwards(List<Refreshed> done, WorkConnection work, Watch watch) {
        for (Refreshed refreshed : done) {
            boolean due = policy.isDue(refreshed.deadRows(), refreshed.rows());
            boolean unknown = policy.enabled() && refreshed.firstTime();
            if ((!due && !unknown) || cancel.isCancelled() || watch.reason() != null) {
                continue;
            }
            try {
                vacuum(refreshed, due, work, watch);
            } catch (SQLException e) {
                log.debug("{} could not be vacuumed; the next refresh tries again", refreshed.view(), e);
                if (SqlErrors.losesConnection(e)) {
                    work.doubt();
                    return;
                }
            }
        }
    }

    private void vacuum(Refreshed refreshed, boolean due, WorkConnection work, Watch watch) throws SQLException {
        Connection connection = work.connection();
        connection.setAutoCommit(true);
        work.limit(policy.timeout().plusSeconds(10));
        boolean vacuumed;
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout((int) policy.timeout().toSeconds());
            watch.running(statement);
            // Without TRUNCATE, which would lock readers out for a moment.
            statement.execute(
                    due
                            ? "VACUUM (SKIP_LOCKED, ANALYZE, TRUNCATE false) "
                                    + refreshed.view().sql()
                            : "ANALYZE (SKIP_LOCKED) " + refreshed.view().sql());
            SQLWarning skipped = statement.getWarnings();
            vacuumed = due && skipped == null;
            if (skipped != null) {
                log.debug("{} was not vacuumed: {}", refreshed.view(), skipped.getMessage());
            }
        } finally {
            watch.running(null);
        }
        if (vacuumed) {
            forgetDeadRows(refreshed, connection);
        }
    }

    /** Only if the state is still that of our refresh: a later one has counted on from it already. */
    private static void forgetDeadRows(Refreshed refreshed, Connection connection) throws SQLException {
        String sql = "UPDATE olap_sync.view_state SET dead_rows = 0 WHERE view_schema = ? AND view_name = ? AND xid ="
                + " ?::xid8";
        connection.setAutoCommit(false);
        try (Statement begin = connection.createStatement();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            begin.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE"); // whatever the host's default
            statement.setString(1, refreshed.view().schema());
            statement.setString(2, refreshed.view().name());
            statement.setString(3, refreshed.xid());
            statement.executeUpdate();
            connection.commit();
        }
    }
}
