package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.LockKeys;
import io.olapsync.jdbc.internal.Rows;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * Deletes captured changes that every delta table shows, in a READ COMMITTED transaction of its own.
 *
 * <p>One that nothing is known of (converted, or left behind for too long) will look at all of itself, and so needs none of
 * them; but it may be doing so just now, on a snapshot that is older than the newest of them. So they are deleted only while
 * its lock is held here: whoever refreshes it afterwards has a younger snapshot than every change that this can see.
 */
public final class Pruning {

    /** More changes than this are not kept for a delta table: it looks at all of itself then. */
    static final long MOST_CHANGES = 1_000_000;

    /** A table of fewer bytes cannot hold so many, dead rows or not. */
    private static final long WORTH_COUNTING_BYTES = 32L << 20;

    private static final String READERS = """
            SELECT d.id, d.view_schema, d.view_name, d.shown IS NOT NULL
              FROM olap_sync.delta_table d JOIN olap_sync.delta_source s ON s.delta_id = d.id
             WHERE s.capture_id = ?""";

    private static final String DELETE = """
            DELETE FROM %s c WHERE NOT EXISTS (
                SELECT FROM olap_sync.delta_source s JOIN olap_sync.delta_table d ON d.id = s.delta_id
                 WHERE s.capture_id = %d AND NOT pg_catalog.pg_visible_in_snapshot(c.xid, d.shown))""";

    private record Reader(int id, ViewName view, boolean known) {}

    private final Connection connection;

    private Pruning(Connection connection) {
        this.connection = connection;
    }

    /** After a refresh of this delta table: what it has captured in common with others, and alone. */
    public static void after(Connection connection, int delta) throws SQLException {
        for (Capture capture : Registry.capturesOf(connection, delta)) {
            new Pruning(connection).prune(capture.id());
        }
    }

    private void prune(int capture) throws SQLException {
        for (Reader reader : readers(capture)) {
            if (!reader.known() && !locked(reader.view())) {
                return;
            }
        }
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(DELETE.formatted(DeltaNames.changes(capture), capture));
        }
        leaveBehind(capture);
    }

    /** Too many are left: those that have not seen them look at all of themselves, and at the next turn they can go. */
    private void leaveBehind(int capture) throws SQLException {
        String changes = DeltaNames.changes(capture);
        if (!isTrue("SELECT pg_catalog.pg_relation_size('" + changes + "') > " + WORTH_COUNTING_BYTES)
                || !isTrue("SELECT pg_catalog.count(*) > " + MOST_CHANGES + " FROM (SELECT FROM " + changes + " LIMIT "
                        + (MOST_CHANGES + 1) + ") c")) {
            return;
        }
        for (Reader reader : readers(capture)) {
            if (reader.known() && locked(reader.view())) {
                try (Statement statement = connection.createStatement()) {
                    statement.executeUpdate("UPDATE olap_sync.delta_table d SET shown = NULL WHERE id = " + reader.id()
                            + " AND (SELECT pg_catalog.count(*) FROM " + changes
                            + " c WHERE NOT pg_catalog.pg_visible_in_snapshot(c.xid, d.shown)) > " + MOST_CHANGES);
                }
            }
        }
    }

    private List<Reader> readers(int capture) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(READERS)) {
            statement.setInt(1, capture);
            return Rows.all(
                    statement,
                    row -> new Reader(
                            row.getInt(1), ViewName.of(row.getString(2), row.getString(3)), row.getBoolean(4)));
        }
    }

    private boolean locked(ViewName view) throws SQLException {
        return isTrue("SELECT pg_catalog.pg_try_advisory_xact_lock(" + LockKeys.of(view) + ")");
    }

    private boolean isTrue(String question) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(question)) {
            row.next();
            return row.getBoolean(1);
        }
    }
}
