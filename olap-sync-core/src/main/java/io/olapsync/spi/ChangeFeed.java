package io.olapsync.spi;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Takes what events say of changed rows, for delta tables with sources in which nothing else is captured: {@link
 * DeltaSource#fed}.
 *
 * <p>Thread-safe.
 */
public interface ChangeFeed {

    /**
     * A changed row, as it was or as it is.
     *
     * @param table whose row it is
     * @param columns the values of its columns as text, empty for a null; no column: any row may have changed
     */
    record Row(ViewName table, Map<String, Optional<String>> columns) {

        /** Refuses nulls. */
        public Row {
            Objects.requireNonNull(table, "table");
            columns = Collections.unmodifiableMap(new LinkedHashMap<>(columns));
        }

        /** Any row of the table. */
        public static Row any(ViewName table) {
            return new Row(table, Map.of());
        }
    }

    /**
     * Records them, all or none. A row that lacks a column, or has a value that cannot be one of it, stands for any row: nothing
     * that changed is missed, and no message is refused for ever. Recorded twice, a row costs time and does no harm.
     *
     * @param rows none: nothing is recorded, by a transaction all the same
     * @return the transaction that recorded them, later than every one that changed something before the call: a delta table shows
     *     the changes once its snapshot has that
     * @throws RefreshException if they could not be recorded, or nobody knows whether they were
     */
    long record(List<Row> rows) throws RefreshException;
}
