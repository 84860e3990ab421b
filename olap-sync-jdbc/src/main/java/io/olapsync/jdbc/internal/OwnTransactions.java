package io.olapsync.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The transactions of the library itself, in {@code olap_sync.own_transaction}: what ended since a view was refreshed and
 * is not among them may have changed what the view reads.
 */
public final class OwnTransactions {

    /** How many transaction ids after a view's snapshot are looked at, and so how many are worth keeping. */
    static final int MOST = 10_000;

    /** Says that this transaction writes the library's own tables and nothing else. */
    static final String RECORD = "INSERT INTO olap_sync.own_transaction DEFAULT VALUES";

    /**
     * Two parts of a WITH, that delete what no view needs any more: it is in the snapshots of all of them, or too far
     * behind. A view that is never refreshed again so keeps no more than the last few thousand. What is ahead came with a
     * dump of another server, and would one day stand for transactions that are not ours. Waits for nobody.
     */
    public static final String FORGET = """
            useless AS (
                SELECT transaction, view_schema, view_name FROM olap_sync.own_transaction
                 WHERE transaction < greatest(
                        (SELECT pg_snapshot_xmin(snapshot) FROM olap_sync.view_state ORDER BY 1 LIMIT 1),
                        greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint - %d, 0)::text::xid8)
                    OR transaction >= pg_snapshot_xmax(pg_current_snapshot())
                 FOR UPDATE SKIP LOCKED),
            forgotten AS (
                DELETE FROM olap_sync.own_transaction o USING useless u
                 WHERE o.transaction = u.transaction AND o.view_schema = u.view_schema AND o.view_name = u.view_name
                RETURNING 1)""".formatted(MOST);

    private OwnTransactions() {}

    /** Records this transaction, once it is known that it writes. */
    public static void record(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(RECORD + " ON CONFLICT DO NOTHING");
        }
    }
}
