package io.olapsync.spi;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * What the events of one type say of the rows that changed in one table, by <a
 * href="https://www.rfc-editor.org/rfc/rfc6901">JSON pointers</a> into their payload. Where a pointer leads to an array, each element
 * is of a row of its own, and all arrays are as long; any other value is of all of these rows.
 *
 * @param table the table whose rows changed
 * @param columns its columns, each with the pointer to the value; empty: any row of it may have changed
 */
public record EventKeys(ViewName table, Map<String, String> columns) {

    /** @throws IllegalArgumentException if a column is blank or a pointer is none */
    public EventKeys {
        Objects.requireNonNull(table, "table");
        columns = Collections.unmodifiableMap(new LinkedHashMap<>(columns));
        columns.forEach((column, pointer) -> {
            if (column.isBlank()) {
                throw new IllegalArgumentException("a column of " + table + " has a blank name: give it one");
            }
            if (!pointer.matches("(/([^~/]|~[01])*)*")) {
                throw new IllegalArgumentException("'" + pointer + "', where the column " + column + " of " + table
                        + " is to be found, is no JSON pointer: write for instance /case_id, or /case/id");
            }
        });
    }
}
