package io.olapsync.jdbc.internal;

import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.RunId;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.StepStatus;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/** The lines of the history as rows of {@code olap_sync.run} and {@code olap_sync.step}, both ways. */
public final class HistoryRows {

    public static final String UPSERT_RUN = """
            INSERT INTO olap_sync.run AS r
                   (run_id, plan, kind, trigger, status, started_at, ended_at, process, error)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (run_id) DO UPDATE
               SET plan = excluded.plan, kind = excluded.kind, trigger = excluded.trigger, status = excluded.status,
                   started_at = excluded.started_at, ended_at = excluded.ended_at, process = excluded.process,
                   error = excluded.error, seen_at = clock_timestamp()
            """;

    /** The run is locked, so that no sweep takes it away while its step is written. */
    public static final String UPSERT_STEP = """
            INSERT INTO olap_sync.step
                   (run_id, step, view_schema, view_name, status, started_at, ended_at, row_count,
                    inserted, updated, deleted, duration, snapshot, as_of, attempts, sqlstate, error)
            SELECT r.run_id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::bigint * interval '1 microsecond', ?, ?, ?, ?, ?
              FROM olap_sync.run r WHERE r.run_id = ? FOR KEY SHARE
            ON CONFLICT (run_id, step) DO UPDATE
               SET view_schema = excluded.view_schema, view_name = excluded.view_name, status = excluded.status,
                   started_at = excluded.started_at, ended_at = excluded.ended_at, row_count = excluded.row_count,
                   inserted = excluded.inserted, updated = excluded.updated, deleted = excluded.deleted,
                   duration = excluded.duration, snapshot = excluded.snapshot, as_of = excluded.as_of,
                   attempts = excluded.attempts, sqlstate = excluded.sqlstate, error = excluded.error
            """;

    public static final String SELECT_RUNS = """
            SELECT run_id, plan, kind, trigger, status, started_at, ended_at, process, error
              FROM olap_sync.run WHERE plan = ? ORDER BY started_at DESC, seen_at DESC, run_id LIMIT ?
            """;

    public static final String SELECT_LAST_COMPLETED = """
            SELECT run_id, plan, kind, trigger, status, started_at, ended_at, process, error
              FROM olap_sync.run WHERE plan = ? AND kind = ? AND status = 'completed'
             ORDER BY started_at DESC, seen_at DESC, run_id LIMIT 1
            """;

    public static final String SELECT_STEPS = """
            SELECT run_id, step, view_schema, view_name, status, started_at, ended_at, row_count, inserted, updated,
                   deleted, (extract(epoch FROM duration) * 1000000)::bigint AS micros, snapshot, as_of, attempts,
                   sqlstate, error
              FROM olap_sync.step WHERE run_id = ? ORDER BY started_at, step
            """;

    private static final int LONGEST_ERROR = 10_000;
    private static final long LONGEST_MICROS = Duration.ofDays(1_800_000).toSeconds() * 1_000_000L;

    private HistoryRows() {}

    /** The whole microseconds of a duration; at most some 5,000 years, which the clock of PostgreSQL can still subtract. */
    public static long micros(Duration duration) {
        return Math.abs(duration.getSeconds()) > LONGEST_MICROS / 1_000_000
                ? Long.signum(duration.getSeconds()) * LONGEST_MICROS
                : duration.getSeconds() * 1_000_000 + duration.getNano() / 1_000;
    }

    public static void bind(PreparedStatement statement, HistoryEntry.Run run) throws SQLException {
        int i = 1;
        statement.setObject(i++, run.run().value());
        statement.setString(i++, text(run.plan()));
        statement.setString(i++, word(run.kind()));
        statement.setString(i++, text(run.trigger()));
        statement.setString(i++, word(run.status()));
        time(statement, i++, Optional.of(run.startedAt()));
        time(statement, i++, run.endedAt());
        statement.setString(i++, text(run.process()));
        text(statement, i, run.error());
    }

