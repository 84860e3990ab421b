package io.olapsync.jdbc.internal;

import io.olapsync.spi.RefreshException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.List;

/** Statements of a refresh that may take long: the watchdog can cancel each of them. Used by the thread that refreshes. */
public final class Watched {

    private final Connection connection;
    private final Watch watch;

    Watched(Connection connection, Watch watch) {
        this.connection = connection;
        this.watch = watch;
    }

    /** For statements that need no time. */
    public Connection connection() {
        return connection;
    }

    /** Throws what the refresh was stopped for, if it was. */
    public void check() throws RefreshException {
        watch.check();
    }

    /** Executes one statement, or several with a semicolon between. */
    public void execute(String sql) throws SQLException, RefreshException {
        try (Statement statement = connection.createStatement()) {
            run(statement, () -> statement.execute(sql));
        }
    }

    /** The first row of a query. */
    public <T> T row(String sql, Rows.Reader<T> reader) throws SQLException, RefreshException {
        try (Statement statement = connection.createStatement()) {
            return run(statement, () -> {
                try (ResultSet row = statement.executeQuery(sql)) {
                    row.next();
                    return reader.read(row);
                }
            });
        }
    }

    /** The first row of a query with parameters of whatever type the server takes them for, as it writes them. */
    public <T> T row(String sql, List<String> parameters, Rows.Reader<T> reader) throws SQLException, RefreshException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, parameters);
            return run(statement, () -> {
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    return reader.read(row);
                }
            });
        }
    }

    private static void bind(PreparedStatement statement, List<String> parameters) throws SQLException {
        for (int i = 0; i < parameters.size(); i++) {
            statement.setObject(i + 1, parameters.get(i), Types.OTHER);
        }
    }

    private interface Call<T> {
        T call() throws SQLException;
    }

    private <T> T run(Statement statement, Call<T> call) throws SQLException, RefreshException {
        T result;
        try {
            watch.running(statement);
            watch.check();
            result = call.call();
        } finally {
            watch.running(null);
        }
        watch.check();
        return result;
    }
}
