package io.olapsync.jdbc.internal.delta;

import io.olapsync.spi.DeltaRefresh.Way;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a delta table shows from the transaction on that makes it so: a statement to be sent with another one, to which its
 * parameters come first.
 */
public final class DeltaState {

    /** Few say little of what one costs. A new measurement counts for a third, so that a cold cache is forgotten. */
    private static final int LEAST_MEASURED = 100;

    private static final String SHOWS = """
            UPDATE olap_sync.delta_table
               SET shown = coalesce(?::pg_catalog.pg_snapshot, pg_catalog.pg_current_snapshot()),
                   shown_by = pg_catalog.pg_current_xact_id(), own = ?::integer[],
                   sources = ?, pushed_down = coalesce(?, pushed_down), full_micros = coalesce(?, full_micros),
                   key_micros = CASE WHEN m.anew THEN coalesce(m.one_key, key_micros)
                       ELSE coalesce((key_micros * 2 + m.one_key) / 3, m.one_key, key_micros) END,
                   change_micros = CASE WHEN m.anew THEN coalesce(m.one_change, change_micros)
                       ELSE coalesce((change_micros * 2 + m.one_change) / 3, m.one_change, change_micros) END,
                   refused = CASE WHEN m.anew OR m.vain THEN 0 ELSE delta_table.refused + m.dear END,
                   in_vain = CASE WHEN m.vain THEN in_vain + 1 WHEN m.anew THEN 0 ELSE in_vain END
              FROM (SELECT ?::double precision AS one_key, ?::double precision AS one_change, ? AS anew, ? AS vain, ? AS dear) m
             WHERE id = ?""";

    /**
     * What a refresh took.
     *
     * @param count the keys or the changes, whichever it went by
     * @param refused whether another way would have been gone, had it not been expected to take longer
     * @param anew whether this way was tried although it was: then what is measured replaces what had been
     * @param inVain whether what was tried took longer than all
     */
    record Spent(Way way, long count, long nanos, boolean refused, boolean anew, boolean inVain) {

        static final Spent NOTHING = new Spent(Way.NOTHING, 0, 0, false, false, false);

        private @Nullable Double each(Way by) {
            return way == by && (count >= LEAST_MEASURED || anew) ? nanos / 1000.0 / count : null;
        }
    }

    private final DeltaTable table;
    private final @Nullable String snapshot;
    private final List<Integer> own;
    private final Optional<Pushdown> pushdown;
    private final Spent spent;
    private final String first;

    /**
     * It shows a snapshot.
     *
     * @param snapshot null: that of this transaction
     * @param own the captures of which it has seen changes made by this transaction itself
     * @param pushdown how its definition takes keys, where that was found out now
     * @param first SQL: what is to be done before; empty for nothing
     */
    DeltaState(
            DeltaTable table,
            @Nullable String snapshot,
            List<Integer> own,
            Optional<Pushdown> pushdown,
            Spent spent,
            String first) {
        this.table = table;
        this.snapshot = snapshot;
        this.own = own;
        this.pushdown = pushdown;
        this.spent = spent;
        this.first = first;
    }

    public String sql() {
        return first.isEmpty() ? SHOWS : first + "; " + SHOWS;
    }

    /** Sets the parameters; returns the index of the next one. */
    public int bind(PreparedStatement statement) throws SQLException {
        statement.setString(1, snapshot);
        statement.setArray(2, statement.getConnection().createArrayOf("int4", own.toArray()));
        statement.setString(3, table.sourcesNow());
        statement.setString(4, pushdown.map(Pushdown::word).orElse(null));
        statement.setObject(5, spent.way() == Way.FULL ? spent.nanos() / 1000 : null, Types.BIGINT);
        statement.setObject(6, spent.each(Way.KEYS), Types.DOUBLE);
        statement.setObject(7, spent.each(Way.ADDITIVE), Types.DOUBLE);
        statement.setBoolean(8, spent.anew());
        statement.setBoolean(9, spent.inVain());
        statement.setInt(10, spent.refused() ? 1 : 0);
        statement.setInt(11, table.id());
        return 12;
    }
}
