package io.olapsync.testkit;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A PostgreSQL server a test may use: an embedded one, or one that runs elsewhere.
 *
 * <p>Its user may create databases. Safe for use by several threads.
 */
public interface PostgresServer {

    /** The URL of the server's default database, user included. */
    String jdbcUrl();

    /** The same for another database. */
    String jdbcUrl(String database);

    /** The major version, for instance 15. */
    int major();

    /** Unpooled connections to the default database. */
    default DataSource dataSource() {
        return unpooled(jdbcUrl());
    }

    /** Unpooled connections to a database. */
    default DataSource dataSource(String database) {
        return unpooled(jdbcUrl(database));
    }

    /** Creates an empty database with this very name, upper case and spaces kept. */
    default void createDatabase(String name) {
        try (Connection connection = dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            // The other strategy, the default from 15 on, writes the template through the WAL, which takes four times
            // as long.
            String strategy = major() >= 15 ? " STRATEGY file_copy" : "";
            statement.execute("CREATE DATABASE \"" + name.replace("\"", "\"\"") + "\"" + strategy);
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot create the database " + name + ": " + e.getMessage(), e);
        }
    }

    /** A database for one test, empty and with a name of its own; after closing it nobody can reach it. */
    default TestDatabase newDatabase() {
        return TestDatabase.create(this, null);
    }

    private static DataSource unpooled(String url) {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setURL(url);
        dataSource.setAssumeMinServerVersion("9.0"); // its settings are sent with the start of a session
        return dataSource;
    }
}
