package io.olapsync.jdbc.internal;

import io.olapsync.jdbc.internal.delta.DeltaWork;
import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.PendingInvalidation;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.RunId;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is said to the server before and after the refresh of one view: one statement each. */
final class ViewSql {

    /**
     * In REPEATABLE READ the snapshot is as old as the first statement, so the transaction's start is the time that claims
     * no more than it shows; in READ COMMITTED the refresh takes a later one than this statement.
     *
     * <p>Events are acknowledged because this commit has been reported. Where the host does not wait for the disk, a crash
     * of the server could take the commit back, and nobody would know any more what it was for; so this one waits.
     */
    private static final String BEFORE = """
            SELECT pg_catalog.set_config('lock_timeout', ?, true), pg_catalog.set_config('statement_timeout', ?, true),
                   c.oid, c.relkind = 'm' OR d.id IS NOT NULL, c.relispopulated,
                   EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indimmediate
                              AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL),
                   pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE'),
                   pg_catalog.current_setting('track_counts')::boolean,
                   pg_catalog.current_setting('transaction_isolation') = 'read committed',
                   pg_catalog.pg_current_snapshot()::text,
                   CASE pg_catalog.current_setting('transaction_isolation') WHEN 'read committed' THEN pg_catalog.clock_timestamp() ELSE pg_catalog.now() END,
                   pg_catalog.clock_timestamp(),
                   pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid), pg_catalog.pg_stat_get_xact_tuples_updated(c.oid),
                   pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid),
                   c.xmin::text::bigint,
                   coalesce((d.id IS NOT NULL OR s.catalog_xmin = c.xmin::text::bigint)
                            AND s.filenode = pg_catalog.pg_relation_filenode(c.oid), false),
                   coalesce(s.row_count, 0), coalesce(s.unannounced, false), (extract(epoch FROM pg_catalog.now()) * 1000000)::bigint,
                   s.snapshot::text, s.as_of,
                   (extract(epoch FROM pg_catalog.clock_timestamp() - s.refreshed_at) * 1000000)::bigint,
                   pg_catalog.set_config('synchronous_commit', CASE pg_catalog.current_setting('synchronous_commit')
                       WHEN 'off' THEN 'on' ELSE pg_catalog.current_setting('synchronous_commit') END, true),
                   d.id, CASE WHEN c.relkind = 'm' OR pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN %s END AS files
              FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              LEFT JOIN olap_sync.view_state s ON s.view_schema = n.nspname AND s.view_name = c.relname
                   AND %s
              LEFT JOIN olap_sync.delta_table d ON d.view_schema = n.nspname AND d.view_name = c.relname AND c.relkind = 'r'
             WHERE n.nspname = ? AND c.relname = ?""".formatted(SourceFiles.NOW, StateRows.REACHED);

