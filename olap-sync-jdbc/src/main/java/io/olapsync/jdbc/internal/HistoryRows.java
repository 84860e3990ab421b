package io.olapsync.jdbc.internal;

import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.DeltaRefresh;
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
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The lines of the history as rows of {@code olap_sync.run} and {@code olap_sync.step}, both ways. */
public final class HistoryRows {

    /**
     * All lines of a write in two statements, whatever their number: the parameters are arrays of texts, one for each
     * column. The runs are locked, so that no sweep takes one away while its step is written. The row is the number of
     * steps that were kept.
     */
    public static final String UPSERT = """
            INSERT INTO olap_sync.run AS r
                   (run_id, plan, kind, trigger, status, started_at, ended_at, process, error)
            SELECT * FROM unnest(?::text[]::uuid[], ?::text[], ?::text[], ?::text[], ?::text[],
                                 ?::text[]::timestamptz[], ?::text[]::timestamptz[], ?::text[], ?::text[])
            ON CONFLICT (run_id) DO UPDATE
               SET plan = excluded.plan, kind = excluded.kind, trigger = excluded.trigger, status = excluded.status,
                   started_at = excluded.started_at, ended_at = excluded.ended_at, process = excluded.process,
                   error = excluded.error, seen_at = clock_timestamp();
            WITH kept AS (
                INSERT INTO olap_sync.step
                       (run_id, step, view_schema, view_name, status, started_at, ended_at, row_count,
                        inserted, updated, deleted, duration, snapshot, as_of, attempts, sqlstate, error,
                        way, reason, keys, drift)
                SELECT r.run_id, l.step, l.view_schema, l.view_name, l.status, l.started_at, l.ended_at, l.row_count,
                       l.inserted, l.updated, l.deleted, l.micros * interval '1 microsecond', l.snapshot, l.as_of,
                       l.attempts, l.sqlstate, l.error, l.way, l.reason, l.keys, l.drift
                  FROM unnest(?::text[]::uuid[], ?::text[], ?::text[], ?::text[], ?::text[],
                              ?::text[]::timestamptz[], ?::text[]::timestamptz[],
                              ?::text[]::bigint[], ?::text[]::bigint[], ?::text[]::bigint[], ?::text[]::bigint[],
                              ?::text[]::bigint[], ?::text[], ?::text[]::timestamptz[], ?::text[]::int[], ?::text[],
                              ?::text[], ?::text[], ?::text[], ?::text[]::bigint[], ?::text[]::bigint[])
                       AS l(run_id, step, view_schema, view_name, status, started_at, ended_at, row_count,
                            inserted, updated, deleted, micros, snapshot, as_of, attempts, sqlstate, error,
                            way, reason, keys, drift)
                  JOIN olap_sync.run r ON r.run_id = l.run_id
                 ORDER BY 1, 2 FOR KEY SHARE OF r
                ON CONFLICT (run_id, step) DO UPDATE
                   SET view_schema = excluded.view_schema, view_name = excluded.view_name, status = excluded.status,
                       started_at = excluded.started_at, ended_at = excluded.ended_at,
                       row_count = excluded.row_count, inserted = excluded.inserted, updated = excluded.updated,
                       deleted = excluded.deleted, duration = excluded.duration, snapshot = excluded.snapshot,
                       as_of = excluded.as_of, attempts = excluded.attempts, sqlstate = excluded.sqlstate,
                       error = excluded.error, way = excluded.way, reason = excluded.reason,
                       keys = excluded.keys, drift = excluded.drift
                RETURNING 1)
            SELECT count(*)::int FROM kept""";

    public static final String SELECT_RUNS = """
            SELECT run_id, plan, kind, trigger, status, started_at, ended_at, process, error
              FROM olap_sync.run WHERE plan = ? ORDER BY started_at DESC, seen_at DESC, run_id LIMIT ?
            """;

    public static final String SELECT_RUN = """
            SELECT run_id, plan, kind, trigger, status, started_at, ended_at, process, error
              FROM olap_sync.run WHERE run_id = ?
            """;

    public static final String SELECT_LAST_COMPLETED = """
            SELECT run_id, plan, kind, trigger, status, started_at, ended_at, process, error
              FROM olap_sync.run WHERE plan = ? AND kind = ? AND status = 'completed'
             ORDER BY started_at DESC, seen_at DESC, run_id LIMIT 1
            """;

