package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Rows;
import io.olapsync.jdbc.internal.Together;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The keys to recompute, as the server writes them: one array for each column of the key. They go through here because a
 * planner that sees the array knows how many there are, and then finds the plan that fits.
 *
 * @param count how many there are, each once
 * @param arrays the columns, as array literals
 * @param nulls which columns are null, for each combination that occurs: a letter for each column, {@code t} where it is
 */
record Keys(long count, List<String> arrays, List<String> nulls) {

    /** Asks for those that the changes lead to; of more than this many only that there are more. */
    static Together.Query<Keys> changed(DeltaTable table, long most) {
        return asked(table, DeltaNames.keys(table.id()), most);
    }

    /** Reads those in this relation, where each is once, in the columns {@code k1} and so on. */
    static Keys read(Connection connection, DeltaTable table, String relation, long most) throws SQLException {
        Together.Query<Keys> query = asked(table, relation, most);
        return Together.ask(connection, List.of(query)).of(query).get(0);
    }

    private static Together.Query<Keys> asked(DeltaTable table, String relation, long most) {
        return new Together.Query<>(sql(table, relation, most), (statement, first) -> first, row -> of(row, 1, table));
    }

    /** A row of what {@link #of} reads: of those in this relation, where each is once, in the columns {@code k1} and so on. */
    static String sql(DeltaTable table, String relation, long most) {
        int columns = table.key().size();
        String arrays = IntStream.rangeClosed(1, columns)
                .mapToObj(i -> "pg_catalog.array_agg(k" + i + ")::text")
                .collect(Collectors.joining(", "));
        String nulls = IntStream.rangeClosed(1, columns)
                .mapToObj(i -> "CASE WHEN k" + i + " IS NULL THEN 't' ELSE 'f' END")
                .collect(Collectors.joining(" || "));
        return "SELECT pg_catalog.count(*), pg_catalog.array_agg(DISTINCT " + nulls + ") AS nulls, " + arrays
                + " FROM (SELECT * FROM " + relation + " LIMIT " + (most + 1) + ") k";
    }

    /** @param first the place of the first column */
    static Keys of(ResultSet row, int first, DeltaTable table) throws SQLException {
        List<String> arrays = new ArrayList<>();
        if (row.getLong(first) > 0) {
            for (int i = 0; i < table.key().size(); i++) {
                arrays.add(row.getString(first + 2 + i));
            }
        }
        return new Keys(row.getLong(first), arrays, Rows.strings(row, "nulls"));
    }
}
