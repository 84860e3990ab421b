package io.olapsync.jdbc.internal;

import io.olapsync.jdbc.internal.delta.DeltaNames;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import javax.sql.DataSource;

/** Which materialized views and delta tables the definitions of materialized views and of delta tables read. */
public final class Dependencies {

    /**
     * From the rule that holds a view's query, which for a delta table is that of its definition, through the rules of plain
     * views and the bodies of functions as far as they are parsed, up to the first materialized views and delta tables.
     */
    private static final String WALK = """
            WITH RECURSIVE root (oid, definition) AS (
                %%s
            ), walk (root, classid, objid) AS (
                SELECT root.oid, 'pg_rewrite'::regclass::oid, r.oid
                  FROM root JOIN pg_rewrite r ON r.ev_class = root.definition AND r.ev_type = '1'
                UNION
                SELECT w.root,
                       CASE WHEN d.refclassid = 'pg_proc'::regclass THEN d.refclassid ELSE 'pg_rewrite'::regclass::oid END,
                       CASE WHEN d.refclassid = 'pg_proc'::regclass THEN d.refobjid ELSE r.oid END
                  FROM walk w
                  JOIN pg_depend d ON d.classid = w.classid AND d.objid = w.objid
                  LEFT JOIN pg_class c ON d.refclassid = 'pg_class'::regclass AND c.oid = d.refobjid AND c.relkind = 'v'
                  LEFT JOIN pg_rewrite r ON r.ev_class = c.oid AND r.ev_type = '1'
                 WHERE r.oid IS NOT NULL OR d.refclassid = 'pg_proc'::regclass
            ), edge AS (
                SELECT DISTINCT w.root, c.oid AS upstream
                  FROM walk w
                  JOIN pg_depend d ON d.classid = w.classid AND d.objid = w.objid
                                  AND d.refclassid = 'pg_class'::regclass
                  JOIN pg_class c ON c.oid = d.refobjid AND (c.relkind = 'm' OR %1$s) AND c.oid <> w.root
            )
            SELECT rn.nspname AS schema, rc.relname AS name, un.nspname AS upstream_schema, uc.relname AS upstream_name
              FROM root
              JOIN pg_class rc ON rc.oid = root.oid
              JOIN pg_namespace rn ON rn.oid = rc.relnamespace
              LEFT JOIN edge e ON e.root = root.oid
              LEFT JOIN pg_class uc ON uc.oid = e.upstream
              LEFT JOIN pg_namespace un ON un.oid = uc.relnamespace
             ORDER BY 1, 2, 3, 4
            """.formatted(DeltaNames.IS_DELTA_TABLE);

    private static final String ROOT =
            "SELECT c.oid, CASE c.relkind WHEN 'm' THEN c.oid ELSE " + DeltaNames.DEFINITION + " END FROM ";

    private static final String REFRESHABLE = "(c.relkind = 'm' OR " + DeltaNames.IS_DELTA_TABLE + ")";

    static final String OF_SOME = WALK.formatted(ROOT + """
            unnest(?::text[], ?::text[]) AS w(schema, name)
                  JOIN pg_namespace n ON n.nspname = w.schema
                  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND\s""" + REFRESHABLE);

    private static final String OF_ALL = WALK.formatted(ROOT + "pg_class c WHERE " + REFRESHABLE);

    private Dependencies() {}

    /** The direct upstreams of these views, sorted; those that do not exist are absent. */
    public static Map<ViewName, Set<ViewName>> of(DataSource dataSource, Collection<ViewName> views)
            throws RefreshException {
        return edges(Transactions.read(
                dataSource,
                "reading what views depend on",
                OF_SOME,
                select -> Rows.bindNames(select, 1, views),
                Dependencies::edge));
    }

    /** The direct upstreams of all materialized views and delta tables of the database, sorted. */
    public static Map<ViewName, Set<ViewName>> all(DataSource dataSource) throws RefreshException {
        return edges(Transactions.read(
                dataSource, "discovering materialized views", OF_ALL, select -> {}, Dependencies::edge));
    }

    /** One row: a view and at most one of its upstreams. */
    record Edge(ViewName view, List<ViewName> upstream) {}

    static Edge edge(ResultSet row) throws SQLException {
        return new Edge(name(row, "schema", "name"), upstream(row));
    }

    static Map<ViewName, Set<ViewName>> edges(List<Edge> found) {
        Map<ViewName, Set<ViewName>> edges = new LinkedHashMap<>();
        for (Edge edge : found) {
            edges.computeIfAbsent(edge.view(), view -> new TreeSet<>()).addAll(edge.upstream());
        }
        return edges;
    }

    private static List<ViewName> upstream(ResultSet row) throws SQLException {
        return row.getString("upstream_name") == null
                ? List.of()
                : List.of(name(row, "upstream_schema", "upstream_name"));
    }

    private static ViewName name(ResultSet row, String schema, String name) throws SQLException {
        return ViewName.of(row.getString(schema), row.getString(name));
    }
}
