package io.olapsync.jdbc.internal.delta;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * What bounds the captured changes where nobody refreshes: no process needs to run for it.
 *
 * <p>A writer that finds the table of changes larger than {@link #MOST_BYTES}, which the file system tells, keeps nothing of
 * what it changes, or nothing beyond its first few rows, and inserts a marker in its place; or nothing at all, where it sees a
 * marker. To ask takes as long as to append a row, so not every statement does: those of more than a few rows; one in
 * {@link #LOOKS} of the others, drawn by the microseconds of the clock; and all of them from when one has found too much until one
 * has found that it is small again, which the first tells the others by a sequence, whatever becomes of its transaction. So what is
 * kept beyond that size is what statements of few rows append until one of them looks: 16 of them on average, and of 160 in a row not
 * one with a probability of 1 in 30,000; and of each statement under way the first few rows. The sequence is a hint: what it says
 * wrongly is put right by the next who looks, and nothing of what follows depends on it. As long as a delta table sees
 * one, all of it is recomputed, whatever the changes say. Ended is that in four steps, each committed before the next:
 *
 * <ol>
 *   <li>the changes are deleted, and vacuumed, until their table is small again: from here on writers keep theirs again, markers
 *       or not;
 *   <li>the markers are deleted, and {@code resumed} becomes the greatest transaction id of all;
 *   <li>{@code resumed} becomes the next transaction id of that moment, asked for by a statement that began after that commit.
 * </ol>
 *
 * <p>All of a delta table is recomputed as long as the snapshot that it shows has an {@code xmin} below {@code resumed}. Why that
 * loses nothing:
 *
 * <ul>
 *   <li>A writer that kept nothing and inserted a marker: whoever sees its change sees its marker, or that it has been deleted,
 *       and then {@code resumed} is above its id.
 *   <li>A writer W that kept nothing because it saw another's marker is READ COMMITTED, so it looked by a snapshot that was
 *       taken when it looked; its own id is older than that, for it had changed rows; and the deletion of the marker was not
 *       committed then. So its id is below what {@code resumed} becomes afterwards. A snapshot S with {@code xmin >= resumed}
 *       has all of its changes; and one without them, which has the marker or is older than it, has an {@code xmin} of W's
 *       id at the most. Either way all is recomputed until a snapshot that has W's changes is shown.
 *   <li>In REPEATABLE READ and SERIALIZABLE a marker can be seen long after it was deleted, by a transaction that got its id
 *       after that. So only their own marker stands for what they change. (SERIALIZABLE does not even look for that: looking
 *       would make it depend on what others insert.)
 *   <li>Changes that were deleted in the first step: whoever had not seen one shows a snapshot with an {@code xmin} of its id at
 *       the most, which is below {@code resumed}. A refresh under way on an older snapshot still sees them.
 *   <li>A process that dies between two steps leaves a marker, or a {@code resumed} above everything. Both call for all.
 * </ul>
 */
public final class Overflow {

    /** Some millions of changes. Dead ones count too, as long as no vacuum can take them away. */
    static final long MOST_BYTES = 256L << 20;

    /** One statement in so many asks the file system. */
    static final int LOOKS = 16;

    private static final String FOR_EVER = "'18446744073709551615'";

    /** What is above it came with a dump of another server, and says as little as the greatest of all. */
    private static final String NEXT_ID = "pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())";

    private static final String CONCERNED = """
            SELECT c.id FROM olap_sync.capture c JOIN olap_sync.delta_source s ON s.capture_id = c.id
             WHERE s.delta_id = %d
               AND (c.resumed > %s OR EXISTS (SELECT FROM olap_sync.capture_overflow o WHERE o.capture_id = c.id))""";

    /** Does something in a transaction of its own, READ COMMITTED. */
    public interface Transactions {
        void run(Step step) throws SQLException;
    }

    /** What is done there. */
    public interface Step {
        void on(Connection connection) throws SQLException;
    }

    private final Connection connection;
    private final Transactions transactions;

    private Overflow(Connection connection, Transactions transactions) {
        this.connection = connection;
        this.transactions = transactions;
    }

    /**
     * For who appends without a trigger, READ COMMITTED, with a transaction id of its own already: whether nothing more is kept; what
     * says so stands there then.
     */
    static boolean stops(Connection connection, int capture) throws SQLException {
        Overflow overflow = new Overflow(connection, step -> {});
        if (overflow.isSmall(capture)) {
            return false;
        }
        overflow.execute("INSERT INTO olap_sync.capture_overflow (capture_id) SELECT " + capture
                + " WHERE NOT EXISTS (SELECT FROM olap_sync.capture_overflow WHERE capture_id = " + capture + ")");
        return true;
    }

    /** SQL: whether changes of a capture, given by its number, may be missing that the snapshot {@code state.shown} does not have. */
    static String concerns(String capture) {
        return "(EXISTS (SELECT FROM olap_sync.capture_overflow o WHERE o.capture_id = " + capture
                + ") OR coalesce((SELECT pg_catalog.pg_snapshot_xmin(state.shown) < a.resumed FROM olap_sync.capture a, state"
                + " WHERE a.id = " + capture + "), false))";
    }

    /** After a refresh of this delta table: ends those of what it reads; what cannot be done now, the next refresh tries again. */
    public static void end(Connection connection, int delta, Transactions transactions) throws SQLException {
        List<Integer> captures = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(CONCERNED.formatted(delta, NEXT_ID))) {
            while (rows.next()) {
                captures.add(rows.getInt(1));
            }
        }
        for (int capture : captures) {
            new Overflow(connection, transactions).end(capture);
        }
    }

    private void end(int capture) throws SQLException {
        String changes = DeltaNames.changes(capture);
        if (!isSmall(capture)) {
            // Another process may have ended it just now.
            step(
                    capture,
                    "DELETE FROM " + changes
                            + " WHERE EXISTS (SELECT FROM olap_sync.capture_overflow WHERE capture_id = " + capture
                            + ")");
            execute("VACUUM " + changes);
        }
        if (isSmall(capture)) {
            step(
                    capture,
                    "DELETE FROM olap_sync.capture_overflow WHERE capture_id = " + capture,
                    "UPDATE olap_sync.capture SET resumed = " + FOR_EVER + " WHERE id = " + capture);
            step(
                    capture,
                    "UPDATE olap_sync.capture SET resumed = " + NEXT_ID + " WHERE id = " + capture + " AND resumed > "
                            + NEXT_ID);
        }
    }

    /** One at a time: what waited for another's commit would look by a snapshot from before it. */
    private void step(int capture, String... statements) throws SQLException {
        transactions.run(in -> {
            if (isTrue("SELECT pg_catalog.count(*) = 1 FROM (SELECT FROM olap_sync.capture WHERE id = " + capture
                    + " FOR NO KEY UPDATE SKIP LOCKED) c")) {
                for (String statement : statements) {
                    execute(statement);
                }
            }
        });
    }

    private boolean isSmall(int capture) throws SQLException {
        return isTrue("SELECT pg_catalog.pg_relation_size('" + DeltaNames.changes(capture)
                + "') <= most_bytes FROM olap_sync.capture WHERE id = " + capture);
    }

    private boolean isTrue(String question) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(question)) {
            row.next();
            return row.getBoolean(1);
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
