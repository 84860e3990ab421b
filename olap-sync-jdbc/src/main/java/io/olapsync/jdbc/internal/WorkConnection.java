package io.olapsync.jdbc.internal;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A borrowed connection that does work and may hold a lock, and the duty to give it back as it was, or not at all.
 *
 * <p>Used by one thread at a time, between {@link #enter} and {@link #leave}; {@link #close} and {@link #cut} by any.
 * Whatever leaves a doubt about what the connection still holds has it destroyed instead of returned to its pool.
 */
final class WorkConnection implements AutoCloseable {

    /** How long the lock on it lasts. */
    enum Scope {
        /** It holds none. */
        NO_LOCK,
        /** As long as its transaction. */
        TRANSACTION,
        /** Until it is given back, or the session ends. */
        SESSION
    }

    /** What the server said when a transaction was begun. */
    record Begun(Backend backend, boolean locked) {}

    private static final Logger log = LoggerFactory.getLogger(WorkConnection.class);

    /** A client that stands still with an open transaction (a paused machine) holds its lock no longer than this. */
    private static final String IDLE_LIMIT_MILLIS = "60000";

    /** The keys are parameters, so that driver and server know these texts again. */
    private static final String KEEP = "SELECT pg_catalog.pg_advisory_lock(k) FROM pg_catalog.unnest(?::bigint[]) k";

    private static final String UNLOCK =
            "SELECT pg_catalog.count(*) FILTER (WHERE pg_catalog.pg_advisory_unlock(k)) FROM pg_catalog.unnest(?::bigint[]) k";

    private static final Duration CUTTING = Duration.ofSeconds(2);

    private final Database database;
    private final Connection connection;
    private final boolean autoCommitBefore;
    private final int networkTimeoutBefore;

    private Scope scope = Scope.NO_LOCK;
    private List<Long> keys = List.of();
    private volatile @Nullable Backend backend;
    private volatile boolean doubtful;
    private @Nullable Thread worker;
    private boolean closed;

    WorkConnection(Database database, Connection connection) throws SQLException {
        this.database = database;
        this.connection = connection;
        this.autoCommitBefore = connection.getAutoCommit();
        if (!autoCommitBefore) {
            connection.rollback();
        }
        this.networkTimeoutBefore =
                NetworkTimeout.set(connection, database.settings().responseTimeout());
    }

    Connection connection() {
        return connection;
    }

    Scope scope() {
        return scope;
    }

    /** The process that our transaction or session runs on, as far as it is known. */
    @Nullable
    Backend backend() {
        return backend;
    }

    /** Remembers what it holds, so that it is given back. */
    void holds(Scope held, List<Long> heldKeys, Backend on) {
        scope = held;
        keys = List.copyOf(heldKeys);
        backend = on;
    }

    /**
     * Keeps for the session the lock that is held with the transaction, and ends that: what is begun next may take its
     * snapshot at once, after the lock. There is no moment in between in which nobody holds it.
     */
    void keepForSession() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(KEEP + "; COMMIT")) {
            statement.setString(1, text(keys));
            statement.execute();
        } catch (SQLException e) {
            doubtful = true; // it may have been taken
            throw e;
        }
        scope = Scope.SESSION;
        connection.commit(); // for the driver, which has seen the end of the transaction
    }

    /** Whether {@link #keepAndBegin} can be: a savepoint that the driver sets by itself would be gone with the first transaction. */
    boolean keepsAndBegins() throws SQLException {
        return database.beginsAtOnce() && !Driver.setsSavepoints(connection);
    }

    /**
     * Does what {@link #keepForSession} does, begins a REPEATABLE READ transaction and asks in it, in one round trip. The server does one
     * after the other: the lock is kept before the transaction that holds it ends, and the snapshot is taken after that.
     */
    Together keepAndBegin(List<? extends Together.Query<?>> questions) throws SQLException {
        var kept = new Together.Query<>(
                KEEP,
                (statement, first) -> {
                    statement.setString(first, text(keys));
                    return first + 1;
                },
                row -> true);
        var begin = new Together.Query<>(
                "COMMIT; BEGIN ISOLATION LEVEL REPEATABLE READ, READ WRITE; " + begun("true"),
                (statement, first) -> first,
                WorkConnection::begun);
        List<Together.Query<?>> all = new ArrayList<>(List.of(kept, begin));
        all.addAll(questions);
        try {
            Together asked = Together.ask(connection, all);
            scope = Scope.SESSION;
            backend = asked.of(begin).get(0).backend().ofSession();
            return asked;
        } catch (SQLException e) {
            doubtful = true; // the lock may have been taken
            throw e;
        }
    }

    /** It turned out that another process answers now; what is to be ended is still this one. */
    void keepBackend(Backend held) {
        backend = held;
    }

    /**
     * Begins a transaction with the settings that make the server look after it; in one round trip, if it can.
     *
     * @param isolation {@code READ COMMITTED} or {@code REPEATABLE READ}; the host's default must not decide
     * @param lockKey an advisory lock to try in the first statement; READ COMMITTED then takes later snapshots after it
     */
    Begun begin(String isolation, @Nullable Long lockKey) throws SQLException {
        connection.setAutoCommit(false);
        try {
            Begun begun = tryBegin(isolation, lockKey);
            // A session-level lock is the session's, so all of the session is ours.
            backend = scope == Scope.SESSION ? begun.backend().ofSession() : begun.backend();
            return begun;
        } catch (SQLException e) {
            rollback();
            if ("22023".equals(e.getSQLState()) && database.checksClients()) {
                database.cannotCheckClients();
                return begin(isolation, lockKey);
            }
            if ("25001".equals(e.getSQLState()) && database.beginsAtOnce()) {
                database.cannotBeginAtOnce();
                return begin(isolation, lockKey);
            }
            // What a standby says to READ WRITE; asked for, because other things are not supported either.
            throw "0A000".equals(e.getSQLState()) && isStandby() ? standby(e) : e;
        }
    }

    private Begun tryBegin(String isolation, @Nullable Long lockKey) throws SQLException {
        String setIsolation = "SET TRANSACTION ISOLATION LEVEL " + isolation + ", READ WRITE";
        String sql = begun(lockKey == null ? "true" : "pg_catalog.pg_try_advisory_xact_lock(?)");
        if (!database.beginsAtOnce()) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(setIsolation);
            }
        }
        // The same text for every view, so that driver and server know it again.
        try (PreparedStatement statement =
                connection.prepareStatement(database.beginsAtOnce() ? setIsolation + "; " + sql : sql)) {
            if (lockKey != null) {
                statement.setLong(1, lockKey);
            }
            if (!Rows.reached(statement, statement.execute())) {
                throw new SQLException("the server answered BEGIN without a row");
            }
            ResultSet row = Objects.requireNonNull(statement.getResultSet());
            row.next();
            if (row.getBoolean(5)) {
                throw standby(null);
            }
            return begun(row);
        }
    }

    private String begun(String locked) {
        return "SELECT pg_catalog.pg_backend_pid(),"
                + " (SELECT (extract(epoch FROM backend_start) * 1000000)::bigint FROM"
                + " pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid())), (extract(epoch FROM pg_catalog.now()) * 1000000)::bigint, "
                + locked
                + ", pg_catalog.pg_is_in_recovery(), pg_catalog.set_config('idle_in_transaction_session_timeout', '"
                + IDLE_LIMIT_MILLIS
                + "', true)"
                // A machine that vanished without a word is noticed by the kernel, and so by the check below.
                + ", pg_catalog.set_config('tcp_keepalives_idle', '10', true), pg_catalog.set_config('tcp_keepalives_interval', '5', true)"
                + ", pg_catalog.set_config('tcp_keepalives_count', '3', true)"
                + (database.checksClients()
                        ? ", pg_catalog.set_config('client_connection_check_interval', '"
                                + database.settings().connectionCheckInterval().toMillis() + "', true)"
                        : "");
    }

    private static Begun begun(ResultSet row) throws SQLException {
        return new Begun(new Backend(row.getInt(1), row.getLong(2), row.getLong(3)), row.getBoolean(4));
    }

    private boolean isStandby() {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_catalog.pg_is_in_recovery()")) {
            row.next();
            boolean standby = row.getBoolean(1);
            connection.rollback();
            return standby;
        } catch (SQLException e) {
            // HikariCP closes a connection on which something is not supported, and nobody can be asked any more.
            log.debug("taken for a standby", e);
            return true;
        }
    }

    private SQLException standby(@Nullable SQLException cause) {
        doubtful = true; // so that the pool looks for the primary again
        return SqlErrors.standby(cause);
    }

    /** Waits no longer than this for an answer from now on. */
    void limit(Duration longestSilence) throws SQLException {
        NetworkTimeout.set(connection, longestSilence);
    }

    /** Marks the connection as one that must not go back to its pool. */
    void doubt() {
        doubtful = true;
    }

    /** The calling thread works on it now. False where it was closed, or another thread is at work. */
    synchronized boolean enter() {
        if (closed || worker != null) {
            return false;
        }
        worker = Thread.currentThread();
        return true;
    }

    synchronized void leave() {
        worker = null;
    }

    /** Ends a failed transaction, as far as the connection still can. */
    void rollback() {
        try {
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
        } catch (SQLException | RuntimeException e) {
            log.debug("rollback failed; the connection is thrown away", e);
            doubtful = true;
        }
    }

    /** Whether every key is held by this session, as the server sees it. */
    boolean holdsKeys() {
        String sql =
                "SELECT pg_catalog.count(DISTINCT (classid::bigint << 32) | objid::bigint) FROM pg_catalog.pg_locks WHERE locktype ="
                        + " 'advisory' AND objsubid = 1 AND granted AND pid = pg_catalog.pg_backend_pid() AND database = (SELECT oid FROM"
                        + " pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) AND ((classid::bigint << 32) | objid::bigint) = ANY"
                        + " (" + array() + ")";
        synchronized (this) {
            if (closed || doubtful || keys.isEmpty()) {
                return false;
            }
        }
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getInt(1) == keys.size();
        } catch (SQLException | RuntimeException e) {
            log.debug("the server cannot be asked for the lock", e);
            return false;
        }
    }

    /** Closes the socket at once, which frees a thread that waits on it; any thread, does not wait. */
    void cut() {
        doubtful = true;
        database.execute(this::abort);
    }

    @Override
    public void close() {
        boolean atWork;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            atWork = worker != null && worker != Thread.currentThread();
        }
        if (atWork || doubtful || !givenBack()) {
            destroy();
        }
    }

    private boolean givenBack() {
        try {
            limit(database.settings().responseTimeout());
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
            if (scope == Scope.SESSION) {
                connection.setAutoCommit(true);
                if (!unlocked(connection, keys)) {
                    log.warn("a lock could not be given back, its connection is thrown away; is there a transaction"
                            + " pooler in between?");
                    return false;
                }
            }
            connection.setAutoCommit(autoCommitBefore);
            NetworkTimeout.restore(connection, networkTimeoutBefore);
            connection.close();
            return true;
        } catch (SQLException | RuntimeException e) {
            log.debug("a connection could not be given back and is thrown away", e);
            return false;
        }
    }

    /** Gives back session-level locks; true where each of them had really been held. */
    static boolean unlocked(Connection connection, List<Long> keys) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(UNLOCK)) {
            statement.setString(1, text(keys));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getInt(1) == keys.size();
            }
        }
    }

    private void destroy() {
        Backend on = backend;
        database.within(CUTTING, () -> {
            abort();
            connection.close();
            return null;
        });
        if (on != null && scope != Scope.NO_LOCK) {
            // The server may not have noticed, and its end of the session would keep the lock.
            database.execute(() -> {
                if (!database.ends(on, Duration.ofSeconds(5))) {
                    log.debug("could not confirm that backend {} has ended", on.pid());
                }
            });
        }
    }

    private void abort() {
        Database.cut(connection);
    }

    private String array() {
        return array(keys);
    }

    static String array(List<Long> keys) {
        return "'" + text(keys) + "'::bigint[]";
    }

    private static String text(List<Long> keys) {
        return keys.stream().map(String::valueOf).collect(Collectors.joining(",", "{", "}"));
    }
}
