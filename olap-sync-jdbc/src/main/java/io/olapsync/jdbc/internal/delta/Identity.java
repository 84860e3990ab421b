package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Rows;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/** The unique index by which a row is told from all others: of those on plain columns alone, the one with the fewest. */
final class Identity {

    /** SQL: the numbers of its columns, without those that are only included, of the relation {@code c} of {@code pg_class}. */
    static final String COLUMNS = "(SELECT (i.indkey::int2[])[0:i.indnkeyatts - 1] FROM pg_catalog.pg_index i"
            + " WHERE i.indrelid = c.oid AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL"
            + " AND i.indexprs IS NULL ORDER BY i.indnkeyatts, i.indexrelid LIMIT 1)";

    private static final String PLACES = "SELECT k.number FROM pg_catalog.pg_class c"
            + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace, pg_catalog.unnest(" + COLUMNS
            + ") WITH ORDINALITY k (number, position) WHERE n.nspname = ? AND c.relname = ? ORDER BY k.position";

    private Identity() {}

    /** The places of its columns among those of a view, from 1, in its order; none where there is no such index. */
    static List<Integer> of(Connection connection, ViewName view) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(PLACES)) {
            select.setString(1, view.schema());
            select.setString(2, view.name());
            return Rows.all(select, row -> row.getInt(1));
        }
    }
}
