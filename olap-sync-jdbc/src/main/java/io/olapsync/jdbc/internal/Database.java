package io.olapsync.jdbc.internal;

import io.olapsync.jdbc.PostgresSettings;
import io.olapsync.spi.RefreshException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One database: connections for work, connections on the side to look after that work, and what was learnt of the server.
 *
 * <p>Side work runs on threads of its own, that end when idle, because each step of it may hang: getting a connection
 * from an exhausted pool, or talking to a server that is gone.
 */
final class Database {

    /** Something done with a connection on the side. */
    @FunctionalInterface
    interface Work<T> {
        @Nullable
        T with(Connection connection) throws SQLException;
    }

    private static final Logger log = LoggerFactory.getLogger(Database.class);
    private static final int MAX_SIDE_THREADS = 64;
    private static final String STANDBY = "25006";

    private static final String OURS = """
             FROM pg_catalog.pg_stat_activity
             WHERE pid = ? AND (extract(epoch FROM backend_start) * 1000000)::bigint = ?
               AND (? = 0 OR (extract(epoch FROM xact_start) * 1000000)::bigint = ?)""";

    private static final String CANCEL = "SELECT pg_catalog.pg_cancel_backend(pid)" + OURS;
    private static final String TERMINATE = "SELECT pg_catalog.pg_terminate_backend(pid, %d)" + OURS;

    private final DataSource dataSource;
    private final PostgresSettings settings;
    private final ThreadPoolExecutor side;
    private volatile boolean checksClients;
    private volatile boolean beginsAtOnce = true;

    Database(DataSource dataSource, PostgresSettings settings) {
        this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
        this.settings = Objects.requireNonNull(settings, "settings");
        this.checksClients = !settings.connectionCheckInterval().isZero();
        AtomicInteger number = new AtomicInteger();
        this.side = new ThreadPoolExecutor(0, MAX_SIDE_THREADS, 5, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
            Thread thread = new Thread(task, "olap-sync-side-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }

    PostgresSettings settings() {
        return settings;
    }

    /** Whether {@code client_connection_check_interval} is to be set; false once the server has refused it. */
    boolean checksClients() {
        return checksClients;
    }

    void cannotCheckClients() {
        checksClients = false;
        log.debug("the server's platform has no client_connection_check_interval: a refresh whose client died goes on"
                + " to its end");
    }

    /** Whether a transaction is begun and asked about in one text; false once the driver has turned that round. */
    boolean beginsAtOnce() {
        return beginsAtOnce;
    }

    void cannotBeginAtOnce() {
        beginsAtOnce = false;
        log.debug("the driver has every statement of a text described before it sends the first (prepareThreshold=-1):"
                + " a transaction is begun in two");
    }

    WorkConnection borrow() throws SQLException {
        Connection connection = connect();
        try {
            return new WorkConnection(this, connection);
        } catch (SQLException | RuntimeException e) {
            try {
                connection.close();
            } catch (SQLException | RuntimeException closing) {
                e.addSuppressed(closing);
            }
            throw e;
        }
    }

    private Connection connect() throws SQLException {
        try {
            return dataSource.getConnection();
        } catch (RuntimeException e) { // as pools report that they could not start
            throw new SQLTransientConnectionException("no connection from the data source: " + e.getMessage(), e);
        }
    }

    /** Runs this on a side thread. False where there are too many already; then it does not run. */
    boolean execute(Runnable task) {
        try {
            side.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            log.warn("too much hangs already ({} threads): one more task on the side is dropped", MAX_SIDE_THREADS);
            return false;
        }
    }

    /** Does this on a side thread and waits for it, but no longer than this. Empty: it failed, or took longer. */
    <T> Optional<T> within(Duration longest, Callable<@Nullable T> task) {
        Future<@Nullable T> future;
        try {
            future = side.submit(task);
        } catch (RejectedExecutionException e) {
            return Optional.empty();
        }
        try {
            return Optional.ofNullable(future.get(longest.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } catch (ExecutionException e) {
            log.debug("side work failed", e.getCause());
            return Optional.empty();
        } catch (TimeoutException e) {
            log.debug("side work has taken longer than {}", longest);
            return Optional.empty();
        }
    }

    /** Does this with a connection of its own in autocommit, on the calling thread, with bounded waits for answers. */
    <T> @Nullable T onSide(Work<T> work) throws SQLException {
        return onSide(work, Duration.ofSeconds(5));
    }

    <T> @Nullable T onSide(Work<T> work, Duration longestSilence) throws SQLException {
        try (Connection connection = connect()) {
            boolean autoCommit = connection.getAutoCommit();
            int networkTimeout = NetworkTimeout.set(connection, longestSilence);
            connection.setAutoCommit(true);
            T result = onPrimary(connection, work);
            // Not after a failure: a pool puts back what it handed out, and must not be told that a dead one is well.
            connection.setAutoCommit(autoCommit);
            NetworkTimeout.restore(connection, networkTimeout);
            return result;
        }
    }

    /** A connection that leads to a standby is cut, so that the pool looks for the primary again. */
    private static <T> @Nullable T onPrimary(Connection connection, Work<T> work) throws SQLException {
        try {
            return work.with(connection);
        } catch (SQLException e) {
            if (STANDBY.equals(e.getSQLState())) {
                cut(connection);
            }
            throw e;
        }
    }

    /** Closes the socket at once. */
    static void cut(Connection connection) {
        try {
            connection.abort(Runnable::run);
            // A pool that did not notice the abort learns from the first error that the connection is dead.
            connection.createStatement().close();
        } catch (SQLException | RuntimeException e) {
            log.debug("cut a connection", e);
        }
    }

    /** Asks with one statement on a connection of its own, in autocommit; {@code doing} begins the message of a failure. */
    <T> T asked(String doing, Work<T> question) throws RefreshException {
        long started = System.nanoTime();
        try {
            return Objects.requireNonNull(onSide(question, settings.responseTimeout()));
        } catch (SQLException e) {
            throw SqlErrors.translate(e, null, doing, started);
        }
    }

    /**
     * Ends this backend, if it still runs what was ours.
     *
     * @param wait how long the server may wait for its end; zero: signal only
     * @return whether nothing of ours runs there any more
     */
    static boolean terminate(Connection connection, Backend backend, Duration wait) throws SQLException {
        try (PreparedStatement statement = onOurs(connection, TERMINATE.formatted(wait.toMillis()), backend);
                ResultSet rows = statement.executeQuery()) {
            return !rows.next() || (rows.getBoolean(1) && !wait.isZero());
        }
    }

    /** Cancels what this backend runs; false where that is not ours. */
    static boolean cancel(Connection connection, Backend backend) throws SQLException {
        try (PreparedStatement statement = onOurs(connection, CANCEL, backend);
                ResultSet rows = statement.executeQuery()) {
            return rows.next() && rows.getBoolean(1);
        }
    }

    private static PreparedStatement onOurs(Connection connection, String sql, Backend backend) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        statement.setInt(1, backend.pid());
        statement.setLong(2, backend.startedMicros());
        statement.setLong(3, backend.transactionMicros());
        statement.setLong(4, backend.transactionMicros());
        return statement;
    }

    /** Makes sure that nothing of ours runs on this backend any more; true only where the server confirmed it. */
    boolean ends(Backend backend, Duration longest) {
        return within(longest, () -> onSide(c -> terminate(c, backend, longest.dividedBy(2))))
                .orElse(false);
    }
}
