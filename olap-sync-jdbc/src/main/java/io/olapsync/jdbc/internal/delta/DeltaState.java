package io.olapsync.jdbc.internal.delta;

import io.olapsync.spi.DeltaRefresh.Way;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import java.util.Optional;

/** Writes what a delta table shows, in the transaction that makes it so. */
final class DeltaState {

    /** Few say little of what one costs. A new measurement counts for a third, so that a cold cache is forgotten. */
    private static final int LEAST_MEASURED = 100;

    private static final String SHOWS = """
            UPDATE olap_sync.delta_table
               SET shown = pg_catalog.pg_current_snapshot(), shown_by = pg_catalog.pg_current_xact_id(), own = ?::integer[],
                   sources = ?, pushed_down = coalesce(?, pushed_down), full_micros = coalesce(?, full_micros),
                   key_micros = coalesce((key_micros * 2 + m.one_key) / 3, m.one_key, key_micros),
                   change_micros = coalesce((change_micros * 2 + m.one_change) / 3, m.one_change, change_micros)
              FROM (SELECT ?::double precision AS one_key, ?::double precision AS one_change) m
             WHERE id = ?""";

    private final Connection connection;
    private final DeltaTable table;

    DeltaState(Connection connection, DeltaTable table) {
        this.connection = connection;
        this.table = table;
    }

    /**
     * It shows the snapshot of this transaction.
     *
     * @param own the captures of which it has seen changes made by this transaction itself
     * @param pushdown how its definition takes keys, where that was found out now
     * @param count the keys or the changes, whichever it went by
     */
    void shows(List<Integer> own, Optional<Pushdown> pushdown, Way way, long count, long tookNanos)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SHOWS)) {
            statement.setArray(1, connection.createArrayOf("int4", own.toArray()));
            statement.setString(2, table.sourcesNow());
            statement.setString(3, pushdown.map(Pushdown::word).orElse(null));
            statement.setObject(4, way == Way.FULL ? tookNanos / 1000 : null, Types.BIGINT);
            Double each = count >= LEAST_MEASURED ? tookNanos / 1000.0 / count : null;
            statement.setObject(5, way == Way.KEYS ? each : null, Types.DOUBLE);
            statement.setObject(6, way == Way.ADDITIVE ? each : null, Types.DOUBLE);
            statement.setInt(7, table.id());
            statement.executeUpdate();
        }
    }
}
