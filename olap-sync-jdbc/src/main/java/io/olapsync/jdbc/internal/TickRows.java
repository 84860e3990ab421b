package io.olapsync.jdbc.internal;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.TickClaim;
import io.olapsync.spi.TickStore;
import io.olapsync.spi.Ticks;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;

/** The SQL behind the ticks of schedules, in {@code olap_sync.tick}. */
public final class TickRows {

    /** The row without a schedule brings the clock, also where there is no claim. */
    private static final String READ = """
            SELECT pg_catalog.clock_timestamp(), t.schedule, t.tick, t.claimed_at, t.process, t.run_id, t.note
              FROM (VALUES (?)) p(plan) LEFT JOIN olap_sync.tick t USING (plan)""";

    /** The row is locked before it is compared: of two that insert or update at once, the second sees the first's tick. */
    private static final String CLAIM = """
            INSERT INTO olap_sync.tick AS t (plan, schedule, tick, claimed_at, process, run_id, note)
            VALUES (?, ?, ?, pg_catalog.clock_timestamp(), ?, ?, ?)
            ON CONFLICT (plan, schedule) DO UPDATE
               SET tick = excluded.tick, claimed_at = pg_catalog.clock_timestamp(), process = excluded.process,
                   run_id = excluded.run_id, note = excluded.note
             WHERE t.tick < excluded.tick AND t.tick <= excluded.tick - ? * interval '1 microsecond'
                OR t.tick > pg_catalog.clock_timestamp() + ? * interval '1 microsecond'""";

    private final DataSource dataSource;

    public TickRows(DataSource dataSource) {
        this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
    }

    public Ticks read(String plan) throws RefreshException {
        return Transactions.read(dataSource, "reading the ticks of " + plan, connection -> {
            try (PreparedStatement select = connection.prepareStatement(READ)) {
                select.setString(1, HistoryRows.text(plan));
                try (ResultSet row = select.executeQuery()) {
                    Instant now = Instant.EPOCH;
                    Map<String, Ticks.Claimed> claims = new HashMap<>();
                    while (row.next()) {
                        now = instant(row, 1);
                        String schedule = row.getString(2);
                        if (schedule != null) {
                            claims.put(schedule, claimed(plan, schedule, row));
                        }
                    }
                    return new Ticks(now, claims);
                }
            }
        });
    }

    public boolean claim(TickClaim claim, Duration apart) throws RefreshException {
        String purpose = "claiming the tick " + claim.tick() + " of '" + claim.schedule() + "'";
        return Transactions.own(dataSource, purpose, connection -> {
            try (PreparedStatement insert = connection.prepareStatement(CLAIM)) {
                insert.setString(1, HistoryRows.text(claim.plan()));
                insert.setString(2, HistoryRows.text(claim.schedule()));
                insert.setObject(3, claim.tick().atOffset(ZoneOffset.UTC));
                insert.setString(4, HistoryRows.text(claim.process()));
                insert.setObject(5, claim.run().map(RunId::value).orElse(null));
                insert.setString(6, HistoryRows.text(claim.note()));
                insert.setLong(7, HistoryRows.micros(apart));
                insert.setLong(8, HistoryRows.micros(TickStore.AHEAD));
                return insert.executeUpdate() == 1;
            }
        });
    }

    private static Ticks.Claimed claimed(String plan, String schedule, ResultSet row) throws SQLException {
        Optional<RunId> run = Optional.ofNullable(row.getObject(6, UUID.class)).map(RunId::new);
        return new Ticks.Claimed(
                new TickClaim(plan, schedule, instant(row, 3), run, row.getString(5), row.getString(7)),
                instant(row, 4));
    }

    private static Instant instant(ResultSet row, int column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }
}
