package io.olapsync.jdbc;

import io.olapsync.testkit.TestDatabase;
import java.util.UUID;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** A role of its own that may do nothing but connect. Roles belong to the whole server, so it is dropped at the end. */
final class TestRole implements AutoCloseable {

    private final TestDatabase database;
    private final String name = "role_" + UUID.randomUUID().toString().substring(0, 8);

    TestRole(TestDatabase database) {
        this.database = database;
        database.execute("CREATE ROLE " + quoted());
    }

    String name() {
        return name;
    }

    String quoted() {
        return '"' + name + '"';
    }

    /** Connections that act as this role. */
    DataSource dataSource() {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setURL(database.jdbcUrl());
        dataSource.setOptions("-c role=" + name);
        return dataSource;
    }

    @Override
    public void close() {
        database.execute("DROP OWNED BY " + quoted() + " CASCADE; DROP ROLE " + quoted());
    }
}
