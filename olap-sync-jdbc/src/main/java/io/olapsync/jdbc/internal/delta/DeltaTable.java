package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Rows;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A delta table as it is found before its refresh, in the refreshing transaction.
 *
 * @param columns all of its columns
 * @param key those by which it is recomputed
 * @param identity those of a unique index: what makes a row the same row; empty where there is no such index
 * @param severalUnique whether it has further unique indexes, in whose way an update in place could stand
 * @param aging the condition on rows that change with the time alone
 * @param timed whether its definition depends on the time
 * @param pushdown how single keys are computed without computing all
 * @param additive whether its definition is one whose sums can be maintained
 * @param definition the oid of the view that is its definition
 * @param known whether it is known what its rows show
 * @param sourcesThen what its sources and their triggers were when it was refreshed
 * @param sourcesNow what they are; null where one has gone
 * @param captured whether every source has all of its triggers, enabled as they should be, or is fed by events
 * @param fullMicros what the last recomputation of all took; null where there was none
 * @param keyMicros what one key took of late; null where there was none
 * @param changeMicros what one change took of late where sums were maintained; null where there was none
 * @param refused how many refreshes would have gone another way had it not been expected to take longer, since one was tried
 * @param inVain how many such tries in a row took longer, indeed
 * @param rows how many rows it has, by the server's estimate; 0 where there is none
 */
