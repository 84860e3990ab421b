package io.olapsync.jdbc.internal;

import io.olapsync.jdbc.PostgresSettings;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;

/**
 * What holds views back, in {@code olap_sync.view_control}, and when events arrived, in {@code olap_sync.view_event}. All
 * write the rows of several views in the order of their names, so that they cannot deadlock.
 */
public final class ControlRows {

    static final String READ = """
            SELECT w.view_schema, w.view_name, coalesce(c.failures, 0), c.suspended_at, c.paused_at,
                   coalesce(c.pause_reason, ''),
                   (extract(epoch FROM pg_catalog.clock_timestamp() - e.event_at) * 1000000)::bigint
              FROM unnest(?::text[], ?::text[]) w(view_schema, view_name)
              LEFT JOIN olap_sync.view_control c USING (view_schema, view_name)
              LEFT JOIN olap_sync.view_event e USING (view_schema, view_name)""";

    /** The row's writer is remembered, since RETURNING does not tell what was there before. */
    private static final String COUNT_FAILURE = """
            WITH most(failures) AS (SELECT ?)
            INSERT INTO olap_sync.view_control AS c (view_schema, view_name, failures, suspended_at, suspended_by)
            SELECT view_schema, view_name, 1, CASE WHEN most.failures <= 1 THEN pg_catalog.clock_timestamp() END,
                   CASE WHEN most.failures <= 1 THEN pg_catalog.pg_current_xact_id() END
              FROM most, unnest(?::text[], ?::text[]) w(view_schema, view_name) ORDER BY 1, 2
            ON CONFLICT (view_schema, view_name) DO UPDATE
               SET failures = c.failures + 1,
                   suspended_at = CASE WHEN c.suspended_at IS NULL AND (SELECT failures FROM most) <= c.failures + 1
                                       THEN pg_catalog.clock_timestamp() ELSE c.suspended_at END,
                   suspended_by = CASE WHEN c.suspended_at IS NULL AND (SELECT failures FROM most) <= c.failures + 1
                                       THEN pg_catalog.pg_current_xact_id() ELSE c.suspended_by END
            RETURNING view_schema, view_name, coalesce(suspended_by = pg_catalog.pg_current_xact_id(), false)""";

    private static final String PAUSE = """
            INSERT INTO olap_sync.view_control AS c (view_schema, view_name, paused_at, pause_reason)
            SELECT view_schema, view_name, pg_catalog.clock_timestamp(), ?
              FROM unnest(?::text[], ?::text[]) w(view_schema, view_name) ORDER BY 1, 2
            ON CONFLICT (view_schema, view_name) DO UPDATE
               SET paused_at = excluded.paused_at, pause_reason = excluded.pause_reason
             WHERE c.paused_at IS NULL""";

    private static final String RESUME = """
            WITH these AS (
                SELECT view_schema, view_name FROM olap_sync.view_control
                  JOIN unnest(?::text[], ?::text[]) w(view_schema, view_name) USING (view_schema, view_name)
                 ORDER BY 1, 2 FOR UPDATE OF view_control)
            UPDATE olap_sync.view_control c
               SET failures = 0, suspended_at = NULL, suspended_by = NULL, paused_at = NULL, pause_reason = ''
              FROM these WHERE c.view_schema = these.view_schema AND c.view_name = these.view_name""";

    private static final String EVENT = """
            INSERT INTO olap_sync.view_event AS e (view_schema, view_name, event_at)
            SELECT view_schema, view_name, pg_catalog.clock_timestamp()
              FROM unnest(?::text[], ?::text[]) w(view_schema, view_name) ORDER BY 1, 2
            ON CONFLICT (view_schema, view_name) DO UPDATE SET event_at = excluded.event_at""";

    private final DataSource dataSource;
    private final Database database;

    public ControlRows(DataSource dataSource, PostgresSettings settings) {
        this.dataSource = dataSource;
        this.database = new Database(dataSource, settings);
    }

    public Map<ViewName, ViewControl> read(Collection<ViewName> views) throws RefreshException {
        if (views.isEmpty()) {
            return Map.of();
        }
        return database.asked("reading what holds views back", connection -> {
            Map<ViewName, ViewControl> controls = new LinkedHashMap<>();
            try (PreparedStatement select = connection.prepareStatement(READ)) {
                Rows.bindNames(select, 1, new LinkedHashSet<>(views));
                Rows.all(select, ControlRows::control).forEach(control -> controls.put(control.view(), control));
            }
            return controls;
        });
    }

    /** Those that this call suspended. */
    public Set<ViewName> countFailure(Collection<ViewName> views, int suspendAfter) throws RefreshException {
        if (views.isEmpty()) {
            return Set.of();
        }
        return Transactions.own(dataSource, "counting the failures of views", connection -> {
            Set<ViewName> suspended = new LinkedHashSet<>();
            try (PreparedStatement count = connection.prepareStatement(COUNT_FAILURE)) {
                count.setInt(1, suspendAfter);
                Rows.bindNames(count, 2, new LinkedHashSet<>(views));
                try (ResultSet row = count.executeQuery()) {
                    while (row.next()) {
                        if (row.getBoolean(3)) {
                            suspended.add(ViewName.of(row.getString(1), row.getString(2)));
                        }
                    }
                }
            }
            return suspended;
        });
    }

    public void pause(Collection<ViewName> views, String reason) throws RefreshException {
        if (views.isEmpty()) {
            return;
        }
        Transactions.own(dataSource, "pausing " + views, connection -> {
            try (PreparedStatement insert = connection.prepareStatement(PAUSE)) {
                insert.setString(1, HistoryRows.text(reason));
                Rows.bindNames(insert, 2, new LinkedHashSet<>(views));
                return insert.executeUpdate();
            }
        });
    }

    public void resume(Collection<ViewName> views) throws RefreshException {
        if (views.isEmpty()) {
            return;
        }
        Transactions.own(dataSource, "resuming " + views, connection -> {
            try (PreparedStatement update = connection.prepareStatement(RESUME)) {
                Rows.bindNames(update, 1, new LinkedHashSet<>(views));
                return update.executeUpdate();
            }
        });
    }

    /** As a log: whoever misses it sees the next one. */
    public void eventsArriving(Collection<ViewName> views) throws RefreshException {
        if (views.isEmpty()) {
            return;
        }
        Transactions.ownLog(
                dataSource,
                "saying that events arrive",
                EVENT,
                insert -> Rows.bindNames(insert, 1, new LinkedHashSet<>(views)),
                row -> true);
    }

    static ViewControl control(ResultSet row) throws SQLException {
        long sinceEvent = row.getLong(7);
        Optional<Duration> since =
                row.wasNull() ? Optional.empty() : Optional.of(Duration.of(sinceEvent, ChronoUnit.MICROS));
        return new ViewControl(
                ViewName.of(row.getString(1), row.getString(2)),
                row.getInt(3),
                time(row, 4),
                time(row, 5),
                row.getString(6),
                since);
    }

    private static Optional<Instant> time(ResultSet row, int column) throws SQLException {
        return Optional.ofNullable(row.getObject(column, OffsetDateTime.class)).map(OffsetDateTime::toInstant);
    }
}
