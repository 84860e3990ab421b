package io.olapsync.jdbc.internal.doctor;

import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether a transaction pooler stands between us and the server.
 *
 * <p>Asked for by what it does, not by what it is: behind one, a connection meets different server processes in
 * different transactions, or two open connections meet the same one. A direct connection, and a pool in session mode,
 * never do either. A pooler with nothing else to do may give a lone connection the same process again and again, which
 * is why two take turns.
 */
final class PoolerProbe {

    /** Who asks when, 1 or 2; irregular, since a pooler that takes its servers in turn would keep step with a rhythm. */
    private static final int[] TURNS = {2, 1, 1, 2, 1, 2, 2, 1, 2};

    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private PoolerProbe() {}

    static void examine(Examination examination, Consumer<Finding> findings) throws SQLException {
        Connection first = examination.connection();
        first.rollback();
        Connection second = another(examination.dataSource());
        try {
            boolean independent = second != null && ConnectionRules.bare(second) != ConnectionRules.bare(first);
            String symptom = symptom(first, independent ? second : null);
            if (symptom != null) {
                findings.accept(finding(symptom));
            }
        } finally {
            giveBack(second);
        }
    }

    private static @Nullable String symptom(Connection first, @Nullable Connection second) throws SQLException {
        int mine = backend(first);
        for (int turn : TURNS) {
            if (turn == 1 && backend(first) != mine) {
                return "one connection was served by different server processes in different transactions";
            }
            if (turn == 2 && second != null && backend(second) == mine) {
                return "two open connections were served by one server process";
            }
        }
        return null;
    }

    private static Finding finding(String symptom) {
        return new Finding(
                Severity.WARNING,
                "transaction-pooler",
                null,
                "the connection goes through a transaction pooler: " + symptom + ". Locks and settings of a session do"
                        + " not stay with it. Publication EACH works, its locks belong to the transaction; TOGETHER needs"
                        + " locks of the session and does not.",
                "Give the library a data source that leads to PostgreSQL directly or to a pool in session mode"
                        + " (PgBouncer: pool_mode=session), or publish EACH only.");
    }

    /** The server process of one transaction. */
    private static int backend(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_catalog.pg_backend_pid()");
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getInt(1);
        } finally {
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
        }
    }

    /** A second connection, or null where the host's pool has none to spare soon. */
    private static @Nullable Connection another(DataSource dataSource) throws SQLException {
        CompletableFuture<Connection> coming = new CompletableFuture<>();
        Thread asking = new Thread(() -> ask(dataSource, coming), "olap-sync-doctor");
        asking.setDaemon(true);
        asking.start();
        try {
            return coming.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException | CompletionException e) {
            coming.cancel(false);
            return coming.isCancelled() || coming.isCompletedExceptionally() ? null : coming.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            coming.cancel(false);
            throw new SQLException("interrupted while waiting for a second connection", e);
        }
    }

    private static void ask(DataSource dataSource, CompletableFuture<Connection> coming) {
        try {
            Connection connection = dataSource.getConnection();
            if (!coming.complete(connection)) {
                giveBack(connection);
            }
        } catch (SQLException | RuntimeException e) {
            coming.completeExceptionally(e);
        }
    }

    private static void giveBack(@Nullable Connection connection) {
        if (connection != null) {
            try {
                connection.close();
            } catch (SQLException e) {
                // It is the pool's to tidy up; what was found out stands.
            }
        }
    }
}
