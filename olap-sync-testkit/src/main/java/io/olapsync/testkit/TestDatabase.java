package io.olapsync.testkit;

import io.olapsync.testkit.internal.Databases;
import io.olapsync.testkit.internal.KeptSessions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A database that belongs to one test. When it is closed, whoever is still connected is cut off, and it is dropped.
 *
 * <p>Every call finds a session as good as new and commits; between two calls the session stays open, idle. A
 * statement that fails is an {@link IllegalStateException} with the SQL in its message and the {@link SQLException} as
 * its cause. Thread-safe.
 */
public final class TestDatabase implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final PostgresServer server;
    private final String name;
    private final DataSource dataSource;
    private final Databases databases;
    private final KeptSessions sessions;
    private boolean closed;

    private TestDatabase(PostgresServer server, String name, Databases databases) {
        this.server = server;
        this.name = name;
        this.dataSource = server.dataSource(name);
        this.databases = databases;
        this.sessions = new KeptSessions(dataSource);
    }

    /** A new one: an empty one, or a copy of a template. */
    static TestDatabase create(PostgresServer server, Databases databases, @Nullable String template) {
        String name = Databases.newName();
        databases.create(name, template);
        return new TestDatabase(server, name, databases);
    }

    /** Its name on the server. */
    public String name() {
        return name;
    }

    /** The server it is on. */
    public PostgresServer server() {
        return server;
    }

    /** Its URL, user included. */
    public String jdbcUrl() {
        return server.jdbcUrl(name);
    }

    /** Unpooled connections to it, always the same object. */
    public DataSource dataSource() {
        return dataSource;
    }

    /**
     * Connections to it as a host's pool gives them, always the same object: the session stays open when its connection
     * is closed, and the next to ask finds it as new.
     */
    public DataSource pooledDataSource() {
        return sessions;
    }

    /** Whatever is asked next finds a session that began after this, with the settings the database has by then. */
    void endIdleSessions() {
        sessions.endIdle();
    }

    /** A new connection, to be closed by the caller. */
    public Connection connect() {
        try {
            return dataSource.getConnection();
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot connect to " + name + ": " + e.getMessage(), e);
        }
    }

    /** Executes statements in order; one string may hold several, separated by semicolons: they are one transaction. */
    public void execute(String... statements) {
        try (Connection connection = sessions.getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                try {
                    statement.execute(sql);
                } catch (SQLException e) {
                    throw failed(sql, e);
                }
            }
        } catch (SQLException e) {
            throw failed(String.join("; ", statements), e);
        }
    }

    /** Executes an INSERT, UPDATE or DELETE and returns how many rows it touched. */
    public long update(String sql, @Nullable Object... parameters) {
        return call(sql, parameters, PreparedStatement::executeLargeUpdate);
    }

    /** The first column of the first row as a number; no row or a NULL fails. */
    public long queryForLong(String sql, @Nullable Object... parameters) {
        Object value = single(sql, parameters);
        if (value instanceof Number number) {
            return number.longValue();
        }
        throw new IllegalStateException("Not a number but " + value + ": " + sql);
    }

    /** The first column of the first row as text, null for NULL; no row fails. */
    public @Nullable String queryForString(String sql, @Nullable Object... parameters) {
        Object value = single(sql, parameters);
        return value == null ? null : value.toString();
    }

    /** The first column of the first row, which is of type boolean; no row or a NULL fails. */
    public boolean queryForBoolean(String sql, @Nullable Object... parameters) {
        if (single(sql, parameters) instanceof Boolean value) {
            return value;
        }
        throw new IllegalStateException("Not a boolean: " + sql);
    }

    /** All rows, each a list of its columns in order, in the order the server sent them. */
    public List<List<@Nullable Object>> rows(String sql, @Nullable Object... parameters) {
        return call(sql, parameters, TestDatabase::read);
    }

    /**
     * Asks again and again until the answer is true, for at most 20 seconds.
     *
     * @throws AssertionError where it stays false
     */
    public void await(String booleanSql, @Nullable Object... parameters) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!queryForBoolean(booleanSql, parameters)) {
            if (System.nanoTime() > deadline || Thread.currentThread().isInterrupted()) {
                throw new AssertionError("Still false after " + PATIENCE.toSeconds() + " s: " + booleanSql);
            }
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
    }

    /** Ends its sessions and gives it up. Where the server is gone, nothing happens; nor does it a second time. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            sessions.close();
            databases.drop(name);
        }
    }

    /** Gives it up to be copied: its sessions end, and nobody reaches it any more. */
    synchronized String becomeTemplate() {
        closed = true;
        sessions.close();
        databases.shut(name);
        return name;
    }

    @Override
    public String toString() {
        return name + " on " + server;
    }

    private @Nullable Object single(String sql, @Nullable Object[] parameters) {
        List<List<@Nullable Object>> rows = rows(sql, parameters);
        if (rows.isEmpty()) {
            throw new IllegalStateException("No row: " + sql);
        }
        return rows.get(0).get(0);
    }

    private interface Call<T> {
        T on(PreparedStatement statement) throws SQLException;
    }

    private <T> T call(String sql, @Nullable Object[] parameters, Call<T> call) {
        try (Connection connection = sessions.getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            return call.on(statement);
        } catch (SQLException e) {
            throw failed(sql, e);
        }
    }

    private static List<List<@Nullable Object>> read(PreparedStatement statement) throws SQLException {
        try (ResultSet result = statement.executeQuery()) {
            int width = result.getMetaData().getColumnCount();
            List<List<@Nullable Object>> rows = new ArrayList<>();
            while (result.next()) {
                List<@Nullable Object> row = new ArrayList<>(width);
                for (int column = 1; column <= width; column++) {
                    row.add(result.getObject(column));
                }
                rows.add(Collections.unmodifiableList(row));
            }
            return Collections.unmodifiableList(rows);
        }
    }

    private static IllegalStateException failed(String sql, SQLException e) {
        return new IllegalStateException(e.getMessage() + " [" + e.getSQLState() + "] in: " + sql, e);
    }
}
