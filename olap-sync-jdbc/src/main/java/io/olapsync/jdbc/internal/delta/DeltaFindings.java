package io.olapsync.jdbc.internal.delta;

import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What the catalog says of views that a plan declares as delta tables. */
public final class DeltaFindings {

    private static final String REMEDY = "run PostgresDeltaTables.of(dataSource).convert(plan)";

    private static final String AS_INSTALLED = """
            SELECT w.schema, w.name, c.relkind::text, %s AS is_delta, d.id IS NOT NULL AS known, coalesce(d.declared = w.declared, false)
              FROM (VALUES %s) w (schema, name, declared)
              JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema
              JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
              LEFT JOIN %s d ON d.view_schema = w.schema AND d.view_name = w.name""";

    private static final String NOTHING_INSTALLED =
            "(SELECT 0 AS id, '' AS view_schema, '' AS view_name, '{}'::jsonb AS declared WHERE false)";

    private DeltaFindings() {}

    /** One finding at the most for each; those that do not exist have theirs already. */
    public static List<Finding> of(Connection connection, Map<ViewName, DeltaSpec> declared) throws SQLException {
        String values = declared.entrySet().stream()
                .map(each -> "(" + Texts.literal(each.getKey().schema()) + ", "
                        + Texts.literal(each.getKey().name()) + ", " + Declaration.json(each.getValue()) + ")")
                .collect(Collectors.joining(", "));
        String installed = isInstalled(connection) ? "olap_sync.delta_table" : NOTHING_INSTALLED;
        List<Finding> findings = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery(AS_INSTALLED.formatted(DeltaNames.IS_DELTA_TABLE, values, installed))) {
            while (rows.next()) {
                finding(rows).ifPresent(findings::add);
            }
        }
        return findings;
    }

    private static boolean isInstalled(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                                + " WHERE n.nspname = 'olap_sync' AND c.relname = 'delta_table')")) {
            row.next();
            return row.getBoolean(1);
        }
    }

    private static Optional<Finding> finding(ResultSet row) throws SQLException {
        ViewName view = ViewName.of(row.getString(1), row.getString(2));
        boolean isDelta = row.getBoolean(4);
        if (row.getString(3).equals("m")) {
            return Optional.of(new Finding(
                    Severity.WARNING,
                    "delta-not-converted",
                    view,
                    view.sql()
                            + " is declared as a delta table and is a materialized view still: each refresh computes all of"
                            + " it",
                    REMEDY));
        }
        if (isDelta && !row.getBoolean(5)) {
            return Optional.of(new Finding(
                    Severity.ERROR,
                    "delta-unknown",
                    view,
                    view.sql() + " is a delta table of which olap_sync.delta_table says nothing under this name",
                    "rename it back, or restore its row in olap_sync.delta_table"));
        }
        if (isDelta && !row.getBoolean(6)) {
            return Optional.of(new Finding(
                    Severity.ERROR,
                    "delta-declared-otherwise",
                    view,
                    view.sql()
                            + " was made a delta table by another declaration than the plan's, which could miss changes",
                    REMEDY));
        }
        return Optional.empty();
    }
}
