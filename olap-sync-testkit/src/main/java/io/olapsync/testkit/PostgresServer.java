package io.olapsync.testkit;

import io.olapsync.testkit.internal.Databases;
import io.olapsync.testkit.internal.ExternalPostgres;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A PostgreSQL server a test may use: an embedded one, or one that runs elsewhere.
 *
 * <p>Its user may create databases. Safe for use by several threads.
 */
public interface PostgresServer {

    /**
     * A server that runs already, and goes on running.
     *
     * @param jdbcUrl with user and password where it wants them
     * @throws IllegalArgumentException where this is not such a URL
     * @throws IllegalStateException where it does not answer
     */
    static PostgresServer at(String jdbcUrl) {
        return new ExternalPostgres(jdbcUrl);
    }

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
        new Databases(dataSource(), major()).create(name, null);
    }

    /** A database for one test, empty and with a name of its own; after closing it nobody can reach it. */
    default TestDatabase newDatabase() {
        return TestDatabase.create(this, new Databases(dataSource(), major()), null);
    }

    /**
     * The same, but not empty: as the beginning leaves it. An embedded server carries out the beginning of a name once,
     * and gives each test a copy of the result; no session may be left open in it, and it must not depend on the name
     * of the database.
     *
     * @param name stands for the beginning
     */
    default TestDatabase newDatabase(String name, Consumer<TestDatabase> beginning) {
        TestDatabase database = newDatabase();
        try {
            beginning.accept(database);
            return database;
        } catch (RuntimeException e) {
            database.close();
            throw e;
        }
    }

    /** A database of its own that begins as a copy of this one, in which nobody may work meanwhile. */
    default TestDatabase newCopy(String database) {
        return TestDatabase.create(this, new Databases(dataSource(), major()), database);
    }

    private static DataSource unpooled(String url) {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setURL(url);
        dataSource.setAssumeMinServerVersion("9.0"); // its settings are sent with the start of a session
        return dataSource;
    }
}
