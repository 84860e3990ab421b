package io.olapsync.jdbc;

import io.olapsync.jdbc.internal.HistoryRows;
import io.olapsync.jdbc.internal.OwnTransactions;
import io.olapsync.jdbc.internal.Rows;
import io.olapsync.jdbc.internal.Transactions;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.SyncHistory;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The history in the tables {@code olap_sync.run} and {@code olap_sync.step}; for people, the view
 * {@code olap_sync.refresh_history} has every refresh on one line.
 *
 * <p>Times are kept to the microsecond. A crash of the server may take lines of the last moments with it, nothing else.
 * A step whose run is not in the history (any more) is not kept. Any number of processes may sweep at once: none waits
 * for another, and each abandoned run is reported to one of them.
 */
public final class PostgresHistory implements SyncHistory {

    private static final Logger LOG = LoggerFactory.getLogger(PostgresHistory.class);
    private static final int SWEPT_AT_ONCE = 100;

    /** Deletes and marks in the same order in which lines are written, and waits for nobody, so it cannot deadlock. */
    private static final String ABANDON = """
            WITH silent AS (
                SELECT run_id FROM olap_sync.run
                 WHERE status = 'running' AND seen_at < clock_timestamp() - ? * interval '1 microsecond'
                 ORDER BY seen_at LIMIT ? FOR UPDATE SKIP LOCKED),
            abandoned AS (
                UPDATE olap_sync.run r
                   SET status = 'abandoned', ended_at = greatest(r.started_at, r.seen_at),
                       error = coalesce(r.error, 'no sign of life since ' || date_trunc('second', r.seen_at)
                               || ': its process died, or lost the database')
                  FROM silent WHERE r.run_id = silent.run_id
                RETURNING r.run_id, r.ended_at, r.error),
            steps AS (
                UPDATE olap_sync.step s
                   SET status = 'abandoned', ended_at = greatest(s.started_at, a.ended_at),
                       error = coalesce(s.error, a.error)
                  FROM abandoned a WHERE s.run_id = a.run_id AND s.status = 'running')
            SELECT run_id FROM abandoned
            """;

    private static final String DELETE =
            """
            WITH old AS (
                SELECT run_id FROM olap_sync.run
                 WHERE status <> 'running' AND seen_at < clock_timestamp() - ? * interval '1 microsecond'
                 ORDER BY seen_at LIMIT ? FOR UPDATE SKIP LOCKED),
            deleted AS (DELETE FROM olap_sync.run r USING old WHERE r.run_id = old.run_id RETURNING 1),
            """ + OwnTransactions.FORGET + " SELECT (SELECT count(*) FROM deleted), (SELECT count(*) FROM forgotten)";

    private final DataSource dataSource;
    private final PostgresSchema schema;

    /** The history in this database, for a host that shows it; the tables are created where they are absent. */
    public static PostgresHistory of(DataSource dataSource) {
        return new PostgresHistory(dataSource, PostgresSchema.of(dataSource));
    }

    /** A history in this database. Touches no server yet. */
    public PostgresHistory(DataSource dataSource, PostgresSchema schema) {
        this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
        this.schema = Objects.requireNonNull(schema, "schema");
    }

    @Override
    public void write(List<? extends HistoryEntry> entries) throws RefreshException {
        if (entries.isEmpty()) {
            return;
        }
        schema.ensure();
        // Of each identity the last line, in one order for everybody, so that writers cannot deadlock.
        Map<UUID, HistoryEntry.Run> runs = new TreeMap<>();
        Map<UUID, Map<String, HistoryEntry.Step>> steps = new TreeMap<>();
        for (HistoryEntry entry : entries) {
            UUID run = entry.run().value();
            if (entry instanceof HistoryEntry.Run line) {
                runs.put(run, line);
            } else if (entry instanceof HistoryEntry.Step line) {
                steps.computeIfAbsent(run, r -> new TreeMap<>()).put(line.step(), line);
            }
        }
        List<HistoryEntry.Step> flat = new ArrayList<>();
        steps.values().forEach(ofRun -> flat.addAll(ofRun.values()));
        List<Integer> kept = Transactions.ownLog(
                dataSource,
                "writing the history",
                HistoryRows.UPSERT,
                upsert -> HistoryRows.bind(upsert, runs.values(), flat),
                row -> row.getInt(1));
        int homeless = flat.size() - kept.get(0);
        if (homeless > 0) {
            LOG.warn("{} lines of the history were not kept: the runs of these steps are not in it", homeless);
        }
    }

