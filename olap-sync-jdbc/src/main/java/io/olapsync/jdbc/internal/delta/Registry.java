package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Rows;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The delta tables and captures that are installed. */
final class Registry {

    /**
     * A delta table.
     *
     * @param room whether the library has chosen how full its pages are
     * @param definition the oid of the view that is its definition; 0 where that has gone
     */
    record Installed(int id, ViewName view, boolean room, long definition) {}

    private static final String INSTALLED = """
            SELECT d.id, d.view_schema, d.view_name, d.room,
                   coalesce(pg_catalog.to_regclass('olap_sync.definition_' || d.id)::oid::bigint, 0) AS definition
              FROM olap_sync.delta_table d
              JOIN pg_catalog.pg_namespace n ON n.nspname = d.view_schema
              JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = d.view_name AND c.relkind = 'r'
             WHERE %s ORDER BY d.id""";

    private static final String CAPTURES = """
            SELECT a.id, a.table_schema, a.table_name, a.columns, a.images, a.fed,
                   ARRAY(SELECT pg_catalog.format_type(t.atttypid, t.atttypmod)
                           FROM pg_catalog.unnest(a.columns) WITH ORDINALITY w(name, position)
                           JOIN pg_catalog.pg_attribute t ON t.attname = w.name AND t.attrelid = pg_catalog.to_regclass(
                                pg_catalog.quote_ident(a.table_schema) || '.' || pg_catalog.quote_ident(a.table_name))
                          ORDER BY w.position) AS types
              FROM olap_sync.capture a WHERE %s ORDER BY a.id""";

    private Registry() {}

    /** The delta table of this name. */
    static Optional<Installed> installed(Connection connection, ViewName view) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(INSTALLED.formatted("d.view_schema = ? AND d.view_name = ?"))) {
            statement.setString(1, view.schema());
            statement.setString(2, view.name());
            return Rows.all(statement, Registry::installed).stream().findFirst();
        }
    }

    /** All delta tables. */
    static List<Installed> all(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(INSTALLED.formatted("true"))) {
            return Rows.all(statement, Registry::installed);
        }
    }

    private static Installed installed(ResultSet row) throws SQLException {
        return new Installed(
                row.getInt(1),
                ViewName.of(row.getString(2), row.getString(3)),
                row.getBoolean("room"),
                row.getLong("definition"));
    }

    /** Whether it was declared just so. */
    static boolean isDeclared(Connection connection, int id, DeltaSpec spec) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT declared = " + Declaration.json(spec)
                        + " FROM olap_sync.delta_table WHERE id = " + id)) {
            return row.next() && row.getBoolean(1);
        }
    }

    /** All captures. */
    static List<Capture> captures(Connection connection) throws SQLException {
        return captures(connection, "true");
    }

    /** The captures that a delta table reads. */
    static List<Capture> capturesOf(Connection connection, int delta) throws SQLException {
        return captures(
                connection, "a.id IN (SELECT capture_id FROM olap_sync.delta_source WHERE delta_id = " + delta + ")");
    }

    /** The captures into which events say what has changed. */
    static List<Capture> fed(Connection connection) throws SQLException {
        return captures(connection, "a.fed");
    }

    /** The captures that only these delta tables read. */
    static List<Capture> capturesOnlyOf(Connection connection, List<Integer> deltas) throws SQLException {
        String ids = deltas.stream()
                .map(String::valueOf)
                .reduce((a, b) -> a + ", " + b)
                .orElse("0");
        return captures(
                connection,
                "NOT EXISTS (SELECT FROM olap_sync.delta_source s WHERE s.capture_id = a.id AND s.delta_id NOT IN ("
                        + ids + "))");
    }

    private static List<Capture> captures(Connection connection, String condition) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(CAPTURES.formatted(condition))) {
            return Rows.all(statement, row -> {
                List<String> names = Rows.strings(row, "columns");
                List<String> types = Rows.strings(row, "types");
                List<Column> columns = new ArrayList<>();
                for (int i = 0; i < names.size(); i++) {
                    columns.add(new Column(names.get(i), i < types.size() ? types.get(i) : "text"));
                }
                return new Capture(
                        row.getInt(1),
                        ViewName.of(row.getString(2), row.getString(3)),
                        columns,
                        row.getBoolean("images"),
                        row.getBoolean("fed"));
            });
        }
    }

    /** A number that is not taken yet: the conversions take turns. */
    static int next(Connection connection, String table) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT coalesce(max(id), 0) + 1 FROM olap_sync." + table)) {
            row.next();
            return row.getInt(1);
        }
    }
}
