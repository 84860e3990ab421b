package io.olapsync.jdbc.internal;

import io.olapsync.jdbc.internal.delta.DeltaNames;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import javax.sql.DataSource;

/**
 * What the catalog says of one name.
 *
 * @param kind the {@code relkind}; empty where there is no such relation
 * @param isDeltaTable whether it is a table that the library keeps in the place of a materialized view
 * @param missingParts what the library keeps for a delta table and is not there, such as {@code definition_1}
 * @param missingGrants what a refresh of a delta table needs and this role lacks, as {@code SELECT ON "s"."t"}
 * @param hasMaintain whether the server knows the privilege MAINTAIN; before that only the owner may refresh
 * @param unusableIndexes the unique indexes that a concurrent refresh cannot use, each with the reason; empty where
 *     one can be used
 */
public record CatalogRow(
        ViewName view,
        long oid,
        String kind,
        boolean isDeltaTable,
        List<String> missingParts,
        List<String> missingGrants,
        String database,
        boolean schemaExists,
        String role,
        String owner,
        boolean ownerIsSuperuser,
        boolean hasMaintain,
        boolean mayRefresh,
        boolean maySeeSchema,
        boolean hasUsableIndex,
        List<String> unusableIndexes) {

    /** The conditions of is_usable_unique_index() in the server's matview.c. */
    static final String QUERY = """
            SELECT w.schema, w.name, coalesce(c.oid, 0)::bigint AS oid, coalesce(c.relkind::text, '') AS kind,
                   current_database() AS database, n.oid IS NOT NULL AS schema_exists,
                   current_user AS role, coalesce(pg_get_userbyid(c.relowner), '') AS owner,
                   coalesce((SELECT rolsuper FROM pg_roles a WHERE a.oid = c.relowner), false) AS owner_is_superuser,
                   coalesce(CASE WHEN s.has_maintain THEN has_table_privilege(c.oid, 'MAINTAIN')
                                 ELSE pg_has_role(c.relowner, 'USAGE') END, false) AS may_refresh, s.has_maintain,
                   delta.id IS NOT NULL AS is_delta, parts.missing AS missing_parts, parts.refused AS missing_grants,
                   coalesce(has_schema_privilege(n.oid, 'USAGE'), false) AS may_see_schema,
                   coalesce(x.usable, false) AS usable, x.names, x.reasons
              FROM unnest(?::text[], ?::text[]) WITH ORDINALITY AS w(schema, name, position)
             CROSS JOIN (SELECT current_setting('server_version_num')::int >= 170000 AS has_maintain) s
              LEFT JOIN pg_namespace n ON n.nspname = w.schema
              LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
              LEFT JOIN LATERAL (
                    SELECT substring(g.tgname FROM '[0-9]+$') AS id FROM pg_trigger g
                     WHERE c.relkind = 'r' AND g.tgrelid = c.oid AND g.tgname ~ '^%1$s[0-9]+$'
                     ORDER BY g.tgname LIMIT 1) delta ON true
              LEFT JOIN LATERAL (
                    SELECT array_agg(p.name::text ORDER BY p.name) FILTER (WHERE p.oid IS NULL) AS missing,
                           array_agg(p.privileges || ' ON ' || quote_ident(p.schema) || '.' || quote_ident(p.name)
                                     ORDER BY p.schema, p.name)
                               FILTER (WHERE p.oid IS NOT NULL AND NOT (
                                   SELECT bool_and(has_table_privilege(p.oid, one))
                                     FROM unnest(string_to_array(p.privileges, ', ')) one)) AS refused
                      FROM (SELECT w.schema, w.name, c.oid, 'SELECT, INSERT, UPDATE, DELETE' AS privileges
                            UNION ALL
                            SELECT 'olap_sync', part || delta.id, pc.oid, 'SELECT'
                              FROM unnest(ARRAY['definition_', 'keys_', 'pending_']) part
                              LEFT JOIN pg_class pc ON pc.relname = part || delta.id
                                   AND pc.relnamespace = (SELECT o.oid FROM pg_namespace o WHERE o.nspname = 'olap_sync')
                            UNION ALL
                            SELECT 'olap_sync', pc.relname, pc.oid, 'SELECT' FROM pg_class pc JOIN pg_namespace pn ON pn.oid = pc.relnamespace
                             WHERE pn.nspname = 'olap_sync' AND pc.relname ~ ('^images_' || delta.id || '_[0-9]+$')
                            UNION ALL
                            SELECT 'olap_sync', k.relname, k.oid, 'SELECT, DELETE'
                              FROM pg_class pc JOIN pg_namespace pn ON pn.oid = pc.relnamespace
                              JOIN pg_rewrite r ON r.ev_class = pc.oid
                              JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                                              AND d.refclassid = 'pg_class'::regclass
                              JOIN pg_class k ON k.oid = d.refobjid AND k.relkind = 'r' AND k.relname ~ '^changes_[0-9]+$'
                             WHERE pn.nspname = 'olap_sync' AND pc.relname = 'pending_' || delta.id
                             GROUP BY k.oid, k.relname) p WHERE delta.id IS NOT NULL) parts ON true
              LEFT JOIN LATERAL (
                    SELECT bool_or(i.why = '') AS usable,
                           array_agg(i.relname::text ORDER BY i.relname) AS names,
                           array_agg(i.why ORDER BY i.relname) AS reasons
                      FROM (SELECT ic.relname, concat_ws(' and ',
                                   CASE WHEN NOT ui.indisvalid THEN 'is invalid' END,
                                   CASE WHEN NOT ui.indimmediate THEN 'is deferrable' END,
                                   CASE WHEN ui.indpred IS NOT NULL THEN 'has a WHERE clause' END,
                                   CASE WHEN NOT 0 < ALL (ui.indkey::int2[])
                                        THEN 'is not on plain columns alone' END) AS why
                              FROM pg_index ui JOIN pg_class ic ON ic.oid = ui.indexrelid
                             WHERE ui.indrelid = c.oid AND ui.indisunique) i) x ON c.relkind = 'm' OR delta.id IS NOT NULL
             ORDER BY w.position
            """.formatted(DeltaNames.GUARD);

    /** One row per name, in order. */
    public static List<CatalogRow> read(DataSource dataSource, Collection<ViewName> views) throws RefreshException {
        return Transactions.read(
                dataSource, "inspecting views", QUERY, select -> Rows.bindNames(select, 1, views), CatalogRow::of);
    }

    public boolean exists() {
        return !kind.isEmpty();
    }

    public boolean isMaterializedView() {
        return kind.equals("m");
    }

    /** Whether it is something that can be refreshed. */
    public boolean isRefreshable() {
        return isMaterializedView() || isDeltaTable;
    }

    static CatalogRow of(ResultSet row) throws SQLException {
        boolean usable = row.getBoolean("usable");
        return new CatalogRow(
                ViewName.of(row.getString("schema"), row.getString("name")),
                row.getLong("oid"),
                row.getString("kind"),
                row.getBoolean("is_delta"),
                Rows.strings(row, "missing_parts"),
                Rows.strings(row, "missing_grants"),
                row.getString("database"),
                row.getBoolean("schema_exists"),
                row.getString("role"),
                row.getString("owner"),
                row.getBoolean("owner_is_superuser"),
                row.getBoolean("has_maintain"),
                row.getBoolean("may_refresh"),
                row.getBoolean("may_see_schema"),
                usable,
                usable ? List.of() : unusable(Rows.strings(row, "names"), Rows.strings(row, "reasons")));
    }

    private static List<String> unusable(List<String> names, List<String> reasons) {
        List<String> indexes = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            indexes.add(Names.quote(names.get(i)) + " " + reasons.get(i));
        }
        return List.copyOf(indexes);
    }
}
