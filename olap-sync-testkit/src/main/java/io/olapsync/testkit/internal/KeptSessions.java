package io.olapsync.testkit.internal;

import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Sessions of a database, kept open from one use to the next: a test asks its database hundreds of short questions, and
 * a new session for each costs the server twenty times what the question does.
 *
 * <p>Whoever gets one finds it as a new one: it is in auto-commit mode, and the open transaction, settings, locks,
 * temporary tables and prepared statements of the use before are gone; one that was cut is never given. What the
 * driver itself sets must come with the start of the session ({@code assumeMinServerVersion}). There is no
 * bound and no waiting: where all are in use, another is opened. Thread-safe.
 */
public final class KeptSessions implements DataSource, AutoCloseable {

    private static final int VALID_WITHIN_SECONDS = 5;

    private final DataSource unpooled;
    private final Deque<Connection> idle = new ArrayDeque<>();
    private boolean closed;

    /** None yet, of the database that these unpooled connections lead to. */
    public KeptSessions(DataSource unpooled) {
        this.unpooled = unpooled;
    }

    @Override
    public Connection getConnection() throws SQLException {
        for (Connection kept = take(); kept != null; kept = take()) {
            if (kept.isValid(VALID_WITHIN_SECONDS)) {
                return lent(kept);
            }
            end(kept);
        }
        return lent(unpooled.getConnection());
    }

    /** Ends the sessions that nobody uses; those in use end when they are given back. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        endIdle();
    }

    /** Ends the sessions that nobody uses. */
    public void endIdle() {
        for (Connection kept = take(); kept != null; kept = take()) {
            end(kept);
        }
    }

    private synchronized @Nullable Connection take() {
        return idle.poll();
    }

    private Connection lent(Connection session) {
        return (Connection) Proxy.newProxyInstance(
                KeptSessions.class.getClassLoader(), new Class<?>[] {Connection.class}, new Loan(session)::invoke);
    }

    private void giveBack(Connection session) {
        try (Statement statement = session.createStatement()) {
            if (!session.getAutoCommit()) {
                session.rollback();
                session.setAutoCommit(true);
            }
            session.setReadOnly(false);
            statement.execute("DISCARD ALL");
        } catch (SQLException e) {
            end(session);
            return;
        }
        synchronized (this) {
            if (!closed) {
                idle.push(session);
                return;
            }
        }
        end(session);
    }

    private static void end(Connection session) {
        try {
            session.close();
        } catch (SQLException ignored) {
            // it is cut already
        }
    }

    /** A session until whoever has it closes it. */
    private final class Loan {
        private final Connection session;
        private boolean over;

        Loan(Connection session) {
            this.session = session;
        }

        @Nullable
        Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
            return switch (method.getName()) {
                case "close" -> {
                    close();
                    yield null;
                }
                case "isClosed" -> isOver() || session.isClosed();
                case "equals" -> arguments != null && proxy == arguments[0];
                case "hashCode" -> System.identityHashCode(proxy);
                default -> passedOn(method, arguments);
            };
        }

        private @Nullable Object passedOn(Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
            if (isOver() && !method.getName().equals("abort")) {
                throw new SQLException("This connection has been closed.", "08003");
            }
            try {
                return method.invoke(session, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }

        private synchronized boolean isOver() {
            return over;
        }

        private void close() {
            synchronized (this) {
                if (over) {
                    return;
                }
                over = true;
            }
            giveBack(session);
        }
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        return unpooled.getConnection(user, password);
    }

    @Override
    public @Nullable PrintWriter getLogWriter() {
        return null;
    }

    @Override
    public void setLogWriter(PrintWriter writer) {}

    @Override
    public void setLoginTimeout(int seconds) {}

    @Override
    public int getLoginTimeout() {
        return 0;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        return unpooled.unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return unpooled.isWrapperFor(type);
    }
}
