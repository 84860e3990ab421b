package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Watched;
import io.olapsync.spi.RefreshException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.Optional;

/**
 * Another try of a way that was expected to take longer than computing all. What it costs is only measured where it is taken, so that
 * one bad measurement would else be believed for good. No statement of it gets longer than all took the last time: then it is
 * given up, and nothing of it was done.
 */
final class Trial {

    /** Refreshes for which a way was too dear, until it is tried again; twice as many for each try in vain, */
    private static final int WAITED = 10;

    /** but no more than after so many of these. */
    private static final int MOST_IN_VAIN = 4;

    private static final String LIMITED = """
            SELECT pg_catalog.set_config('statement_timeout',
                       CASE WHEN s.setting = '0' THEN l.millis ELSE least(s.setting::bigint, l.millis) END::text, true), s.setting
              FROM pg_catalog.pg_settings s, (SELECT ?::bigint AS millis) l WHERE s.name = 'statement_timeout'""";

    private static final String CANCELED = "57014";

    /** What is tried. */
    interface Way<T> {
        T go() throws SQLException, RefreshException;
    }

    private Trial() {}

    /** Whether it is time for one. */
    static boolean isDue(DeltaTable table) {
        return table.refused() >= WAITED << Math.min(table.inVain(), MOST_IN_VAIN);
    }

    /** Goes this way; empty where that took longer than so many microseconds, which is then as if it had not been gone. */
    static <T> Optional<T> within(long micros, Watched watched, Way<T> way) throws SQLException, RefreshException {
        Connection connection = watched.connection();
        long millis = micros / 1000 + 1;
        Savepoint before = connection.setSavepoint();
        String limit = limit(connection, LIMITED, String.valueOf(millis));
        long started = System.nanoTime();
        try {
            T done = way.go();
            limit(connection, "SELECT 1, pg_catalog.set_config('statement_timeout', ?, true)", limit);
            connection.releaseSavepoint(before);
            return Optional.of(done);
        } catch (SQLException e) {
            if (!CANCELED.equals(e.getSQLState()) || System.nanoTime() - started < millis * 1_000_000) {
                throw e;
            }
            watched.check();
            connection.rollback(before);
            connection.releaseSavepoint(before);
            return Optional.empty();
        }
    }

    private static String limit(Connection connection, String sql, String value) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, value);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getString(2);
            }
        }
    }
}
