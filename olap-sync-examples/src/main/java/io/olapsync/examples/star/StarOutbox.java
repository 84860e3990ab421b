package io.olapsync.examples.star;

import io.olapsync.jdbc.OutboxTable;
import io.olapsync.jdbc.PostgresTransactions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The example's outbox, {@code public.event_outbox}: each business change leaves an event in it, in its own transaction.
 * A comment marks it as the example's own, so that a host's table of the same name is never altered.
 */
public final class StarOutbox {

    /** The table. */
    public static final OutboxTable TABLE = OutboxTable.defaults();

    private static final String MARK = "olap-sync example star: its events";
    private static final String NAME = TABLE.name().toString();

    private StarOutbox() {}

    /**
     * Creates the table where it is not there yet.
     *
     * @param connection in auto-commit mode
     * @throws IllegalStateException when the name belongs to something else; nothing is changed
     */
    public static void create(Connection connection) throws SQLException {
        Transactions.inOne(connection, tx -> {
            if (isForeign(tx)) {
                throw new IllegalStateException("not the example's own: public." + NAME
                        + "; use a database in which this name is free, or try the job with a plan of your own");
            }
            StarSchema.execute(tx, TABLE.ddl());
            StarSchema.execute(tx, "COMMENT ON TABLE public." + NAME + " IS '" + MARK + "'");
            return TABLE;
        });
    }

    private static boolean isForeign(Connection connection) throws SQLException {
        String sql = "SELECT coalesce(obj_description(to_regclass('public." + NAME + "'), 'pg_class'), '') <> '" + MARK
                + "' AND to_regclass('public." + NAME + "') IS NOT NULL";
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getBoolean(1);
        }
    }

    /**
     * Writes the event of this change, in the transaction that makes the change.
     *
     * @return the id of the transaction
     */
    public static long append(Connection connection, StarChange change) throws SQLException {
        return PostgresTransactions.append(connection, TABLE, change.kind(), "{\"ids\": " + change.ids() + "}");
    }
}
