package io.olapsync.jdbc.internal;

import io.olapsync.spi.Incident;
import io.olapsync.spi.IncidentCause;
import io.olapsync.spi.IncidentKey;
import io.olapsync.spi.IncidentKey.Topic;
import io.olapsync.spi.IncidentReport;
import io.olapsync.spi.IncidentStore.Turn;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;

/** Incidents and who was told of them, in {@code olap_sync.incident}, {@code incident_told} and {@code alert_turn}. */
public final class IncidentRows {

    /** Whoever reports does so alone: what a report does depends on the latest incident of its key. */
    private static final String ALONE = "LOCK TABLE olap_sync.incident IN SHARE ROW EXCLUSIVE MODE";

    private static final String LATEST = """
            SELECT id, run_id, resolved_at IS NOT NULL,
                   resolved_at >= pg_catalog.statement_timestamp() - ? * interval '1 microsecond',
                   pg_catalog.statement_timestamp() - ? * interval '1 microsecond' - resolved_at
                       < ? * interval '1 microsecond'
              FROM olap_sync.incident WHERE plan = ? AND topic = ? AND subject = ? ORDER BY id DESC LIMIT 1""";

    private static final String INSERT = """
            INSERT INTO olap_sync.incident
                   (run_id, attempts, error, sqlstate, remedy, process, times, last_at, opened_at, plan, topic, subject)
            VALUES (?, ?, ?, ?, ?, ?, ?, pg_catalog.statement_timestamp() - ? * interval '1 microsecond',
                    pg_catalog.statement_timestamp() - ? * interval '1 microsecond', ?, ?, ?)
            RETURNING id""";

    private static final String COUNT = """
            UPDATE olap_sync.incident
               SET run_id = ?, attempts = ?, error = ?, sqlstate = ?, remedy = ?, process = ?, times = times + ?,
                   last_at = greatest(last_at, pg_catalog.statement_timestamp() - ? * interval '1 microsecond'),
                   resolved_at = CASE WHEN ? THEN NULL ELSE resolved_at END
             WHERE id = ?""";

    private static final String RENEW = """
            UPDATE olap_sync.incident
               SET run_id = ?, attempts = ?, error = ?, sqlstate = ?, remedy = ?, process = ? WHERE id = ?""";

    private static final String RESOLVE = """
            UPDATE olap_sync.incident SET resolved_at = ? WHERE id = ? AND resolved_at IS NULL AND last_at = ?""";

    private static final String COLUMNS = """
            SELECT i.id, i.plan, i.topic, i.subject, i.opened_at, i.last_at, i.resolved_at, i.times, i.run_id,
                   i.attempts, i.error, i.sqlstate, i.remedy, i.process
              FROM olap_sync.incident i
            """;

    private static final String OPEN = COLUMNS + """
             WHERE i.plan = ? AND i.topic = ANY (?::text[]) AND i.resolved_at IS NULL ORDER BY i.id""";

    private static final String UNTOLD = COLUMNS + """
              LEFT JOIN olap_sync.incident_told t ON t.incident_id = i.id AND t.notifier = ?
             WHERE i.plan = ? AND i.topic = ANY (?::text[])
               AND CASE WHEN i.resolved_at IS NULL THEN t.opened_at IS NULL OR t.recovered_at IS NOT NULL
                        ELSE t.opened_at IS NOT NULL AND t.recovered_at IS NULL END
             ORDER BY i.id""";

    private static final String TAKE_TURN = """
            INSERT INTO olap_sync.alert_turn AS t (plan, notifier, holder, ends_at)
            VALUES (?, ?, ?, pg_catalog.statement_timestamp() + ? * interval '1 microsecond')
            ON CONFLICT (plan, notifier) DO UPDATE SET holder = excluded.holder, ends_at = excluded.ends_at
             WHERE t.holder = excluded.holder OR t.ends_at < pg_catalog.statement_timestamp()""";

    private static final String PROLONG = """
            UPDATE olap_sync.alert_turn SET ends_at = pg_catalog.statement_timestamp() + ? * interval '1 microsecond'
             WHERE plan = ? AND notifier = ? AND holder = ?""";

    private static final String END_TURN =
            "DELETE FROM olap_sync.alert_turn WHERE plan = ? AND notifier = ? AND holder = ?";

    private static final String LATELY = """
            SELECT pg_catalog.statement_timestamp(), count(*), coalesce(bool_or(t.summary), false)
              FROM olap_sync.incident_told t JOIN olap_sync.incident i ON i.id = t.incident_id
             WHERE i.plan = ? AND t.notifier = ?
               AND greatest(t.opened_at, t.recovered_at)
                   > pg_catalog.statement_timestamp() - ? * interval '1 microsecond'""";

    private static final String TOLD_OPENED = """
            INSERT INTO olap_sync.incident_told (incident_id, notifier, opened_at, summary)
            SELECT id, ?, pg_catalog.statement_timestamp(), ? FROM olap_sync.incident WHERE id = ?
            ON CONFLICT (incident_id, notifier) DO UPDATE
               SET opened_at = excluded.opened_at, recovered_at = NULL, summary = excluded.summary""";

