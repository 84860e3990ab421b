package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Rows;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/** What a definition reads, and what can be captured of that. */
final class Sources {

    /** @param kind the {@code relkind} */
    record Read(ViewName name, String kind, boolean isDeltaTable) {}

    /** @param comparable whether values can be told apart, so that each is kept once */
    record SourceColumn(Column column, boolean comparable) {}

    /** Through plain views; a function's parsed body is looked into by PostgreSQL's own record of what it depends on. */
    private static final String READ = """
            WITH RECURSIVE walk (relation) AS (
                SELECT ?::oid
                UNION
                SELECT d.refobjid
                  FROM walk w
                  JOIN pg_catalog.pg_class v ON v.oid = w.relation AND (v.relkind = 'v' OR v.oid = ?::oid)
                  JOIN pg_catalog.pg_rewrite r ON r.ev_class = w.relation AND r.ev_type = '1'
                  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
                       AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> w.relation)
            SELECT DISTINCT n.nspname, c.relname, c.relkind, %s
              FROM walk w JOIN pg_catalog.pg_class c ON c.oid = w.relation AND c.oid <> ?::oid AND c.relkind IN ('r', 'p', 'f', 'm')
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             ORDER BY 1, 2""".formatted(DeltaNames.IS_DELTA_TABLE);

    private static final String COLUMNS = """
            SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
                   EXISTS (SELECT FROM pg_catalog.pg_opclass o JOIN pg_catalog.pg_am m ON m.oid = o.opcmethod
                            WHERE m.amname = 'hash' AND o.opcdefault
                              AND (o.opcintype = b.oid
                                   OR o.opcintype = 'anyarray'::regtype AND b.typcategory = 'A'
                                   OR o.opcintype = 'anyenum'::regtype AND b.typtype = 'e'
                                   OR o.opcintype = 'anyrange'::regtype AND b.typtype = 'r'
                                   OR EXISTS (SELECT FROM pg_catalog.pg_cast k WHERE k.castsource = b.oid
                                                 AND k.casttarget = o.opcintype AND k.castmethod = 'b' AND k.castcontext = 'i')))
              FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
              JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
              JOIN pg_catalog.pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
             WHERE n.nspname = ? AND c.relname = ? ORDER BY a.attnum""";

    /** The table and all its partitions; each needs triggers of its own, since DML may name it. */
    private static final String MEMBERS = """
            WITH RECURSIVE member (oid) AS (
                SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = ? AND c.relname = ?
                UNION
                SELECT i.inhrelid FROM member m JOIN pg_catalog.pg_inherits i ON i.inhparent = m.oid)
            SELECT n.nspname, c.relname, c.relkind, false
              FROM member m JOIN pg_catalog.pg_class c USING (oid) JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             ORDER BY c.oid""";

    private final Connection connection;

    Sources(Connection connection) {
        this.connection = connection;
    }

    /** The tables and materialized views that a view's definition reads. */
    List<Read> readBy(long view) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(READ)) {
            for (int i = 1; i <= 3; i++) {
                statement.setString(i, String.valueOf(view));
            }
            return Rows.all(statement, Sources::read);
        }
    }

    /** The columns of a table; none where there is no such table. */
    List<SourceColumn> columns(ViewName table) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(COLUMNS)) {
            statement.setString(1, table.schema());
            statement.setString(2, table.name());
            return Rows.all(
                    statement,
                    row -> new SourceColumn(new Column(row.getString(1), row.getString(2)), row.getBoolean(3)));
        }
    }

    /** The table and its partitions. */
    List<Read> members(ViewName table) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(MEMBERS)) {
            statement.setString(1, table.schema());
            statement.setString(2, table.name());
            return Rows.all(statement, Sources::read);
        }
    }

    private static Read read(java.sql.ResultSet row) throws SQLException {
        return new Read(ViewName.of(row.getString(1), row.getString(2)), row.getString(3), row.getBoolean(4));
    }
}