    /**
     * What holds the view back ends by what this statement sees, not by what the look saw: a process counts its failure
     * after it has given the lock back, so the count of an older failure may come while this refresh, which succeeds, is
     * under way.
     */
    private static final String AFTER = """
            WITH measured AS MATERIALIZED (
                SELECT pg_catalog.pg_relation_filenode(c.oid) AS filenode, pg_catalog.clock_timestamp() AS ended,
                       coalesce(?::bigint, pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) - ?) AS inserted,
                       coalesce(?::bigint, pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) - ?) AS updated,
                       coalesce(?::bigint, pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) - ?) AS deleted,
                       c.xmin::text::bigint AS catalog_xmin, greatest(c.reltuples, 0)::bigint AS estimated,
                       pg_catalog.set_config('statement_timeout', ?, true),
                       pg_catalog.set_config('synchronous_commit', CASE WHEN ? THEN 'off'
                           ELSE pg_catalog.current_setting('synchronous_commit') END, true)
                  FROM pg_catalog.pg_class c WHERE c.oid = ?),
            counted AS MATERIALIZED (
                SELECT measured.*, %s AS row_count, ? OR inserted + updated + deleted <> 0 AS changed FROM measured),
            this AS MATERIALIZED (
                SELECT ? AS view_schema, ? AS view_name, ?::pg_snapshot AS snapshot, ?::timestamptz AS as_of,
                       ?::timestamptz AS began, ?::uuid AS run_id, ? AS announces, ? AS unannounced),
            state AS (
                INSERT INTO olap_sync.view_state AS v (view_schema, view_name, snapshot, as_of, xid, catalog_xmin, row_count,
                                                       filenode, dead_rows, refreshed_at, duration, run_id, unannounced,
                                                       last_change)
                SELECT view_schema, view_name, snapshot, as_of, pg_catalog.pg_current_xact_id(), catalog_xmin, row_count,
                       filenode, greatest(updated + deleted, 0), ended, ended - began, run_id,
                       NOT announces AND (changed OR unannounced), pg_catalog.pg_current_xact_id()
                  FROM counted, this
                ON CONFLICT (view_schema, view_name) DO UPDATE
                   SET snapshot = excluded.snapshot, as_of = excluded.as_of, xid = excluded.xid,
                       catalog_xmin = excluded.catalog_xmin,
                       row_count = excluded.row_count, filenode = excluded.filenode,
                       dead_rows = excluded.dead_rows
                                   + CASE WHEN v.filenode = excluded.filenode THEN v.dead_rows ELSE 0 END,
                       refreshed_at = excluded.refreshed_at, duration = excluded.duration, run_id = excluded.run_id,
                       unannounced = excluded.unannounced,
                       last_change = CASE WHEN (SELECT changed FROM counted) THEN excluded.last_change
                                          ELSE v.last_change END
                RETURNING dead_rows - coalesce((SELECT c.dead_rows FROM olap_sync.view_vacuum c
                                 WHERE c.view_schema = v.view_schema AND c.view_name = v.view_name
                                   AND c.filenode = v.filenode), 0) AS dead_rows),
            invalidation AS (
                INSERT INTO olap_sync.invalidation (view_schema, view_name)
                SELECT view_schema, view_name FROM counted, this WHERE announces AND (changed OR unannounced)
                RETURNING id),
            own AS (
                INSERT INTO olap_sync.own_transaction (view_schema, view_name, changed)
                SELECT view_schema, view_name, changed FROM counted, this
                ON CONFLICT (transaction, view_schema, view_name) DO UPDATE SET changed = true),
            healed AS (
                UPDATE olap_sync.view_control c SET failures = 0, suspended_at = NULL, suspended_by = NULL FROM this
                 WHERE c.view_schema = this.view_schema AND c.view_name = this.view_name
                   AND (c.failures <> 0 OR c.suspended_at IS NOT NULL))
            SELECT inserted, updated, deleted, row_count, state.dead_rows,
                   (extract(epoch FROM ended - began) * 1000000)::bigint, pg_catalog.pg_current_xact_id()::text,
                   (SELECT id FROM invalidation), %s
              FROM counted, this, state""";

    private final Connection connection;

    ViewSql(Connection connection) {
        this.connection = connection;
    }

    /** Looks at the view and sets this transaction's timeouts. Empty: there is no such relation. */
    Optional<Prepared> before(ViewName view, Duration lockTimeout, Duration left) throws SQLException {
        Together.Query<Prepared> look = look(view, lockTimeout, left);
        return Together.ask(connection, List.of(look)).of(look).stream().findFirst();
    }

    /** The same, to be asked with others. */
    static Together.Query<Prepared> look(ViewName view, Duration lockTimeout, Duration left) {
        return new Together.Query<>(
                BEFORE,
                (statement, first) -> {
                    statement.setString(first, String.valueOf(lockTimeout.toMillis()));
                    statement.setString(first + 1, String.valueOf(left.toMillis()));
                    statement.setString(first + 2, view.schema());
                    statement.setString(first + 3, view.name());
                    return first + 4;
                },
                row -> {
                    if (!row.getBoolean(4)) {
                        throw new SQLException("it is not a materialized view", "42809");
                    }
                    return prepared(view, row);
                });
    }

    private static Prepared prepared(ViewName view, ResultSet row) throws SQLException {
        return new Prepared(
                view,
                row.getLong(3),
                row.getBoolean(5),
                row.getBoolean(6),
                row.getBoolean(7),
                row.getBoolean(8),
                row.getBoolean(9),
                row.getString(10),
                row.getObject(11, OffsetDateTime.class),
                row.getObject(12, OffsetDateTime.class),
                row.getLong(13),
                row.getLong(14),
                row.getLong(15),
                row.getLong(16),
                row.getBoolean(17),
                row.getLong(18),
                row.getBoolean(19),
                row.getLong(20),
                row.getObject(25, Integer.class),
                Rows.strings(row, "files"),
                Prepared.Recorded.of(row));
    }

