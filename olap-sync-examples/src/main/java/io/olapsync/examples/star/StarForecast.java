package io.olapsync.examples.star;

import io.olapsync.spi.RowDelta;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The row deltas that a full sync would report if it ran now: each definition evaluated over the tables as they are and
 * over the other definitions, compared with what the view holds.
 *
 * <p>It computes every view once, so it costs about what a full sync costs, and changes nothing.
 */
public final class StarForecast {

    private StarForecast() {}

    /**
     * The delta of each view, in the order of {@link StarSchema#VIEWS}. As {@code REFRESH MATERIALIZED VIEW CONCURRENTLY}
     * counts, a changed row is one deleted and one inserted.
     *
     * @param connection in auto-commit mode
     * @throws SQLException with SQLSTATE 55000 when a view was never populated
     */
    public static Map<String, RowDelta> of(Connection connection) throws SQLException {
        return Transactions.inOne(connection, tx -> {
            StarSchema.execute(tx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            // Six definitions in one statement: with JIT, compiling them takes ten times as long as running them.
            StarSchema.execute(tx, "SET LOCAL jit = off");
            // Definitions then name the views without a schema, and a view's name means its definition below.
            StarSchema.execute(tx, "SET LOCAL search_path = public");
            return deltas(tx, "WITH " + definitions(tx) + " " + comparisons());
        });
    }

    private static String definitions(Connection connection) throws SQLException {
        StringBuilder definitions = new StringBuilder();
        try (Statement statement = connection.createStatement()) {
            for (String view : StarSchema.VIEWS) {
                String sql = "SELECT rtrim(pg_get_viewdef('public." + view + "'::regclass), ';')";
                try (ResultSet row = statement.executeQuery(sql)) {
                    row.next();
                    definitions
                            .append(definitions.isEmpty() ? "" : ", ")
                            .append(view)
                            .append(" AS MATERIALIZED (")
                            .append(row.getString(1))
                            .append(')');
                }
            }
        }
        return definitions.toString();
    }

    private static String comparisons() {
        return StarSchema.VIEWS.stream()
                .map(view -> "SELECT '" + view + "', (SELECT count(*) FROM (TABLE " + view
                        + " EXCEPT ALL TABLE public." + view + ") n), (SELECT count(*) FROM (TABLE public." + view
                        + " EXCEPT ALL TABLE " + view + ") o)")
                .collect(Collectors.joining(" UNION ALL "));
    }

    private static Map<String, RowDelta> deltas(Connection connection, String sql) throws SQLException {
        Map<String, RowDelta> deltas = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                deltas.put(rows.getString(1), new RowDelta(rows.getLong(2), 0, rows.getLong(3)));
            }
        }
        return Collections.unmodifiableMap(deltas);
    }
}
