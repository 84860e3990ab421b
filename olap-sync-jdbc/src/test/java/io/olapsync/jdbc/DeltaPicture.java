package io.olapsync.jdbc;

import io.olapsync.testkit.TestDatabase;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Everything that the system catalogs say of the relations of a schema, apart from which kind of relation each is. */
final class DeltaPicture {

    /** What a relation is, without whoever granted a privilege, and whose is what comes with ownership alone. */
    private static final String ACL = """
            (SELECT string_agg(x, ' ' ORDER BY x) FROM (
                SELECT coalesce(g.rolname, 'PUBLIC') || '=' || a.privilege_type || CASE WHEN a.is_grantable THEN '*' ELSE '' END AS x
                  FROM aclexplode(%s) a LEFT JOIN pg_roles g ON g.oid = a.grantee
                 WHERE a.privilege_type <> 'MAINTAIN') e)""";

    private static final String NAME = "n.nspname || '.' || c.relname";

    private static final Map<String, String> PARTS = parts();

    private DeltaPicture() {}

    private static Map<String, String> parts() {
        String of = " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY (?) ";
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put(
                "relation",
                "SELECT " + NAME
                        + ", CASE c.relkind WHEN 'r' THEN 'm' ELSE c.relkind END, c.relpersistence, c.relispopulated,"
                        + " pg_get_userbyid(c.relowner), c.reloptions::text, t.reloptions::text, coalesce(s.spcname, ''), m.amname,"
                        + " obj_description(c.oid, 'pg_class'), "
                        + ACL.formatted("coalesce(c.relacl, acldefault('r', c.relowner))")
                        + " FROM pg_class c LEFT JOIN pg_class t ON t.oid = c.reltoastrelid"
                        + " LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace LEFT JOIN pg_am m ON m.oid = c.relam"
                        + of
                        + "AND c.relkind IN ('m', 'r', 'v', 'p')");
        parts.put(
                "column",
                "SELECT " + NAME
                        + ", a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), l.collname, a.attstorage,"
                        + " a.attcompression, nullif(a.attstattarget, -1), a.attoptions::text, a.attnotnull,"
                        + " col_description(c.oid, a.attnum), pg_get_expr(d.adbin, d.adrelid), "
                        + ACL.formatted("a.attacl")
                        + " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
                        + " LEFT JOIN pg_collation l ON l.oid = a.attcollation LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum"
                        + of + "AND c.relkind IN ('m', 'r', 'v', 'p')");
        parts.put(
                "index",
                "SELECT " + NAME + ", pg_get_indexdef(i.indexrelid), i.indisclustered, i.indisvalid, i.indimmediate,"
                        + " coalesce(s.spcname, ''), obj_description(i.indexrelid, 'pg_class'),"
                        + " (SELECT string_agg(a.attnum || ':' || a.attstattarget, ' ' ORDER BY a.attnum) FROM pg_attribute a"
                        + " WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0)"
                        + " FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid JOIN pg_class x ON x.oid = i.indexrelid"
                        + " LEFT JOIN pg_tablespace s ON s.oid = x.reltablespace" + of);
        parts.put(
                "statistics",
                "SELECT " + NAME
                        + ", pg_get_statisticsobjdef(e.oid), nullif(e.stxstattarget, -1), pg_get_userbyid(e.stxowner),"
                        + " obj_description(e.oid, 'pg_statistic_ext') FROM pg_class c JOIN pg_statistic_ext e ON e.stxrelid = c.oid"
                        + of);
        parts.put(
                "definition",
                "SELECT " + NAME + ", pg_get_viewdef(c.oid) FROM pg_class c" + of + "AND c.relkind IN ('v', 'm')"
                        + " AND (c.relkind = 'v' OR ?)");
        parts.put(
                "function",
                "SELECT c.proname, pg_get_functiondef(c.oid), pg_get_userbyid(c.proowner), obj_description(c.oid, 'pg_proc'),"
                        + " c.proacl::text FROM pg_proc c JOIN pg_namespace n ON n.oid = c.pronamespace"
                        + " WHERE n.nspname = ANY (?)");
        parts.put(
                "trigger",
                "SELECT " + NAME
                        + ", pg_get_triggerdef(t.oid), t.tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                        + of + "AND (t.tgname !~ '^olap_sync_' OR ?)");
        parts.put("left over", "SELECT c.relname FROM pg_class c" + of + "AND c.relname ~ '^olap_sync_(new|old)'");
        return parts;
    }

    /**
     * It, line by line.
     *
     * @param complete also what tells a delta table from a materialized view: the definition and the triggers
     */
    static List<String> of(TestDatabase db, boolean complete, String... schemas) {
        String array = "{"
                + String.join(
                        ",",
                        java.util.Arrays.stream(schemas).map(s -> '"' + s + '"').toList()) + "}";
        return PARTS.entrySet().stream()
                .flatMap(part -> {
                    String sql = part.getValue()
                            .replaceFirst("ANY \\(\\?\\)", "ANY ('" + array + "'::text[])")
                            .replace("OR ?", "OR " + complete);
                    return db.rows(sql).stream()
                            .map(row -> part.getKey() + ": "
                                    + row.stream().map(String::valueOf).collect(Collectors.joining(" | ")));
                })
                .sorted()
                .toList();
    }
}
