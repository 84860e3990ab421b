package io.olapsync.jdbc.internal;

import io.olapsync.spi.ViewName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A view as it was right before its refresh, in the refreshing transaction.
 *
 * @param snapshot taken before that of the refresh, so what is recorded claims no more than is shown
 * @param asOf a time before that snapshot's successor, by the database's clock
 * @param began when this view's part began, by the database's clock
 * @param readCommitted whether each statement sees what was committed before it
 * @param usableIndex whether it has an index that CONCURRENTLY can use
 * @param countable whether this role may count its rows
 * @param counted whether the server counts rows written
 * @param inserted rows inserted by this session into it, that the server has not yet forgotten; likewise the others
 * @param catalogXmin who wrote its row in pg_class: every refresh does, even one that finds nothing to change
 * @param untouched whether that was the refresh in the state row, so that nobody else refreshed it since
 * @param recordedRows the rows of the state row; 0 where there is none
 * @param unannounced whether a host without a cache left a change in it of which no cache has heard
 * @param transactionMicros when this transaction began, in microseconds since the epoch
 * @param delta the number of the delta table that it is; null where it is a materialized view
 * @param files those of what is read for it, for {@link SourceFiles}; none where a delta table is looked at before its snapshot is taken
 * @param recorded the state row; null where there is none
 */
record Prepared(
        ViewName view,
        long oid,
        boolean populated,
        boolean usableIndex,
        boolean countable,
        boolean counted,
        boolean readCommitted,
        String snapshot,
        OffsetDateTime asOf,
        OffsetDateTime began,
        long inserted,
        long updated,
        long deleted,
        long catalogXmin,
        boolean untouched,
        long recordedRows,
        boolean unannounced,
        long transactionMicros,
        @Nullable Integer delta,
        List<String> files,
        @Nullable Recorded recorded) {

    /**
     * The state row as it was.
     *
     * @param snapshot what the view shows, if it is {@link Prepared#untouched}
     * @param asOf when that was taken
     * @param sinceRefresh how long ago it was committed, by the server's clock
     */
    record Recorded(String snapshot, OffsetDateTime asOf, Duration sinceRefresh) {

        /** The last three columns of a look at a view; null where it was never refreshed. */
        static @Nullable Recorded of(ResultSet row) throws SQLException {
            String snapshot = row.getString(21);
            return snapshot == null
                    ? null
                    : new Recorded(
                            snapshot,
                            row.getObject(22, OffsetDateTime.class),
                            Duration.of(row.getLong(23), ChronoUnit.MICROS));
        }
    }

    /** The state row where it says what the view shows: nobody else has refreshed or emptied it since. */
    @Nullable
    Recorded shown() {
        return populated && untouched ? recorded : null;
    }

    boolean isDelta() {
        return delta != null;
    }

    /** Whether the rows afterwards follow from those before and the delta. */
    boolean rowsFollow() {
        return populated && untouched && (counted || isDelta());
    }
}
