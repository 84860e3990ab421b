package io.olapsync.jdbc.internal.outbox;

import io.olapsync.jdbc.OutboxTable;
import io.olapsync.jdbc.internal.HistoryRows;
import io.olapsync.jdbc.internal.Rows;
import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventSource.Batch;
import io.olapsync.spi.EventSource.SetAside;
import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is done with the rows of one outbox, each within a transaction of the caller's. */
public final class OutboxRows {

    /** The most that one transaction deletes of what was done long ago. */
    public static final int PRUNED_AT_ONCE = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(OutboxRows.class);

    private static final Comparator<Row> AGAIN_FIRST =
            Comparator.comparing((Row row) -> !row.again()).thenComparing(Row::id);

    private final OutboxTable table;
    private final OutboxSql sql;
    private final Duration keepDone;
    private volatile boolean checked;

    /** @param keepDone how long rows stay in the table once they are done; zero: they are deleted at once */
    public OutboxRows(OutboxTable table, Duration keepDone) {
        this.table = table;
        this.sql = new OutboxSql(table);
        this.keepDone = keepDone;
    }

    private record Row(
            long id,
            boolean again,
            @Nullable String reason,
            @Nullable String type,
            @Nullable String xid,
            String payload) {

        ChangeEvent event() {
            return new ChangeEvent(
                    Long.toString(id),
                    Objects.requireNonNullElse(type, ""),
                    xid == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(xid)),
                    payload);
        }
    }

    /** The database's time, and for how long the first of the rows that wait has waited. */
    public record Oldest(Instant now, Optional<Duration> age) {}

    /** Returns once the table was seen to be usable, and never asks again after. */
    public void ensureUsable(DataSource dataSource) throws RefreshException {
        if (checked) {
            return;
        }
        List<Finding> findings = table.findings(dataSource);
        List<Finding> errors = findings.stream().filter(Finding::isError).toList();
        if (!errors.isEmpty()) {
            String remedies = errors.stream().map(Finding::remedy).collect(Collectors.joining("; "));
            String problems = errors.stream().map(Finding::problem).collect(Collectors.joining("; "));
            throw new RefreshException(Kind.PERMANENT, problems + ". Remedy: " + remedies, null, null, remedies, null);
        }
        findings.forEach(finding -> LOG.warn("{}", finding));
        checked = true;
    }

    public Batch claim(Connection connection, int most, String who, Duration lease, int maxDeliveries)
            throws SQLException {
        try (PreparedStatement claim = connection.prepareStatement(sql.claim(maxDeliveries))) {
            claim.setInt(1, most);
            claim.setInt(2, most);
            claim.setString(3, who);
            claim.setLong(4, HistoryRows.micros(lease));
            return batch(claim);
        }
    }

    /** The next rows, for one that is alone by other means; nothing is written. */
    public Batch pick(Connection connection, int most) throws SQLException {
        try (PreparedStatement pick = connection.prepareStatement(sql.pick())) {
            pick.setInt(1, most);
            pick.setInt(2, most);
            return batch(pick);
        }
    }

    public int done(Connection connection, Collection<String> ids) throws SQLException {
        try (PreparedStatement end = connection.prepareStatement(keepDone.isZero() ? sql.delete() : sql.markDone())) {
            bindIds(end, ids);
            return end.executeUpdate();
        }
    }

    public void setAside(Connection connection, SetAside row) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(sql.setAside())) {
            bindIds(update, List.of(row.id()));
            update.setString(2, row.reason());
            update.executeUpdate();
        }
    }

    public int keep(Connection connection, Collection<String> ids, String who, Duration lease) throws SQLException {
        try (PreparedStatement keep = connection.prepareStatement(sql.keep())) {
            bindIds(keep, ids);
            keep.setString(2, who);
            keep.setLong(3, HistoryRows.micros(lease));
            return keep.executeUpdate();
        }
    }

    public int release(Connection connection, Collection<String> ids, String who) throws SQLException {
        try (PreparedStatement release = connection.prepareStatement(sql.release())) {
            bindIds(release, ids);
            release.setString(2, who);
            return release.executeUpdate();
        }
    }

    /** Deletes some of what was done long ago; how many. */
    public int prune(Connection connection) throws SQLException {
        if (keepDone.isZero()) {
            return 0;
        }
        try (PreparedStatement prune = connection.prepareStatement(sql.prune())) {
            prune.setLong(1, HistoryRows.micros(keepDone));
            prune.setInt(2, PRUNED_AT_ONCE);
            return prune.executeUpdate();
        }
    }

    public Oldest oldest(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql.oldest())) {
            return Rows.all(select, row -> {
                        Instant now = row.getObject(1, OffsetDateTime.class).toInstant();
                        long micros = row.getLong(2);
                        return new Oldest(
                                now, row.wasNull() ? Optional.empty() : Optional.of(Duration.ofNanos(micros * 1_000)));
                    })
                    .get(0);
        }
    }

    private static Batch batch(PreparedStatement statement) throws SQLException {
        List<Row> rows = Rows.all(statement, OutboxRows::row);
        rows.sort(AGAIN_FIRST);
        List<ChangeEvent> events = new ArrayList<>();
        List<SetAside> setAside = new ArrayList<>();
        for (Row row : rows) {
            String reason = row.reason();
            if (reason == null) {
                events.add(row.event());
            } else {
                setAside.add(new SetAside(Long.toString(row.id()), reason));
            }
        }
        return rows.isEmpty() ? Batch.EMPTY : new Batch(events, false, setAside);
    }

    private static Row row(ResultSet row) throws SQLException {
        return new Row(
                row.getLong("id"),
                row.getBoolean("again"),
                row.getString("reason"),
                row.getString("type"),
                row.getString("xid"),
                Objects.requireNonNullElse(row.getString("payload"), ""));
    }

    /** What is not a number was never an id of ours. */
    private static void bindIds(PreparedStatement statement, Collection<String> ids) throws SQLException {
        Object[] numbers = ids.stream()
                .map(OutboxRows::number)
                .flatMap(Optional::stream)
                .distinct()
                .toArray();
        statement.setArray(1, statement.getConnection().createArrayOf("int8", numbers));
    }

    private static Optional<Long> number(String id) {
        try {
            return Optional.of(Long.parseLong(id));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }
}
