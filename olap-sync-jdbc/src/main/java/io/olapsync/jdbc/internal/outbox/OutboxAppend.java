package io.olapsync.jdbc.internal.outbox;

import io.olapsync.jdbc.OutboxTable;
import io.olapsync.jdbc.OutboxTable.Column;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import org.jspecify.annotations.Nullable;

/** Rows written in the transaction of the host. */
public final class OutboxAppend {

    private OutboxAppend() {}

    public static long transactionId(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_current_xact_id()::text")) {
            row.next();
            return Long.parseLong(row.getString(1));
        }
    }

    public static long append(Connection connection, OutboxTable table, String type, String payload)
            throws SQLException {
        long transaction = transactionId(connection);
        try (PreparedStatement insert = connection.prepareStatement(new OutboxSql(table).append())) {
            int i = 1;
            bind(insert, i++, type);
            if (table.column(Column.PAYLOAD).isPresent()) {
                bind(insert, i++, payload.isEmpty() ? null : payload);
            }
            if (table.column(Column.TRANSACTION_ID).isPresent()) {
                bind(insert, i, Long.toString(transaction));
            }
            insert.executeUpdate();
        }
        return transaction;
    }

    /** Untyped, so that the server takes it for what the column is. */
    private static void bind(PreparedStatement statement, int index, @Nullable String text) throws SQLException {
        statement.setObject(index, text, Types.OTHER);
    }
}
