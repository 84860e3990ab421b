package io.olapsync.jdbc.internal.outbox;

import io.olapsync.jdbc.internal.Driver;
import io.olapsync.jdbc.internal.Names;
import io.olapsync.jdbc.internal.NetworkTimeout;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;

/** A connection that listens to a channel. */
final class Listening {

    private static final int CHECK_SECONDS = 5;

    private final Connection connection;
    private final Object driver;
    private final Method notifications;

    private Listening(Connection connection) throws SQLException {
        this.connection = connection;
        Class<?> type = Driver.interfaceOf(connection)
                .orElseThrow(() -> new SQLFeatureNotSupportedException(
                        "only connections of the driver org.postgresql can listen, this is a "
                                + connection.getClass().getName()));
        this.driver = connection.unwrap(type);
        try {
            this.notifications = type.getMethod("getNotifications", int.class);
        } catch (NoSuchMethodException e) {
            throw new SQLFeatureNotSupportedException("a driver without getNotifications(int) cannot wait", e);
        }
    }

    /** @throws SQLFeatureNotSupportedException if this driver cannot do it at all */
    static Listening open(DataSource dataSource, String channel) throws SQLException {
        Connection connection = dataSource.getConnection();
        try (Statement statement = connection.createStatement()) {
            NetworkTimeout.set(connection, Duration.ofSeconds(30));
            connection.setAutoCommit(true);
            Listening listening = new Listening(connection);
            statement.execute("SET idle_session_timeout = 0");
            statement.execute("LISTEN " + Names.quote(channel));
            return listening;
        } catch (SQLException | RuntimeException e) {
            abort(connection);
            throw e;
        }
    }

    /** Waits until something is told; false: nothing was within this time, and the connection is well. */
    boolean await(int millis) throws SQLException {
        if (told(Math.max(1, millis))) {
            return true;
        }
        if (!connection.isValid(CHECK_SECONDS)) {
            throw new SQLException("the connection that listens is dead", "08006");
        }
        return false;
    }

    /** Forgets what was told up to now. */
    void drain() throws SQLException {
        told(1);
    }

    private boolean told(int millis) throws SQLException {
        try {
            Object told = notifications.invoke(driver, millis);
            return told instanceof Object[] all && all.length > 0;
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof SQLException cause) {
                throw cause;
            }
            throw new SQLException("the driver failed while listening", e.getCause());
        } catch (IllegalAccessException e) {
            throw new SQLFeatureNotSupportedException("the driver does not let us listen", e);
        }
    }

    /** Ends the connection, also while another thread waits on it. A pool must not get it back: it still listens. */
    void abort() {
        abort(connection);
    }

    private static void abort(Connection connection) {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException | RuntimeException e) {
            // It is as dead as can be.
        }
        try {
            connection.close();
        } catch (SQLException | RuntimeException e) {
            // The pool has learnt that it is dead.
        }
    }
}
