package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Names;
import io.olapsync.jdbc.internal.Rows;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Some keys of a delta table, by chance: of those that it has, and of those that it should have, as far as they stand in the
 * columns of a source. It costs a scan of each of these.
 */
final class Sample {

    private static final String KEY_SOURCES = """
            SELECT s.source ->> 'table', ARRAY(SELECT pg_catalog.jsonb_array_elements_text(s.source -> 'columns'))
              FROM olap_sync.delta_table d, pg_catalog.jsonb_array_elements(d.declared -> 'sources') s (source)
             WHERE d.id = ? AND pg_catalog.jsonb_array_length(s.source -> 'columns') = pg_catalog.cardinality(d.key_columns)
               AND NOT pg_catalog.jsonb_exists(s.source, 'lookup')""";

    private Sample() {}

    /** A relation of so many keys at the most, in the columns {@code k1} and so on, each once. */
    static String of(Connection connection, DeltaTable table, int count) throws SQLException {
        List<String> columns = table.key().stream().map(Column::sql).toList();
        List<String> some = new ArrayList<>();
        some.add(some(table, table.view(), columns, count));
        for (Map.Entry<ViewName, List<String>> source :
                keySources(connection, table.id()).entrySet()) {
            some.add(some(table, source.getKey(), source.getValue(), count));
        }
        return "(SELECT * FROM (" + String.join(" UNION ", some) + ") s ORDER BY pg_catalog.random() LIMIT " + count
                + ") sample";
    }

    private static String some(DeltaTable table, ViewName relation, List<String> columns, int count) {
        String keys = IntStream.range(0, columns.size())
                .mapToObj(i -> columns.get(i) + "::" + table.key().get(i).type() + " AS k" + (i + 1))
                .collect(Collectors.joining(", "));
        return "(SELECT " + keys + " FROM " + relation.sql() + " ORDER BY pg_catalog.random() LIMIT " + count + ")";
    }

    /** What has been renamed since it was declared is left out. */
    private static Map<ViewName, List<String>> keySources(Connection connection, int id) throws SQLException {
        Map<ViewName, List<String>> found = new LinkedHashMap<>();
        try (PreparedStatement select = connection.prepareStatement(KEY_SOURCES)) {
            select.setInt(1, id);
            for (Map.Entry<ViewName, List<String>> source :
                    Rows.all(select, row -> Map.entry(ViewName.parse(row.getString(1)), Rows.strings(row, "array")))) {
                List<String> there = new Sources(connection)
                        .columns(source.getKey()).stream()
                                .map(column -> column.column().name())
                                .toList();
                if (there.containsAll(source.getValue())) {
                    found.put(
                            source.getKey(),
                            source.getValue().stream().map(Names::quote).toList());
                }
            }
        }
        return found;
    }
}