record DeltaTable(
        int id,
        ViewName view,
        List<Column> columns,
        List<Column> key,
        List<Column> identity,
        boolean severalUnique,
        Optional<String> aging,
        boolean timed,
        Pushdown pushdown,
        boolean additive,
        long definition,
        boolean known,
        @Nullable String sourcesThen,
        @Nullable String sourcesNow,
        boolean captured,
        @Nullable Long fullMicros,
        @Nullable Double keyMicros,
        @Nullable Double changeMicros,
        int refused,
        int inVain,
        long rows) {

    /**
     * The sources are told by what their triggers and partitions are, and by the rules of the definition and of the plain views
     * beneath it: whoever drops, disables or enables a trigger, attaches or detaches a partition, or replaces a view, writes
     * such a row anew, and so gives it another xmin. Where there is the function for what replication applies, each relation with
     * rows has one trigger more; where it has gone, those for TRUNCATE are not enabled as they should be. See {@link Capture#enabled}.
     */
    static final String LOAD = """
            WITH RECURSIVE d AS MATERIALIZED (
                SELECT t.*, n.oid AS namespace, coalesce(pg_catalog.to_regclass('olap_sync.definition_' || t.id)::oid, 0) AS definition
                  FROM olap_sync.delta_table t LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = t.view_schema WHERE t.id = ?),
            member (capture, fed, names, relation, replicated) AS (
                SELECT s.capture_id, a.fed,
                       ARRAY['%1$s' || s.capture_id || '_insert', '%1$s' || s.capture_id || '_update',
                             '%1$s' || s.capture_id || '_delete', '%1$s' || s.capture_id || '_truncate',
                             '%1$s' || s.capture_id || '_row']::name[], c.oid,
                       pg_catalog.to_regproc('%2$s' || s.capture_id) IS NOT NULL
                  FROM d JOIN olap_sync.delta_source s ON s.delta_id = d.id JOIN olap_sync.capture a ON a.id = s.capture_id
                  LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = a.table_schema
                  LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = a.table_name
                UNION
                SELECT m.capture, m.fed, m.names, i.inhrelid, m.replicated
                  FROM member m JOIN pg_catalog.pg_inherits i ON i.inhparent = m.relation),
            triggers AS (
                SELECT pg_catalog.md5(pg_catalog.string_agg(m.capture || ':' || m.relation || ':'
                           || CASE WHEN m.fed THEN 'fed' ELSE t.oid || '.' || t.xmin END, ',' ORDER BY m.capture, m.relation, t.oid)) AS told,
                       pg_catalog.bool_and(m.relation IS NOT NULL)
                           AND pg_catalog.count(*) FILTER (WHERE t.tgenabled = CASE t.tgname
                                   WHEN m.names[5] THEN 'R'::"char"
                                   WHEN m.names[4] THEN CASE WHEN m.replicated THEN 'A'::"char" ELSE 'O'::"char" END
                                   ELSE 'O'::"char" END)
                               = (SELECT coalesce(pg_catalog.sum(CASE WHEN replicated AND (SELECT c.relkind FROM pg_catalog.pg_class c
                                      WHERE c.oid = relation) = 'r' THEN 5 ELSE 4 END), 0) FROM member WHERE NOT fed) AS captured
                  FROM member m
                  LEFT JOIN pg_catalog.pg_trigger t ON t.tgrelid = m.relation AND t.tgname = ANY (m.names) AND NOT m.fed),
            rule (oid, told) AS (
                SELECT r.oid, r.oid || '.' || r.xmin FROM d JOIN pg_catalog.pg_rewrite r ON r.ev_class = d.definition
                UNION
                SELECT n.oid, n.oid || '.' || n.xmin
                  FROM rule u
                 CROSS JOIN LATERAL (
                       SELECT DISTINCT p.refobjid FROM pg_catalog.pg_depend p
                        WHERE p.classid = 'pg_catalog.pg_rewrite'::regclass AND p.objid = u.oid
                          AND p.refclassid = 'pg_catalog.pg_class'::regclass OFFSET 0) p
                  JOIN pg_catalog.pg_class v ON v.oid = p.refobjid AND v.relkind = 'v'
                  JOIN pg_catalog.pg_rewrite n ON n.ev_class = v.oid AND n.ev_type = '1')
            SELECT d.view_schema, d.view_name, d.key_columns, d.aging, d.timed, d.pushed_down, d.additive,
                   d.definition::bigint AS definition, d.shown IS NOT NULL AS known, d.sources AS sources_then,
                   t.told || (SELECT pg_catalog.md5(pg_catalog.string_agg(told, ',' ORDER BY oid)) FROM rule) AS sources_now, t.captured,
                   d.full_micros, d.key_micros, d.change_micros, d.refused, d.in_vain, a.columns, a.types, a.numbers,
                   %3$s AS identity,
                   (SELECT pg_catalog.count(*) > 1 FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisunique)
                       AS several_unique,
                   greatest(c.reltuples, 0)::bigint AS estimated
              FROM d
              JOIN pg_catalog.pg_class c ON c.relnamespace = d.namespace AND c.relname = d.view_name
             CROSS JOIN triggers t
             CROSS JOIN LATERAL (
                   SELECT pg_catalog.array_agg(a.attname::text) AS columns, pg_catalog.array_agg(a.type) AS types,
                          pg_catalog.array_agg(a.attnum::text) AS numbers
                     FROM (SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, a.attnum
                             FROM pg_catalog.pg_attribute a
                            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) a) a""".formatted(DeltaNames.CAPTURE, DeltaNames.CAPTURE_ROW, Identity.COLUMNS);

    /** The places of the columns of {@link #identity} among all, from 1. */
    List<Integer> identityPlaces() {
        return identity.stream().map(column -> columns.indexOf(column) + 1).toList();
    }

    /** Reads it; empty where there is none of this number, or its table has gone. */
    static Optional<DeltaTable> load(Connection connection, int id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOAD)) {
            statement.setInt(1, id);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(of(id, row)) : Optional.empty();
            }
        }
    }

    static DeltaTable of(int id, ResultSet row) throws SQLException {
        List<String> names = Rows.strings(row, "columns");
        List<String> types = Rows.strings(row, "types");
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            columns.add(new Column(names.get(i), types.get(i)));
        }
        return new DeltaTable(
                id,
                ViewName.of(row.getString("view_schema"), row.getString("view_name")),
                columns,
                named(columns, Rows.strings(row, "key_columns")),
                numbered(columns, Rows.strings(row, "numbers"), Rows.strings(row, "identity")),
                row.getBoolean("several_unique"),
                Optional.ofNullable(row.getString("aging")),
                row.getBoolean("timed"),
                Pushdown.named(row.getString("pushed_down")),
                row.getBoolean("additive"),
                row.getLong("definition"),
                row.getBoolean("known"),
                row.getString("sources_then"),
                row.getString("sources_now"),
                row.getBoolean("captured"),
                row.getObject("full_micros", Long.class),
                row.getObject("key_micros", Double.class),
                row.getObject("change_micros", Double.class),
                row.getInt("refused"),
                row.getInt("in_vain"),
                row.getLong("estimated"));
    }

    /** Whether its definition, or what it reads, is another than when it was refreshed. */
    boolean isOther() {
        return !Objects.equals(sourcesNow, sourcesThen);
    }

    private static List<Column> numbered(List<Column> columns, List<String> numbers, List<String> wanted) {
        return wanted.stream()
                .map(number -> columns.get(numbers.indexOf(number)))
                .toList();
    }

    private static List<Column> named(List<Column> columns, List<String> names) throws SQLException {
        List<Column> found = new ArrayList<>();
        for (String name : names) {
            found.add(columns.stream()
                    .filter(column -> column.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new SQLException("its key column " + name + " has gone", "42703")));
        }
        return found;
    }
}
