package io.olapsync.jdbc.internal;

import io.olapsync.jdbc.internal.delta.DeltaNames;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/**
 * Notices tables that got new files while they were being read.
 *
 * <p>TRUNCATE, and an ALTER TABLE that rewrites, give a table a new file: the old one is gone, and what is in the new one an
 * older snapshot does not see. So who takes a snapshot, waits for such a transaction to end, and then reads, finds the table empty, though to
 * nobody it ever was: the view would show a state that never existed, and be taken for the current one. A REPEATABLE READ transaction
 * takes its snapshot with its first statement, and REFRESH MATERIALIZED VIEW its own before it locks what it reads.
 *
 * <p>What a table's file is, {@code pg_class} tells as of the reader's snapshot, and {@code pg_relation_filenode} as of now. They are compared behind
 * the reading: from then on its own locks keep the files as they are until it ends. Where one is another, nothing of it is committed. What
 * is not read after all, such as a partition that the planner leaves out, only causes a refresh too many.
 */
public final class SourceFiles {

    /**
     * SQL: the tables and materialized views that are read for the view {@code c} of {@code pg_class}, which may be the delta table
     * {@code d} of {@code delta_table}, and for that itself, through plain views and with all partitions, each with its file, as texts
     * for {@link #CHANGED}; null where there are none.
     */
    static final String NOW = """
            (WITH RECURSIVE reads (oid, relkind) AS (
                (SELECT c.oid, c.relkind
                  UNION ALL
                 SELECT v.oid, v.relkind FROM pg_catalog.pg_class v
                  WHERE v.oid IN (pg_catalog.to_regclass('olap_sync.definition_' || d.id), pg_catalog.to_regclass('olap_sync.keys_' || d.id)))
                UNION
                SELECT s.oid, s.relkind
                  FROM reads v
                 CROSS JOIN LATERAL (
                    SELECT u.refobjid
                      FROM pg_catalog.pg_rewrite r
                      JOIN pg_catalog.pg_depend u ON u.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND u.objid = r.oid
                           AND u.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                     WHERE r.ev_class = v.oid AND r.ev_type = '1' AND (v.relkind = 'v' OR v.oid = c.oid)
                     UNION ALL
                    SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = v.oid AND v.relkind IN ('r', 'p')) e (oid)
                  JOIN pg_catalog.pg_class s ON s.oid = e.oid AND s.relkind IN ('r', 'p', 'v', 'm'))
             SELECT pg_catalog.array_agg(t.oid::text || ' ' || t.relfilenode::text)
               FROM reads JOIN pg_catalog.pg_class t USING (oid)
              WHERE t.relkind IN ('r', 'm') AND t.relfilenode <> 0 AND (t.oid <> c.oid OR t.relkind = 'r'))""";

    /** SQL: whether one of these has another file now, or has gone. */
    static final String CHANGED = "EXISTS (SELECT FROM pg_catalog.unnest(?::text[]) f (file)"
            + " WHERE pg_catalog.pg_relation_filenode(pg_catalog.split_part(file, ' ', 1)::oid)"
            + " IS DISTINCT FROM pg_catalog.split_part(file, ' ', 2)::oid)";

    private static final String OF_ONE = """
            SELECT %s AS files
              FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              LEFT JOIN LATERAL (SELECT substring(definition.relname FROM '[0-9]+$')::integer AS id
                                   FROM pg_catalog.pg_class definition WHERE definition.oid = %s) d ON true
             WHERE n.nspname = ? AND c.relname = ?""".formatted(NOW, DeltaNames.DEFINITION);

    private final Connection connection;
    private final List<String> files;

    private SourceFiles(Connection connection, List<String> files) {
        this.connection = connection;
        this.files = files;
    }

    /** Those of one view, as this transaction's snapshot has them; none where there is no such view. */
    public static SourceFiles of(Connection connection, ViewName view) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(OF_ONE)) {
            statement.setString(1, view.schema());
            statement.setString(2, view.name());
            List<String> files = Rows.all(statement, row -> Rows.strings(row, "files")).stream()
                    .flatMap(List::stream)
                    .toList();
            return new SourceFiles(connection, files);
        }
    }

    /** Whether one of them is another one now. */
    public boolean haveChanged() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT " + CHANGED)) {
            Rows.bindTexts(statement, 1, files);
            return Rows.all(statement, row -> row.getBoolean(1)).contains(true);
        }
    }
}