    /**
     * Measures the refresh and writes what commits with it: see the tables in {@code schema-1.sql}.
     *
     * @param done what was done to a delta table, which counts its rows itself; null for a materialized view
     * @param alone whether the transaction is for this view alone
     */
    Refreshed after(
            Prepared before,
            DeltaWork.@Nullable Done done,
            boolean alone,
            RunId run,
            boolean recordsInvalidations,
            Duration left)
            throws SQLException {
        ViewName view = before.view();
        // A crash of the server that takes this commit back takes back what is said of the view, which shows it all the
        // same.
        boolean lastsAnyway = alone && done != null && done.isNothing() && before.untouched() && !before.unannounced();
        boolean counted = before.counted() || done != null;
        boolean mayHaveChanged = !counted || !before.untouched() || !before.populated();
        String sql = AFTER.formatted(rowCount(before), SourceFiles.CHANGED);
        try (PreparedStatement statement =
                connection.prepareStatement(done == null ? sql : done.state().sql() + "; " + sql)) {
            int at = done == null ? 1 : done.state().bind(statement);
            statement.setObject(at++, done == null ? null : done.rows().inserted(), Types.BIGINT);
            statement.setLong(at++, before.inserted());
            statement.setObject(at++, done == null ? null : done.rows().updated(), Types.BIGINT);
            statement.setLong(at++, before.updated());
            statement.setObject(at++, done == null ? null : done.rows().deleted(), Types.BIGINT);
            statement.setLong(at++, before.deleted());
            statement.setString(at++, String.valueOf(left.toMillis()));
            statement.setBoolean(at++, lastsAnyway);
            statement.setLong(at++, before.oid());
            if (before.rowsFollow()) {
                statement.setLong(at++, before.recordedRows());
            }
            statement.setBoolean(at++, mayHaveChanged);
            statement.setString(at++, view.schema());
            statement.setString(at++, view.name());
            statement.setString(at++, before.snapshot());
            statement.setObject(at++, before.asOf());
            statement.setObject(at++, before.began());
            statement.setString(at++, run.toString());
            statement.setBoolean(at++, recordsInvalidations);
            statement.setBoolean(at++, before.unannounced());
            Rows.bindTexts(statement, at, before.files());
            boolean given = Rows.reached(statement, statement.execute());
            try (ResultSet row = Objects.requireNonNull(given ? statement.getResultSet() : null)) {
                if (!row.next()) {
                    throw new SQLException(view + " has gone while it was being refreshed", "42P01");
                }
                if (row.getBoolean(9)) {
                    throw new SQLException("a table that it reads was truncated or rewritten meanwhile", "40001");
                }
                return refreshed(before, done, row);
            }
        }
    }

    private static Refreshed refreshed(Prepared before, DeltaWork.@Nullable Done done, ResultSet row)
            throws SQLException {
        long rows = Math.max(0, row.getLong(4));
        Optional<RowDelta> delta = Optional.empty();
        if (!before.populated()) {
            delta = Optional.of(new RowDelta(rows, 0, 0));
        } else if (before.counted() || done != null) {
            delta = Optional.of(new RowDelta(row.getLong(1), row.getLong(2), row.getLong(3)));
        }
        ViewRefresh result = new ViewRefresh(
                before.view(),
                delta,
                rows,
                new DataAsOf(before.asOf().toInstant(), before.snapshot()),
                Duration.ofNanos(row.getLong(6) * 1000),
                invalidation(before.view(), row),
                Optional.ofNullable(done).map(DeltaWork.Done::how));
        return new Refreshed(result, before, row.getLong(5), row.getString(7), !before.populated());
    }

    private static Optional<PendingInvalidation> invalidation(ViewName view, ResultSet row) throws SQLException {
        long id = row.getLong(8);
        return row.wasNull() ? Optional.empty() : Optional.of(new PendingInvalidation(id, view));
    }

    private static String rowCount(Prepared before) {
        if (before.rowsFollow()) {
            return "?::bigint + inserted - deleted"; // as a parameter, so that driver and server know the statement
            // again
        }
        if (before.countable()) {
            return "(SELECT pg_catalog.count(*) FROM " + before.view().sql() + ")";
        }
        // MAINTAIN without SELECT: the population counts what it writes, else the server's estimate has to do.
        return before.populated() || !before.counted() ? "estimated" : "inserted";
    }
}