    public static final String SELECT_STEPS = """
            SELECT run_id, step, view_schema, view_name, status, started_at, ended_at, row_count, inserted, updated,
                   deleted, (extract(epoch FROM duration) * 1000000)::bigint AS micros, snapshot, as_of, attempts,
                   sqlstate, error, way, reason, keys, drift
              FROM olap_sync.step WHERE run_id = ANY (?) ORDER BY started_at, step
            """;

    public static final String SELECT_LATEST = """
            SELECT s.run_id, s.step, s.view_schema, s.view_name, s.status, s.started_at, s.ended_at, s.row_count,
                   s.inserted, s.updated, s.deleted, (extract(epoch FROM s.duration) * 1000000)::bigint AS micros,
                   s.snapshot, s.as_of, s.attempts, s.sqlstate, s.error, s.way, s.reason, s.keys, s.drift
              FROM unnest(?::text[], ?::text[]) AS v (view_schema, view_name)
              JOIN LATERAL (SELECT * FROM olap_sync.step t
                             WHERE t.view_schema = v.view_schema AND t.view_name = v.view_name
                               AND t.status IN ('completed', 'failed')
                             ORDER BY t.started_at DESC LIMIT 1) s ON true
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

    /** Binds the lines to {@link #UPSERT}; no two with one identity. */
    public static void bind(
            PreparedStatement statement, Collection<HistoryEntry.Run> runs, Collection<HistoryEntry.Step> steps)
            throws SQLException {
        int next = Rows.bindColumns(
                statement, 1, 9, runs.stream().map(HistoryRows::columns).toList());
        Rows.bindColumns(
                statement, next, 21, steps.stream().map(HistoryRows::columns).toList());
    }

    private static List<@Nullable String> columns(HistoryEntry.Run run) {
        return Arrays.asList(
                run.run().value().toString(),
                text(run.plan()),
                word(run.kind()),
                text(run.trigger()),
                word(run.status()),
                time(run.startedAt()),
                or(run.endedAt(), HistoryRows::time),
                text(run.process()),
                or(run.error(), HistoryRows::text));
    }

    private static List<@Nullable String> columns(HistoryEntry.Step step) {
        return Arrays.asList(
                step.run().value().toString(),
                text(step.step()),
                or(step.view(), view -> text(view.schema())),
                or(step.view(), view -> text(view.name())),
                word(step.status()),
                time(step.startedAt()),
                or(step.endedAt(), HistoryRows::time),
                or(step.rows(), String::valueOf),
                or(step.delta(), delta -> String.valueOf(delta.inserted())),
                or(step.delta(), delta -> String.valueOf(delta.updated())),
                or(step.delta(), delta -> String.valueOf(delta.deleted())),
                or(step.took(), took -> String.valueOf(micros(took))),
                or(step.asOf(), asOf -> text(asOf.snapshot())),
                or(step.asOf(), asOf -> time(asOf.time())),
                String.valueOf(step.attempts()),
                or(step.sqlState(), HistoryRows::text),
                or(step.error(), HistoryRows::text),
                or(step.incremental(), how -> word(how.way())),
                or(step.incremental(), how -> text(how.reason())),
                or(step.incremental(), how -> String.valueOf(how.keys())),
                or(step.incremental(), how -> String.valueOf(how.drift())));
    }

    private static <T> @Nullable String or(Optional<T> value, Function<T, String> text) {
        return value.map(text).orElse(null);
    }

    private static String time(Instant time) {
        return time.truncatedTo(ChronoUnit.MICROS).atOffset(ZoneOffset.UTC).toString();
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
                Optional.ofNullable(row.getString("error")),
                incremental(row));
    }

    private static Optional<DeltaRefresh> incremental(ResultSet row) throws SQLException {
        return row.getString("way") == null
                ? Optional.empty()
                : Optional.of(new DeltaRefresh(
                        DeltaRefresh.Way.valueOf(constant(row, "way")),
                        row.getString("reason"),
                        row.getLong("keys"),
                        row.getLong("drift")));
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

    private static Optional<Long> number(ResultSet row, String column) throws SQLException {
        long number = row.getLong(column);
        return row.wasNull() ? Optional.empty() : Optional.of(number);
    }

    private static Optional<Instant> time(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getObject(column, OffsetDateTime.class)).map(OffsetDateTime::toInstant);
    }
}
