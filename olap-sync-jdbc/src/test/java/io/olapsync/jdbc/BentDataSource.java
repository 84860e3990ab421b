package io.olapsync.jdbc;

import io.olapsync.testkit.TestDatabase;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.postgresql.ds.PGSimpleDataSource;

/** Gives connections with settings of a host's own, and looks at what is left of those when they are given back. */
final class BentDataSource extends PGSimpleDataSource {

    private static final long serialVersionUID = 1L;
    private static final int NETWORK_TIMEOUT = 123_456;

    /** What a host finds on a connection that it borrows after us. */
    record Settings(boolean autoCommit, int networkTimeout, int isolation, String ofServer) {}

    private final transient TestDatabase db;
    private final boolean autoCommit;
    private final transient List<Settings> given = Collections.synchronizedList(new ArrayList<>());
    private final transient List<Settings> returned = Collections.synchronizedList(new ArrayList<>());

    BentDataSource(TestDatabase db, boolean autoCommit) {
        this.db = db;
        this.autoCommit = autoCommit;
    }

    List<Settings> given() {
        return List.copyOf(given);
    }

    List<Settings> returned() {
        return List.copyOf(returned);
    }

    @Override
    public Connection getConnection() throws SQLException {
        Connection real = db.connect();
        try (Statement statement = real.createStatement()) {
            statement.execute("SET statement_timeout = '11min'");
            statement.execute("SET lock_timeout = '12min'");
        }
        real.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        real.setAutoCommit(autoCommit);
        real.setNetworkTimeout(Runnable::run, NETWORK_TIMEOUT);
        given.add(settings(real));
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("close") && !real.isClosed()) {
                        returned.add(settings(real));
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private static Settings settings(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT string_agg(name || '=' || setting, E'\\n' ORDER BY name)"
                        + " FROM pg_catalog.pg_settings WHERE name <> 'transaction_isolation'")) {
            row.next();
            String ofServer = row.getString(1);
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
            return new Settings(
                    connection.getAutoCommit(),
                    connection.getNetworkTimeout(),
                    connection.getTransactionIsolation(),
                    ofServer);
        }
    }
}