    public static void bind(PreparedStatement statement, HistoryEntry.Step step) throws SQLException {
        int i = 1;
        statement.setString(i++, text(step.step()));
        text(statement, i++, step.view().map(ViewName::schema));
        text(statement, i++, step.view().map(ViewName::name));
        statement.setString(i++, word(step.status()));
        time(statement, i++, Optional.of(step.startedAt()));
        time(statement, i++, step.endedAt());
        number(statement, i++, step.rows());
        number(statement, i++, step.delta().map(RowDelta::inserted));
        number(statement, i++, step.delta().map(RowDelta::updated));
        number(statement, i++, step.delta().map(RowDelta::deleted));
        number(statement, i++, step.took().map(HistoryRows::micros));
        text(statement, i++, step.asOf().map(DataAsOf::snapshot));
        time(statement, i++, step.asOf().map(DataAsOf::time));
        statement.setInt(i++, step.attempts());
        text(statement, i++, step.sqlState());
        text(statement, i++, step.error());
        statement.setObject(i, step.run().value());
    }

    public static HistoryEntry.Run run(ResultSet row) throws SQLException {
        return new HistoryEntry.Run(
                new RunId(row.getObject("run_id", UUID.class)),
                row.getString("plan"),
                SyncKind.valueOf(constant(row, "kind")),
                row.getString("trigger"),
                RunStatus.valueOf(constant(row, "status")),
                row.getObject("started_at", OffsetDateTime.class).toInstant(),
                time(row, "ended_at"),
                row.getString("process"),
                Optional.ofNullable(row.getString("error")));
    }

    public static HistoryEntry.Step step(ResultSet row) throws SQLException {
        String view = row.getString("view_name");
        String snapshot = row.getString("snapshot");
        Optional<Long> inserted = number(row, "inserted");
        long updated = row.getLong("updated");
        long deleted = row.getLong("deleted");
        return new HistoryEntry.Step(
                new RunId(row.getObject("run_id", UUID.class)),
                row.getString("step"),
                view == null ? Optional.empty() : Optional.of(ViewName.of(row.getString("view_schema"), view)),
                StepStatus.valueOf(constant(row, "status")),
                row.getObject("started_at", OffsetDateTime.class).toInstant(),
                time(row, "ended_at"),
                number(row, "row_count"),
                inserted.map(n -> new RowDelta(n, updated, deleted)),
                number(row, "micros").map(micros -> Duration.of(micros, ChronoUnit.MICROS)),
                time(row, "as_of").map(asOf -> new DataAsOf(asOf, snapshot)),
                row.getInt("attempts"),
                Optional.ofNullable(row.getString("sqlstate")),
                Optional.ofNullable(row.getString("error")));
    }

    public static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static String constant(ResultSet row, String column) throws SQLException {
        return row.getString(column).toUpperCase(Locale.ROOT);
    }

    /** PostgreSQL stores no NUL, and nobody reads an error of megabytes: neither may keep a line from being written. */
    static String text(String text) {
        String stored = text.replace('\0', '\uFFFD');
        return stored.length() <= LONGEST_ERROR ? stored : stored.substring(0, LONGEST_ERROR) + "…";
    }

    private static void text(PreparedStatement statement, int index, Optional<String> text) throws SQLException {
        statement.setString(index, text.map(HistoryRows::text).orElse(null));
    }

    private static void number(PreparedStatement statement, int index, Optional<Long> number) throws SQLException {
        if (number.isPresent()) {
            statement.setLong(index, number.get());
        } else {
            statement.setNull(index, Types.BIGINT);
        }
    }

    private static void time(PreparedStatement statement, int index, Optional<Instant> time) throws SQLException {
        if (time.isPresent()) {
            statement.setObject(index, time.get().truncatedTo(ChronoUnit.MICROS).atOffset(ZoneOffset.UTC));
        } else {
            statement.setNull(index, Types.TIMESTAMP_WITH_TIMEZONE);
        }
    }

    private static Optional<Long> number(ResultSet row, String column) throws SQLException {
        long number = row.getLong(column);
        return row.wasNull() ? Optional.empty() : Optional.of(number);
    }

    private static Optional<Instant> time(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getObject(column, OffsetDateTime.class)).map(OffsetDateTime::toInstant);
    }
}
