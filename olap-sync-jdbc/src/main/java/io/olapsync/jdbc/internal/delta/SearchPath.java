package io.olapsync.jdbc.internal.delta;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Where the transaction finds what is named without a schema. */
final class SearchPath {

    /** Temporary relations come last, so that none of a host's can stand for a table. */
    private static final String OF_SOURCES = """
            WITH before AS MATERIALIZED (SELECT pg_catalog.current_setting('search_path') AS path)
            SELECT path, pg_catalog.set_config('search_path', (
                       SELECT pg_catalog.string_agg(DISTINCT pg_catalog.quote_ident(a.table_schema), ', ')
                         FROM olap_sync.capture a JOIN olap_sync.delta_source s ON s.capture_id = a.id
                        WHERE s.delta_id = ?) || ', pg_temp', true)
              FROM before""";

    private SearchPath() {}

    /** Finds the sources of a delta table by their names alone from now on; returns the path as it was. */
    static String ofSources(Connection connection, int delta) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(OF_SOURCES)) {
            statement.setInt(1, delta);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getString(1);
            }
        }
    }

    /** Puts it back. */
    static void set(Connection connection, String path) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT pg_catalog.set_config('search_path', ?, true)")) {
            statement.setString(1, path);
            statement.execute();
        }
    }
}
