package io.olapsync.jdbc.internal;

import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** Proposes the unique index that a materialized view lacks. */
public final class IndexProposals {

    /**
     * The columns of an unusable unique index, best first: a valid one without a WHERE clause proves that what it reads
     * is unique, for f(a) cannot be unique where a is not. Else the column that the statistics take for unique.
     */
    private static final String QUERY = """
            SELECT c.oid::bigint AS oid, b.columns, b.index_name, b.valid, b.whole, s.guess
              FROM unnest(?::bigint[]) AS w(oid)
              JOIN pg_class c ON c.oid = w.oid::oid
              JOIN pg_namespace n ON n.oid = c.relnamespace
              LEFT JOIN LATERAL (
                    SELECT array_agg(k.attname ORDER BY k.position, k.attnum) AS columns,
                           k.index_name, k.valid, k.whole
                      FROM (SELECT DISTINCT i.indexrelid, ic.relname::text AS index_name, i.indisvalid AS valid,
                                   i.indpred IS NULL AS whole, a.attname::text AS attname, a.attnum,
                                   array_position(i.indkey::int2[], a.attnum) AS position
                              FROM pg_index i
                              JOIN pg_class ic ON ic.oid = i.indexrelid
                              JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                                              AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid
                              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid AND a.attnum > 0
                             WHERE i.indrelid = c.oid AND i.indisunique
                               AND CASE WHEN a.attnum = ANY (i.indkey::int2[])
                                        THEN array_position(i.indkey::int2[], a.attnum) < i.indnkeyatts
                                        ELSE i.indpred IS NULL END) k
                     GROUP BY k.indexrelid, k.index_name, k.valid, k.whole
                     ORDER BY k.valid AND k.whole DESC, k.whole DESC, count(*), k.index_name
                     LIMIT 1) b ON true
              LEFT JOIN LATERAL (
                    SELECT a.attname::text AS guess
                      FROM pg_stats p
                      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = p.attname
                     WHERE p.schemaname = n.nspname AND p.tablename = c.relname AND p.n_distinct = -1
                     ORDER BY p.null_frac, p.attname <> 'id', p.attname NOT LIKE '%id', a.attnum
                     LIMIT 1) s ON true
            """;

    private static final String PLACEHOLDER = "<the columns that identify a row, none of them NULL>";

    private IndexProposals() {}

    /** The DDL for each of these views. */
    public static Map<ViewName, String> of(Connection connection, Collection<CatalogRow> views) throws SQLException {
        Map<ViewName, String> proposals = new HashMap<>();
        if (views.isEmpty()) {
            return proposals;
        }
        Map<Long, ViewName> byOid = views.stream().collect(Collectors.toMap(CatalogRow::oid, CatalogRow::view));
        try (PreparedStatement select = connection.prepareStatement(QUERY)) {
            select.setArray(1, connection.createArrayOf("bigint", byOid.keySet().toArray()));
            for (Map.Entry<Long, String> row : Rows.all(select, row -> proposal(row, byOid))) {
                proposals.put(Objects.requireNonNull(byOid.get(row.getKey())), row.getValue());
            }
        }
        return proposals;
    }

    private static Map.Entry<Long, String> proposal(ResultSet row, Map<Long, ViewName> byOid) throws SQLException {
        long oid = row.getLong("oid");
        ViewName view = Objects.requireNonNull(byOid.get(oid));
        List<String> columns = Rows.strings(row, "columns");
        String guess = row.getString("guess");
        if (!columns.isEmpty()) {
            String index = Names.quote(row.getString("index_name"));
            String create = create(view, columns);
            if (!row.getBoolean("whole")) {
                create += " -- if that is unique in the whole view, as " + index + " says of a part of it";
            } else if (!row.getBoolean("valid")) {
                create = "DROP INDEX " + Names.quote(view.schema()) + "." + index + "; " + create;
            }
            return Map.entry(oid, create);
        }
        return Map.entry(
                oid,
                guess == null
                        ? "CREATE UNIQUE INDEX ON " + view.sql() + " (" + PLACEHOLDER + ")"
                        : create(view, List.of(guess)) + " -- a guess: the statistics say that its values are unique");
    }

    private static String create(ViewName view, List<String> columns) {
        String quoted = columns.stream().map(Names::quote).collect(Collectors.joining(", "));
        return "CREATE UNIQUE INDEX ON " + view.sql() + " (" + quoted + ")";
    }
}
