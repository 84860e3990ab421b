package io.olapsync.spi;

import java.time.Instant;
import java.util.Objects;

/**
 * The moment of the source tables that a view shows: whatever had been committed by then is in it.
 *
 * @param time the database's clock when the snapshot was taken; the age of the data counts from here, not from the end
 *     of the refresh
 * @param snapshot the text of the {@link Snapshot}, exact where a time is not; on PostgreSQL that of
 *     {@code pg_current_snapshot()}
 */
public record DataAsOf(Instant time, String snapshot) {

    public DataAsOf {
        Objects.requireNonNull(time, "time");
        Objects.requireNonNull(snapshot, "snapshot");
    }
}
