package io.olapsync.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;

/**
 * The longest silence of the server that a connection puts up with. It replaces a {@code socketTimeout} of the host's,
 * that may be shorter than a refresh, and bounds what would otherwise hang for ever on a link that was cut.
 */
public final class NetworkTimeout {

    private static final int UNSUPPORTED = -1;

    private NetworkTimeout() {}

    /** Sets it; returns what to give to {@link #restore}. */
    public static int set(Connection connection, Duration longest) throws SQLException {
        try {
            int before = connection.getNetworkTimeout();
            // Drivers apply it at once; the executor is for those that cannot.
            connection.setNetworkTimeout(Runnable::run, (int) Math.min(longest.toMillis(), Integer.MAX_VALUE));
            return before;
        } catch (SQLFeatureNotSupportedException | AbstractMethodError e) {
            return UNSUPPORTED;
        }
    }

    public static void restore(Connection connection, int before) throws SQLException {
        if (before != UNSUPPORTED) {
            connection.setNetworkTimeout(Runnable::run, before);
        }
    }
}
