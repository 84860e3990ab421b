package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Names;
import io.olapsync.jdbc.internal.Rows;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A materialized view, or a delta table, with all that its successor has to take over.
 *
 * @param kind the {@code relkind}: {@code m} or {@code r}
 * @param definition the query of a materialized view; empty for a table
 * @param method its table access method
 * @param ownerMayCreateParts whether the owner may create relations in the schema of the library
 * @param tablespace empty: the database's own
 * @param columns with what was set on them
 * @param comment empty where there is none
 * @param defaults whom a new table of this role in its schema would be granted to by default
 */
record Relation(
        ViewName name,
        long oid,
        String kind,
        boolean populated,
        String definition,
        String owner,
        boolean ownedByThisRole,
        boolean ownerMayCreateParts,
        List<String> options,
        String method,
        String tablespace,
        String comment,
        List<Attribute> columns,
        List<Index> indexes,
        List<Grant> grants,
        List<Statistics> statistics,
        List<String> defaults) {

    /** A row that is updated and finds room in its own page leaves the entries of the indexes as they are. */
    private static final String ROOM = "fillfactor=90";

    /** A column, with what follows {@code ALTER COLUMN name} to set what was set on it. */
    record Attribute(Column column, List<String> settings, String comment) {}

    /**
     * An index.
     *
     * @param prefix what its DDL begins with, up to the relation
     * @param identifies whether it tells every row from every other
     * @param settings what follows {@code ALTER INDEX name}
     */
    record Index(
            String name,
            String ddl,
            String prefix,
            boolean clustered,
            boolean identifies,
            List<String> settings,
            String comment) {}

    /** A privilege, on one column or, where that is empty, on all of it; the grantee in quotes, or PUBLIC. */
    record Grant(String privilege, String column, String grantee, boolean grantable) {}

    /** Extended statistics; a negative target is the default one, an empty owner this role. */
    record Statistics(String sql, String name, String comment, int target, String owner) {}

    private static final String RELATION = """
            SELECT c.oid, c.relkind, c.relispopulated, CASE c.relkind WHEN 'm' THEN pg_catalog.pg_get_viewdef(c.oid) ELSE '' END,
                   pg_catalog.pg_get_userbyid(c.relowner), pg_catalog.pg_get_userbyid(c.relowner) = current_user,
                   coalesce(pg_catalog.has_schema_privilege(c.relowner, pg_catalog.to_regnamespace('olap_sync'), 'CREATE'), false),
                   coalesce(c.reloptions, '{}') || ARRAY(SELECT 'toast.' || o FROM pg_catalog.pg_class t,
                            pg_catalog.unnest(t.reloptions) o WHERE t.oid = c.reltoastrelid) AS options,
                   coalesce(m.amname, 'heap'), coalesce(s.spcname, ''),
                   coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), ''),
                   ARRAY(SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END
                           FROM pg_catalog.pg_default_acl d, pg_catalog.aclexplode(d.defaclacl) a
                          WHERE d.defaclobjtype = 'r' AND d.defaclnamespace IN (0, c.relnamespace)
                            AND pg_catalog.pg_get_userbyid(d.defaclrole) = current_user AND a.grantee <> d.defaclrole) AS defaults
              FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
              LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
             WHERE n.nspname = ? AND c.relname = ? AND c.relkind IN ('m', 'r')""";

    private static final String COLUMNS = """
            SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
                   CASE WHEN a.attstorage <> t.typstorage THEN 'SET STORAGE ' || CASE a.attstorage WHEN 'p' THEN 'PLAIN'
                        WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END,
                   CASE a.attcompression WHEN 'p' THEN 'SET COMPRESSION pglz' WHEN 'l' THEN 'SET COMPRESSION lz4' END,
                   CASE WHEN a.attstattarget >= 0 THEN 'SET STATISTICS ' || a.attstattarget END,
                   CASE WHEN a.attoptions IS NOT NULL THEN 'SET (' || pg_catalog.array_to_string(a.attoptions, ', ') || ')' END,
                   coalesce(pg_catalog.col_description(a.attrelid, a.attnum), '')
              FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
             WHERE a.attrelid = ?::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum""";

    /** What our own refresh would be given is no index of the view's. */
    private static final String INDEXES = """
            SELECT c.relname, pg_catalog.pg_get_indexdef(c.oid),
                   'CREATE ' || CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END || 'INDEX ' || pg_catalog.quote_ident(c.relname)
                       || ' ON ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(r.relname) || ' ',
                   i.indisclustered, coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), ''),
                   i.indisunique AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL,
                   ARRAY(SELECT 'ALTER COLUMN ' || a.attnum || ' SET STATISTICS ' || a.attstattarget
                           FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attstattarget >= 0
                          ORDER BY a.attnum)
                   || CASE WHEN s.spcname IS NULL THEN '{}'::text[]
                           ELSE ARRAY['SET TABLESPACE ' || pg_catalog.quote_ident(s.spcname)] END AS settings
              FROM pg_catalog.pg_index i
              JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
              JOIN pg_catalog.pg_class r ON r.oid = i.indrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
              LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
             WHERE i.indrelid = ?::oid AND i.indisvalid ORDER BY c.relname""";

    private static final String GRANTS = """
            SELECT a.privilege_type, '' AS attname,
                   CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END,
                   a.is_grantable
              FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) a WHERE c.oid = ?::oid AND a.grantee <> c.relowner
            UNION ALL
            SELECT a.privilege_type, t.attname,
                   CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END,
                   a.is_grantable
              FROM pg_catalog.pg_attribute t, pg_catalog.aclexplode(t.attacl) a WHERE t.attrelid = ?::oid
             ORDER BY 2, 3, 1""";

    private static final String STATISTICS = """
            SELECT pg_catalog.pg_get_statisticsobjdef(s.oid),
                   pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(s.stxname),
                   coalesce(pg_catalog.obj_description(s.oid, 'pg_statistic_ext'), ''), coalesce(s.stxstattarget, -1),
                   coalesce(nullif(pg_catalog.pg_get_userbyid(s.stxowner), current_user), '')
              FROM pg_catalog.pg_statistic_ext s JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
             WHERE s.stxrelid = ?::oid ORDER BY 2""";

    /** Reads it; empty where there is no materialized view or table of this name. */
    static Optional<Relation> read(Connection connection, ViewName name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(RELATION)) {
            statement.setString(1, name.schema());
            statement.setString(2, name.name());
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(of(connection, name, row)) : Optional.empty();
            }
        }
    }

    private static Relation of(Connection connection, ViewName name, ResultSet row) throws SQLException {
        long oid = row.getLong(1);
        return new Relation(
                name,
                oid,
                row.getString(2),
                row.getBoolean(3),
                row.getString(4).strip().replaceAll(";$", ""),
                row.getString(5),
                row.getBoolean(6),
                row.getBoolean(7),
                Rows.strings(row, "options"),
                row.getString(9),
                row.getString(10),
                row.getString(11),
                list(connection, COLUMNS, oid, Relation::attribute),
                list(connection, INDEXES, oid, Relation::index),
                list(
                        connection,
                        GRANTS,
                        oid,
                        r -> new Grant(r.getString(1), r.getString(2), r.getString(3), r.getBoolean(4))),
                list(
                        connection,
                        STATISTICS,
                        oid,
                        r -> new Statistics(
                                r.getString(1), r.getString(2), r.getString(3), r.getInt(4), r.getString(5))),
                Rows.strings(row, "defaults"));
    }

    private static <T> List<T> list(Connection connection, String sql, long oid, Rows.Reader<T> reader)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 1; i <= statement.getParameterMetaData().getParameterCount(); i++) {
                statement.setString(i, String.valueOf(oid));
            }
            return Rows.all(statement, reader);
        }
    }

    private static Attribute attribute(ResultSet row) throws SQLException {
        List<String> settings = new java.util.ArrayList<>();
        for (int i = 3; i <= 6; i++) {
            Optional.ofNullable(row.getString(i)).ifPresent(settings::add);
        }
        return new Attribute(new Column(row.getString(1), row.getString(2)), settings, row.getString(7));
    }

    private static Index index(ResultSet row) throws SQLException {
        return new Index(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getBoolean(4),
                row.getBoolean(6),
                Rows.strings(row, "settings"),
                row.getString(5));
    }

    boolean isMaterializedView() {
        return kind.equals("m");
    }

    /** What a materialized view is created from, populated where this one is. */
    String definitionWithData() {
        return populated ? definition : definition + " WITH NO DATA";
    }

    /** With room in its pages for what is updated, unless somebody has said how full they are to be. */
    Relation withRoom() {
        return !method.equals("heap") || options.stream().anyMatch(option -> option.startsWith("fillfactor="))
                ? this
                : withOptions(Stream.concat(options.stream(), Stream.of(ROOM)).toList());
    }

    /** Without the room that {@link #withRoom} has given it. */
    Relation withoutRoom() {
        return withOptions(
                options.stream().filter(option -> !option.equals(ROOM)).toList());
    }

    private Relation withOptions(List<String> others) {
        return new Relation(
                name,
                oid,
                kind,
                populated,
                definition,
                owner,
                ownedByThisRole,
                ownerMayCreateParts,
                others,
                method,
                tablespace,
                comment,
                columns,
                indexes,
                grants,
                statistics,
                defaults);
    }

    /** How DDL calls what it is. */
    String word() {
        return isMaterializedView() ? "MATERIALIZED VIEW" : "TABLE";
    }

    /** How it is created under another name, up to the query. */
    String creation(String word, ViewName as) {
        return "CREATE " + word + " " + as.sql()
                + (method.equals("heap") ? "" : " USING " + Names.quote(method))
                + (options.isEmpty() ? "" : " WITH (" + String.join(", ", options) + ")")
                + (tablespace.isEmpty() ? "" : " TABLESPACE " + Names.quote(tablespace)) + " AS ";
    }
}
