package io.olapsync.jdbc;

import io.olapsync.testkit.TestDatabase;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Behaves as a transaction pooler does: each transaction of a connection may run on another server session. Here every
 * statement in autocommit runs on one session and every transaction on another, and sessions outlive connections.
 */
final class PoolerLike extends PGSimpleDataSource implements AutoCloseable {

    private static final long serialVersionUID = 1L;

    private final transient TestDatabase db;
    private final transient Connection autocommit;
    private final transient Connection transactions;

    PoolerLike(TestDatabase db) {
        this.db = db;
        this.autocommit = db.connect();
        this.transactions = db.connect();
    }

    @Override
    public Connection getConnection() {
        boolean[] inTransaction = {false};
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    switch (method.getName()) {
                        case "getAutoCommit":
                            return !inTransaction[0];
                        case "setAutoCommit":
                            inTransaction[0] = !(boolean) arguments[0];
                            transactions.setAutoCommit(!inTransaction[0]);
                            return null;
                        case "close", "abort":
                            return null;
                        default:
                            try {
                                return method.invoke(inTransaction[0] ? transactions : autocommit, arguments);
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                    }
                });
    }

    /** How many of the two sessions are still alive. */
    long sessions() {
        return db.queryForLong("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()") - 1;
    }

    @Override
    public void close() throws SQLException {
        autocommit.close();
        transactions.close();
    }
}
