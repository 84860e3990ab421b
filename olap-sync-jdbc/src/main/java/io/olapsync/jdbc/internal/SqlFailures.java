package io.olapsync.jdbc.internal;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** What an error of the driver means for the next attempt. */
final class SqlFailures {

    private SqlFailures() {}

    static RefreshException translate(String purpose, SQLException e) {
        String state = e.getSQLState();
        String shown = state == null ? "" : " (SQLSTATE " + state + ")";
        return new RefreshException(
                kind(state), purpose + " failed: " + e.getMessage() + shown, null, state, null, e);
    }

    private static Kind kind(@Nullable String state) {
        if (state == null || state.length() != 5) {
            return Kind.TRANSIENT;
        }
        return switch (state) {
            case "57014" -> Kind.TIMED_OUT;
            case "55P03" -> Kind.CONTENDED;
            case "53400" -> Kind.PERMANENT;
            case "25006" -> Kind.TRANSIENT;
            default -> switch (state.substring(0, 2)) {
                case "40" -> Kind.CONTENDED;
                case "08", "53", "57", "58" -> Kind.TRANSIENT;
                default -> Kind.PERMANENT;
            };
        };
    }
}
