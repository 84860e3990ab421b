package io.olapsync.examples.star;

import java.sql.Connection;
import java.sql.SQLException;

/** One unit of work as one transaction on a connection in auto-commit mode. */
final class Transactions {

    @FunctionalInterface
    interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    private Transactions() {}

    /**
     * Runs the work, commits, and turns auto-commit on again; rolls back when the work throws.
     *
     * @throws IllegalStateException when the connection is not in auto-commit mode, for then a commit here would end a
     *     transaction of the caller
     */
    static <T> T inOne(Connection connection, Work<T> work) throws SQLException {
        if (!connection.getAutoCommit()) {
            throw new IllegalStateException("needs a connection in auto-commit mode: this is a transaction of its own");
        }
        connection.setAutoCommit(false);
        boolean committed = false;
        try {
            T result = work.on(connection);
            connection.commit();
            committed = true;
            return result;
        } finally {
            end(connection, committed);
        }
    }

    private static void end(Connection connection, boolean committed) throws SQLException {
        try {
            if (!committed) {
                connection.rollback();
            }
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            if (committed) {
                throw e;
            }
            // The work's own exception is on its way out and tells more than a rollback on a lost connection.
        }
    }
}