    private static final String TOLD_OVER = """
            UPDATE olap_sync.incident_told SET recovered_at = pg_catalog.statement_timestamp(), summary = ?
             WHERE notifier = ? AND incident_id = ?""";

    private static final String TOLD_ELSEWHERE = """
            INSERT INTO olap_sync.incident_told (incident_id, notifier, opened_at, summary)
            VALUES (?, ?, pg_catalog.statement_timestamp(), false) ON CONFLICT (incident_id, notifier) DO NOTHING""";

    private static final String FORGET = """
            DELETE FROM olap_sync.incident
             WHERE plan = ? AND last_at < pg_catalog.statement_timestamp() - ? * interval '1 microsecond'""";

    /** A newer library may know more. */
    private static final List<String> TOPICS =
            Arrays.stream(Topic.values()).map(HistoryRows::word).toList();

    private final DataSource dataSource;

    public IncidentRows(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    public void report(Collection<IncidentReport> reports, Duration reopen) throws RefreshException {
        Transactions.own(dataSource, "recording what failed", connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute(ALONE);
            }
            for (IncidentReport report : reports) {
                long incident = take(connection, report, reopen);
                for (String notifier : report.told()) {
                    toldElsewhere(connection, incident, notifier);
                }
            }
            return true;
        });
    }

    private static long take(Connection connection, IncidentReport report, Duration reopen) throws SQLException {
        try (PreparedStatement latest = connection.prepareStatement(LATEST)) {
            long age = HistoryRows.micros(report.age());
            latest.setLong(1, age);
            latest.setLong(2, age);
            latest.setLong(3, HistoryRows.micros(reopen));
            key(latest, 4, report.key());
            try (ResultSet row = latest.executeQuery()) {
                if (!row.next()) {
                    return insert(connection, report);
                }
                long id = row.getLong(1);
                UUID run = row.getObject(2, UUID.class);
                boolean over = row.getBoolean(3);
                boolean before = row.getBoolean(4);
                boolean soon = row.getBoolean(5);
                boolean sameRun = run != null
                        && report.cause()
                                .run()
                                .map(RunId::value)
                                .filter(run::equals)
                                .isPresent();
                if (sameRun) {
                    if (!over) {
                        renew(connection, report, id);
                    }
                } else if (over && !before && !soon) {
                    return insert(connection, report);
                } else {
                    count(connection, report, id, over && !before);
                }
                return id;
            }
        }
    }

    private static long insert(Connection connection, IncidentReport report) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
            int i = cause(insert, report.cause());
            insert.setLong(i++, report.times());
            insert.setLong(i++, HistoryRows.micros(report.age()));
            insert.setLong(i++, HistoryRows.micros(report.since()));
            key(insert, i, report.key());
            try (ResultSet row = insert.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private static void count(Connection connection, IncidentReport report, long id, boolean reopen)
            throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(COUNT)) {
            int i = cause(update, report.cause());
            update.setLong(i++, report.times());
            update.setLong(i++, HistoryRows.micros(report.age()));
            update.setBoolean(i++, reopen);
            update.setLong(i, id);
            update.executeUpdate();
        }
    }

    private static void renew(Connection connection, IncidentReport report, long id) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(RENEW)) {
            update.setLong(cause(update, report.cause()), id);
            update.executeUpdate();
        }
    }

    private static void toldElsewhere(Connection connection, long incident, String notifier) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(TOLD_ELSEWHERE)) {
            insert.setLong(1, incident);
            insert.setString(2, notifier);
            insert.executeUpdate();
        }
    }

    /** Returns the index of the next parameter. */
    private static int cause(PreparedStatement statement, IncidentCause cause) throws SQLException {
        if (cause.run().isPresent()) {
            statement.setObject(1, cause.run().get().value());
        } else {
            statement.setNull(1, Types.OTHER);
        }
        statement.setInt(2, cause.attempts());
        statement.setString(3, HistoryRows.text(cause.error()));
        statement.setString(4, cause.sqlState().map(HistoryRows::text).orElse(null));
        statement.setString(5, cause.remedy().map(HistoryRows::text).orElse(null));
        statement.setString(6, HistoryRows.text(cause.process()));
        return 7;
    }

    private static void key(PreparedStatement statement, int index, IncidentKey key) throws SQLException {
        statement.setString(index, HistoryRows.text(key.plan()));
        statement.setString(index + 1, HistoryRows.word(key.topic()));
        statement.setString(index + 2, HistoryRows.text(key.subject()));
    }

    public List<Incident> open(String plan) throws RefreshException {
        return Transactions.read(dataSource, "reading what fails", connection -> {
            try (PreparedStatement select = connection.prepareStatement(OPEN)) {
                select.setString(1, plan);
                Rows.bindTexts(select, 2, TOPICS);
                return List.copyOf(Rows.all(select, IncidentRows::incident));
            }
        });
    }

    public void resolve(Map<Incident, Instant> ended) throws RefreshException {
        Transactions.own(dataSource, "recording what is over", connection -> {
            try (PreparedStatement update = connection.prepareStatement(RESOLVE)) {
                for (Map.Entry<Incident, Instant> end : ended.entrySet()) {
                    update.setObject(1, end.getValue().atOffset(ZoneOffset.UTC));
                    update.setLong(2, end.getKey().id());
                    update.setObject(3, end.getKey().lastAt().atOffset(ZoneOffset.UTC));
                    update.executeUpdate();
                }
                return true;
            }
        });
    }

    public Optional<Turn> takeTurn(String plan, String notifier, String holder, Duration lease, Duration lately)
            throws RefreshException {
        boolean nothing = Transactions.read(
                dataSource,
                "reading what is to be told",
                connection -> untold(connection, plan, notifier).isEmpty());
        if (nothing) {
            return Optional.empty();
        }
        return Transactions.own(dataSource, "taking the turn to tell", connection -> {
            try (PreparedStatement take = connection.prepareStatement(TAKE_TURN)) {
                take.setString(1, plan);
                take.setString(2, notifier);
                take.setString(3, holder);
                take.setLong(4, HistoryRows.micros(lease));
                if (take.executeUpdate() == 0) {
                    return Optional.empty();
                }
            }
            List<Incident> untold = untold(connection, plan, notifier);
            return untold.isEmpty() ? Optional.empty() : Optional.of(turn(connection, plan, notifier, lately, untold));
        });
    }

    private static List<Incident> untold(Connection connection, String plan, String notifier) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(UNTOLD)) {
            select.setString(1, notifier);
            select.setString(2, plan);
            Rows.bindTexts(select, 3, TOPICS);
            return Rows.all(select, IncidentRows::incident);
        }
    }

    private static Turn turn(
            Connection connection, String plan, String notifier, Duration lately, List<Incident> untold)
            throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(LATELY)) {
            select.setString(1, plan);
            select.setString(2, notifier);
            select.setLong(3, HistoryRows.micros(lately));
            try (ResultSet row = select.executeQuery()) {
                row.next();
                Instant at = row.getObject(1, OffsetDateTime.class).toInstant();
                return new Turn(at, untold, row.getInt(2), row.getBoolean(3));
            }
        }
    }

    public void told(
            String plan,
            String notifier,
            String holder,
            Duration lease,
            Collection<Incident> incidents,
            boolean summary)
            throws RefreshException {
        Transactions.own(dataSource, "recording what was told", connection -> {
            try (PreparedStatement opened = connection.prepareStatement(TOLD_OPENED);
                    PreparedStatement over = connection.prepareStatement(TOLD_OVER);
                    PreparedStatement prolong = connection.prepareStatement(PROLONG)) {
                for (Incident incident : incidents) {
                    PreparedStatement statement = incident.isOpen() ? opened : over;
                    statement.setString(incident.isOpen() ? 1 : 2, notifier);
                    statement.setBoolean(incident.isOpen() ? 2 : 1, summary);
                    statement.setLong(3, incident.id());
                    statement.executeUpdate();
                }
                prolong.setLong(1, HistoryRows.micros(lease));
                prolong.setString(2, plan);
                prolong.setString(3, notifier);
                prolong.setString(4, holder);
                return prolong.executeUpdate();
            }
        });
    }

    public void endTurn(String plan, String notifier, String holder) throws RefreshException {
        Transactions.own(dataSource, "ending the turn to tell", connection -> {
            try (PreparedStatement delete = connection.prepareStatement(END_TURN)) {
                delete.setString(1, plan);
                delete.setString(2, notifier);
                delete.setString(3, holder);
                return delete.executeUpdate();
            }
        });
    }

    public void forget(String plan, Duration keep) throws RefreshException {
        Transactions.own(dataSource, "forgetting old incidents", connection -> {
            try (PreparedStatement delete = connection.prepareStatement(FORGET)) {
                delete.setString(1, plan);
                delete.setLong(2, HistoryRows.micros(keep));
                return delete.executeUpdate();
            }
        });
    }

    private static Incident incident(ResultSet row) throws SQLException {
        IncidentKey key = new IncidentKey(
                row.getString(2), Topic.valueOf(row.getString(3).toUpperCase(Locale.ROOT)), row.getString(4));
        IncidentCause cause = new IncidentCause(
                Optional.ofNullable(row.getObject(9, UUID.class)).map(RunId::new),
                row.getInt(10),
                row.getString(11),
                Optional.ofNullable(row.getString(12)),
                Optional.ofNullable(row.getString(13)),
                row.getString(14));
        return new Incident(
                row.getLong(1),
                key,
                cause,
                row.getObject(5, OffsetDateTime.class).toInstant(),
                row.getObject(6, OffsetDateTime.class).toInstant(),
                Optional.ofNullable(row.getObject(7, OffsetDateTime.class)).map(OffsetDateTime::toInstant),
                row.getLong(8));
    }
}
