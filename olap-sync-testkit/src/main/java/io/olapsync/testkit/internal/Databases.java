package io.olapsync.testkit.internal;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Makes the databases of a server and drops them. Thread-safe. */
public final class Databases {

    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final Duration POLL = Duration.ofMillis(2);

    private final DataSource server;
    private final int major;

    /** Those of the server that these connections lead to. */
    public Databases(DataSource server, int major) {
        this.server = server;
        this.major = major;
    }

    /** A name that no database of the server has. */
    public static String newName() {
        return "test_" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
    }

    /**
     * Makes one with this very name.
     *
     * @param template the one that it is a copy of, in which no session may be; null: an empty one
     */
    public void create(String name, @Nullable String template) {
        String copied = template == null ? "" : " TEMPLATE " + quoted(template);
        // The other strategy, the default from 15 on, writes the template through the WAL, which takes four times
        // as long, and does not copy what spares the first session the reading of the whole catalog.
        String strategy = major >= 15 ? " STRATEGY file_copy" : "";
        try (Connection connection = server.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + quoted(name) + copied + strategy);
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot create the database " + name + ": " + e.getMessage(), e);
        }
    }

    /** Ends the sessions in one and drops it; where the server is gone, nothing happens. */
    public void drop(String name) {
        try (Connection connection = server.getConnection();
                Statement statement = connection.createStatement()) {
            endSessions(statement, name);
            statement.execute("DROP DATABASE IF EXISTS " + quoted(name) + " WITH (FORCE)");
        } catch (SQLException e) {
            String state = String.valueOf(e.getSQLState());
            if (!state.startsWith("08") && !state.startsWith("57")) {
                throw new IllegalStateException("Cannot drop the database " + name + ": " + e.getMessage(), e);
            }
        }
    }

    /** Ends the sessions in one, those that are just ending included, and keeps others out of it. */
    public void shut(String name) {
        try (Connection connection = server.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("ALTER DATABASE " + quoted(name) + " ALLOW_CONNECTIONS false");
            endSessions(statement, name);
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot shut the database " + name + ": " + e.getMessage(), e);
        }
    }

    /** Where a session is there yet, or is just ending, the server itself would look again after 100 ms only. */
    private static void endSessions(Statement statement, String name) throws SQLException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (ended(statement, name) > 0 && System.nanoTime() < deadline) {
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    private static long ended(Statement statement, String name) throws SQLException {
        try (ResultSet ended = statement.executeQuery("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                + " WHERE datname = '" + name.replace("'", "''") + "' AND backend_type = 'client backend'")) {
            ended.next();
            return ended.getLong(1);
        }
    }

    private static String quoted(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }
}