    @Override
    public List<HistoryEntry.Run> recentRuns(String plan, int limit) throws RefreshException {
        if (limit <= 0) {
            throw new IllegalArgumentException("the limit must be positive, not " + limit);
        }
        schema.ensure();
        return Transactions.read(dataSource, "reading the history of " + plan, connection -> {
            try (PreparedStatement select = connection.prepareStatement(HistoryRows.SELECT_RUNS)) {
                select.setString(1, plan);
                select.setInt(2, limit);
                return Rows.all(select, HistoryRows::run);
            }
        });
    }

    @Override
    public Optional<HistoryEntry.Run> lastCompleted(String plan, SyncKind kind) throws RefreshException {
        schema.ensure();
        return Transactions.read(dataSource, "reading the history of " + plan, connection -> {
            try (PreparedStatement select = connection.prepareStatement(HistoryRows.SELECT_LAST_COMPLETED)) {
                select.setString(1, plan);
                select.setString(2, HistoryRows.word(kind));
                return Rows.all(select, HistoryRows::run).stream().findFirst();
            }
        });
    }

    @Override
    public Optional<HistoryEntry.Run> run(RunId run) throws RefreshException {
        schema.ensure();
        return Transactions.read(dataSource, "reading the history of run " + run, connection -> {
            try (PreparedStatement select = connection.prepareStatement(HistoryRows.SELECT_RUN)) {
                select.setObject(1, run.value());
                return Rows.all(select, HistoryRows::run).stream().findFirst();
            }
        });
    }

    @Override
    public Map<RunId, List<HistoryEntry.Step>> steps(Collection<RunId> runs) throws RefreshException {
        if (runs.isEmpty()) {
            return Map.of();
        }
        schema.ensure();
        return Transactions.read(dataSource, "reading the history of " + runs.size() + " runs", connection -> {
            try (PreparedStatement select = connection.prepareStatement(HistoryRows.SELECT_STEPS)) {
                Object[] ids = runs.stream().map(RunId::value).toArray();
                select.setArray(1, connection.createArrayOf("uuid", ids));
                return Rows.all(select, HistoryRows::step).stream()
                        .collect(Collectors.groupingBy(HistoryEntry.Step::run));
            }
        });
    }

    @Override
    public Map<ViewName, HistoryEntry.Step> latest(Collection<ViewName> views) throws RefreshException {
        if (views.isEmpty()) {
            return Map.of();
        }
        schema.ensure();
        return Transactions.read(dataSource, "reading the last refreshes of " + views.size() + " views", connection -> {
            try (PreparedStatement select = connection.prepareStatement(HistoryRows.SELECT_LATEST)) {
                Rows.bindNames(select, 1, views);
                return Rows.all(select, HistoryRows::step).stream()
                        .collect(Collectors.toMap(step -> step.view().orElseThrow(), step -> step));
            }
        });
    }

    @Override
    public List<RunId> sweep(Duration silence, Duration keep) throws RefreshException {
        requireNotNegative(silence, "silence");
        requireNotNegative(keep, "time to keep");
        schema.ensure();
        List<RunId> abandoned = new ArrayList<>();
        int found;
        do {
            List<RunId> batch = Transactions.write(dataSource, "marking abandoned runs", c -> abandon(c, silence));
            abandoned.addAll(batch);
            found = batch.size();
        } while (found == SWEPT_AT_ONCE);
        do {
            found = Transactions.write(dataSource, "deleting old history", c -> delete(c, keep));
        } while (found == SWEPT_AT_ONCE);
        return List.copyOf(abandoned);
    }

    private static List<RunId> abandon(Connection connection, Duration silence) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(ABANDON)) {
            update.setLong(1, HistoryRows.micros(silence));
            update.setInt(2, SWEPT_AT_ONCE);
            List<RunId> abandoned = Rows.all(update, (ResultSet row) -> new RunId(row.getObject("run_id", UUID.class)));
            recordIf(!abandoned.isEmpty(), connection);
            return abandoned;
        }
    }

    private static int delete(Connection connection, Duration keep) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(DELETE)) {
            delete.setLong(1, HistoryRows.micros(keep));
            delete.setInt(2, SWEPT_AT_ONCE);
            int deleted;
            try (ResultSet row = delete.executeQuery()) {
                row.next();
                deleted = row.getInt(1);
                recordIf(deleted + row.getInt(2) > 0, connection);
            }
            return deleted;
        }
    }

    /** Sweeps mostly find nothing, and then must write nothing: a record for each would be most of what there is. */
    private static void recordIf(boolean wrote, Connection connection) throws SQLException {
        if (wrote) {
            OwnTransactions.record(connection);
        }
    }

    private static void requireNotNegative(Duration duration, String what) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException("the " + what + " must not be negative: " + duration);
        }
    }
}
