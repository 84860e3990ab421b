package io.olapsync.jdbc.internal.doctor;

import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the doctor was told.
 *
 * @param readerRole the role that reads the views, or null
 * @param statementTimeout the statement timeout that refreshes will have, or null
 * @param oltpTables the tables that readers must not read; empty: all that the views read
 * @param patience the longest that one of the doctor's own queries may take
 */
public record DoctorOptions(
        @Nullable String readerRole,
        @Nullable Duration statementTimeout,
        List<ViewName> oltpTables,
        Duration patience) {

    /** @throws IllegalArgumentException if a duration is not positive */
    public DoctorOptions {
        oltpTables = List.copyOf(oltpTables);
        if (readerRole != null && readerRole.isEmpty()) {
            throw new IllegalArgumentException("the reader role must not be empty");
        }
        requirePositive(patience, "patience");
        if (statementTimeout != null) {
            requirePositive(statementTimeout, "statement timeout");
        }
    }

    private static void requirePositive(Duration duration, String what) {
        if (duration.toMillis() <= 0) {
            throw new IllegalArgumentException("the " + what + " must be at least a millisecond: " + duration);
        }
    }
}
