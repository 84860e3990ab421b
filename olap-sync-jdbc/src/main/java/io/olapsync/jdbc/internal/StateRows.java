package io.olapsync.jdbc.internal;

import io.olapsync.jdbc.PostgresSettings;
import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.PendingInvalidation;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.ViewConfirmation;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;

/** The SQL behind the view states: one statement, one short-lived connection each. */
public final class StateRows {

    static final String NOW = "SELECT pg_catalog.pg_current_snapshot()::text, pg_catalog.pg_is_in_recovery()";

    /** A snapshot that this server has yet to reach came with a dump of another one, and says nothing here. */
    static final String REACHED =
            "pg_catalog.pg_snapshot_xmax(s.snapshot) <= pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())";

    static final String READ = """
            SELECT s.view_schema, s.view_name, s.as_of, s.snapshot::text, s.row_count, s.refreshed_at,
                   (extract(epoch FROM s.duration) * 1000000)::bigint,
                   (extract(epoch FROM greatest(pg_catalog.clock_timestamp() - s.as_of, interval '0')) * 1000000)::bigint,
                   s.last_change::text::bigint, c.confirmed_at
              FROM olap_sync.view_state s
              LEFT JOIN olap_sync.view_confirmation c USING (view_schema, view_name, xid)
              JOIN unnest(?::text[], ?::text[]) w(view_schema, view_name) USING (view_schema, view_name)
             WHERE %s""".formatted(REACHED);

    private static final String CONFIRM = """
            INSERT INTO olap_sync.view_confirmation AS c (view_schema, view_name, xid, confirmed_at)
            SELECT s.view_schema, s.view_name, s.xid, s.refreshed_at + w.micros * interval '1 microsecond'
              FROM unnest(?::text[], ?::text[], ?::text[], ?::bigint[]) w(view_schema, view_name, snapshot, micros)
              JOIN olap_sync.view_state s USING (view_schema, view_name)
             WHERE s.snapshot::text = w.snapshot
             ORDER BY 1, 2
            ON CONFLICT (view_schema, view_name) DO UPDATE
               SET xid = excluded.xid, confirmed_at = excluded.confirmed_at
             WHERE c.xid < excluded.xid OR (c.xid = excluded.xid AND c.confirmed_at < excluded.confirmed_at)""";

    static final String PENDING = """
            SELECT i.id, i.view_schema, i.view_name
              FROM olap_sync.invalidation i
              JOIN unnest(?::text[], ?::text[]) w(view_schema, view_name) USING (view_schema, view_name)
             ORDER BY i.id""";

    private static final String FORGET = "DELETE FROM olap_sync.invalidation WHERE id = ANY (?)";

    private final DataSource dataSource;
    private final Database database;

    public StateRows(DataSource dataSource, PostgresSettings settings) {
        this.dataSource = dataSource;
        this.database = new Database(dataSource, settings);
    }

    /** The snapshot of this moment. A standby, which is behind, is refused. */
    public Snapshot now() throws RefreshException {
        return database.asked("asking for the snapshot of the database", connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(NOW)) {
                row.next();
                return snapshot(row);
            }
        });
    }

    static Snapshot snapshot(ResultSet row) throws SQLException {
        if (row.getBoolean(2)) {
            throw new SQLException("the connection leads to a standby, which is behind", "25006");
        }
        return Snapshot.parse(row.getString(1));
    }

    public Map<ViewName, ViewState> read(Collection<ViewName> views) throws RefreshException {
        if (views.isEmpty()) {
            return Map.of();
        }
        return database.asked("reading the state of views", connection -> {
            Map<ViewName, ViewState> states = new LinkedHashMap<>();
            try (PreparedStatement statement = named(connection, READ, views);
                    ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    ViewState state = state(row);
                    states.put(state.view(), state);
                }
            }
            return states;
        });
    }

    public void confirmed(Collection<ViewConfirmation> unchanged) throws RefreshException {
        if (unchanged.isEmpty()) {
            return;
        }
        Map<ViewName, ViewConfirmation> latest = new LinkedHashMap<>(); // a row can be written once in a statement
        unchanged.forEach(confirmation -> latest.merge(
                confirmation.view(),
                confirmation,
                (one, other) -> one.sinceRefresh().compareTo(other.sinceRefresh()) < 0 ? other : one));
        Transactions.ownLog(dataSource, "confirming that nothing has changed", connection -> {
            try (PreparedStatement statement = connection.prepareStatement(CONFIRM)) {
                Rows.bindNames(statement, 1, latest.keySet());
                Rows.bindTexts(
                        statement,
                        3,
                        latest.values().stream().map(ViewConfirmation::snapshot).toList());
                Object[] micros = latest.values().stream()
                        .map(confirmation -> HistoryRows.micros(confirmation.sinceRefresh()))
                        .toArray();
                statement.setArray(4, connection.createArrayOf("int8", micros));
                return statement.executeUpdate();
            }
        });
    }

    public List<PendingInvalidation> pendingInvalidations(Collection<ViewName> views) throws RefreshException {
        if (views.isEmpty()) {
            return List.of();
        }
        return database.asked("reading pending invalidations", connection -> {
            try (PreparedStatement statement = named(connection, PENDING, views)) {
                return Rows.all(statement, StateRows::pending);
            }
        });
    }

    static PendingInvalidation pending(ResultSet row) throws SQLException {
        return new PendingInvalidation(row.getLong(1), ViewName.of(row.getString(2), row.getString(3)));
    }

    public void invalidated(Collection<PendingInvalidation> done) throws RefreshException {
        if (done.isEmpty()) {
            return;
        }
        Object[] ids = done.stream().map(PendingInvalidation::id).sorted().toArray();
        // Not in autocommit: where the host's default is read-only, they would be done again and again for ever.
        // As a log: one that a crash of the server brings back is done once more, which is not worth a wait for its
        // disk.
        Transactions.ownLog(
                dataSource,
                "forgetting invalidations",
                FORGET,
                statement -> statement.setArray(1, statement.getConnection().createArrayOf("int8", ids)),
                row -> true);
    }

    static ViewState state(ResultSet row) throws SQLException {
        return new ViewState(
                ViewName.of(row.getString(1), row.getString(2)),
                new DataAsOf(row.getObject(3, OffsetDateTime.class).toInstant(), row.getString(4)),
                row.getLong(5),
                row.getObject(6, OffsetDateTime.class).toInstant(),
                Duration.ofNanos(row.getLong(7) * 1000),
                row.getLong(9),
                Duration.ofNanos(row.getLong(8) * 1000),
                Optional.ofNullable(row.getObject(10, OffsetDateTime.class)).map(OffsetDateTime::toInstant));
    }

    private static PreparedStatement named(Connection connection, String sql, Collection<ViewName> views)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        Rows.bindNames(statement, 1, new LinkedHashSet<>(views));
        return statement;
    }
}
