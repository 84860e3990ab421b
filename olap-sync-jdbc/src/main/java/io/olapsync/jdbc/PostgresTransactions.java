package io.olapsync.jdbc;

import io.olapsync.jdbc.internal.outbox.OutboxAppend;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;

/**
 * What a host does inside its own transaction: ask for its id, and write an event to the outbox. Nothing is committed
 * here, and the connection stays the host's.
 */
public final class PostgresTransactions {

    private PostgresTransactions() {}

    /**
     * The id of the transaction that is open on this connection, {@code pg_current_xact_id()}: what a view must cover to
     * show what this transaction writes. It stays the same within savepoints. Asking makes it a writing transaction.
     *
     * @throws IllegalStateException if the connection is in autocommit mode, where each statement is a transaction of
     *     its own
     * @throws SQLException if the server refuses, as a standby does
     */
    public static long currentTransactionId(Connection connection) throws SQLException {
        requireTransaction(connection, "ask for its id");
        return OutboxAppend.transactionId(connection);
    }

    /**
     * Writes an event to the outbox, in the transaction that is open on this connection: it is delivered if that commits,
     * and never otherwise. The transaction's id is written with it, whatever the default of the column.
     *
     * @param type what happened, for instance {@code case_created}; not empty
     * @param payload what else to say, JSON text; empty: nothing. Ignored where the table has no column for it
     * @return the id of the transaction, as of {@link #currentTransactionId}
     * @throws IllegalArgumentException if the type is empty
     * @throws IllegalStateException if the connection is in autocommit mode
     * @throws SQLException if the row cannot be written; the transaction is then aborted, as after any error
     */
    public static long append(Connection connection, OutboxTable table, String type, String payload)
            throws SQLException {
        Objects.requireNonNull(table, "table");
        Objects.requireNonNull(payload, "payload");
        if (type.isEmpty()) {
            throw new IllegalArgumentException("an event of the outbox " + table + " needs a type");
        }
        requireTransaction(connection, "write an event to the outbox " + table);
        return OutboxAppend.append(connection, table, type, payload);
    }

    private static void requireTransaction(Connection connection, String what) throws SQLException {
        if (connection.getAutoCommit()) {
            throw new IllegalStateException("no transaction is open on this connection to " + what
                    + ": it is in autocommit mode. Call setAutoCommit(false), or use the connection of the"
                    + " transaction that makes the change");
        }
    }
}
