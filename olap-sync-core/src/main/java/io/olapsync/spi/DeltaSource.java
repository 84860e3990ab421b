package io.olapsync.spi;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A table that a delta table reads, and how a row that changed there leads to keys of the delta table.
 *
 * @param table a table, a partitioned table, or another delta table
 * @param columns the columns of a changed row that are kept, as they were and as they are; empty: any change there calls
 *     for a recomputation of the whole view
 * @param query leads from those columns to keys: a {@code SELECT} that reads a relation {@code changed} with those columns,
 *     among whatever else it needs, and gives the key's columns in their order. It is evaluated when the view is refreshed,
 *     so every other table that it reads must be a source of the view too. Empty: the columns are the key
 * @param fed whether events say what changed, and no trigger does, for a table that may have none. What no event says is found
 *     by a full sync alone
 */
public record DeltaSource(ViewName table, List<String> columns, Optional<String> query, boolean fed) {

    /** A source whose changes are captured by triggers. */
    public DeltaSource(ViewName table, List<String> columns, Optional<String> query) {
        this(table, columns, query, false);
    }

    /** @throws IllegalArgumentException if a column stands there twice, or a query is blank or has no columns */
    public DeltaSource {
        Objects.requireNonNull(table, "table");
        columns = List.copyOf(columns);
        Objects.requireNonNull(query, "query");
        if (new HashSet<>(columns).size() != columns.size()) {
            throw new IllegalArgumentException(
                    "the source " + table + " names a column twice: " + columns + "; name each once");
        }
        if (query.isPresent() && (query.get().isBlank() || columns.isEmpty())) {
            throw new IllegalArgumentException("the source " + table
                    + " has a lookup that is blank or has no columns: name the columns of " + table + " that it reads");
        }
    }

    /** The same, with events that say what changed. */
    public DeltaSource fedByEvents() {
        return new DeltaSource(table, columns, query, true);
    }

    /** Whether any change there calls for a recomputation of the whole view. */
    public boolean isWhole() {
        return columns.isEmpty();
    }

    /** Whether the columns are the key themselves. */
    public boolean isKey() {
        return !isWhole() && query.isEmpty();
    }
}
