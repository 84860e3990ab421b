package io.olapsync.jdbc.internal.doctor;

import io.olapsync.jdbc.internal.Names;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The server and the session as the host's connection finds them, before the doctor changed anything.
 *
 * @param version as {@code server_version_num}
 * @param user who logged in: whose role settings apply, whatever role was taken on since
 * @param searchPath the session's {@code search_path}
 * @param schemas the schemas of it that exist
 */
record Server(
        int version,
        String database,
        String user,
        boolean standby,
        String searchPath,
        List<String> schemas,
        Map<String, Setting> settings) {

    private static final String SESSION = """
            SELECT pg_catalog.current_setting('server_version_num')::int, pg_catalog.current_database()::pg_catalog.text, session_user::pg_catalog.text,
                   pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('search_path'),
                   pg_catalog.current_schemas(false)::pg_catalog.text[]""";
    private static final String SETTINGS = """
            SELECT name, setting, source FROM pg_catalog.pg_settings
             WHERE name IN ('default_transaction_read_only', 'track_counts', 'transaction_timeout',
                            'statement_timeout')""";

    /** A setting in the unit of {@code pg_settings}, and where it comes from. */
    record Setting(String name, String value, String source) {

        /** What puts it back to its default, or to the value, at the place where it was set. */
        String remedy(Server server, String value) {
            String database = Names.quote(server.database());
            String role = Names.quote(server.user());
            return switch (source) {
                case "database" -> "ALTER DATABASE " + database + " RESET " + name + ";";
                case "user" -> "ALTER ROLE " + role + " RESET " + name + ";";
                case "database user" -> "ALTER ROLE " + role + " IN DATABASE " + database + " RESET " + name + ";";
                case "configuration file", "default", "global", "command line" ->
                    "ALTER SYSTEM SET " + name + " = " + value + "; SELECT pg_reload_conf();";
                default ->
                    "Set " + name + " = " + value + " where the connection is made (its source is '" + source + "').";
            };
        }
    }

    static Server read(Connection connection) throws SQLException {
        Map<String, Setting> settings = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(SETTINGS);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                settings.put(rows.getString(1), new Setting(rows.getString(1), rows.getString(2), rows.getString(3)));
            }
        }
        try (PreparedStatement statement = connection.prepareStatement(SESSION);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return new Server(
                    row.getInt(1),
                    row.getString(2),
                    row.getString(3),
                    row.getBoolean(4),
                    row.getString(5),
                    strings(row.getArray(6)),
                    Map.copyOf(settings));
        }
    }

    /** Whether the major version is at least this. */
    boolean isAtLeast(int major) {
        return version >= major * 10_000;
    }

    static List<String> strings(Array array) throws SQLException {
        return array.getArray() instanceof String[] texts ? List.of(texts) : List.of();
    }
}
