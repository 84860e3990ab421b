package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Watched;
import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RowDelta;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Refreshes one delta table, in a REPEATABLE READ transaction that began after the lock on it was taken: everything that it
 * reads, the changes included, is of one snapshot, and that snapshot is what it leaves as the one that is shown. A process
 * that dies on the way leaves nothing.
 */
public final class DeltaWork {

    /**
     * What was done.
     *
     * @param rows the rows written
     * @param how for the report
     */
    public record Done(RowDelta rows, DeltaRefresh how) {}

    private final Watched watched;
    private final DeltaTable table;
    private final Difference difference;
    private @Nullable Keys keys;

    private DeltaWork(Watched watched, DeltaTable table) {
        this.watched = watched;
        this.table = table;
        this.difference = new Difference(table);
    }

    /**
     * Refreshes it, not yet committed.
     *
     * @param verifies whether all of it is compared with its definition, whatever has changed
     */
    public static Done refresh(Watched watched, int id, boolean verifies) throws SQLException, RefreshException {
        DeltaTable table = DeltaTable.load(watched.connection(), id)
                .orElseThrow(() -> new SQLException("its table has gone", "42P01"));
        if (table.identity().isEmpty()) {
            throw new SQLException("it has no unique index on plain columns alone", "55000");
        }
        return new DeltaWork(watched, table).refresh(verifies);
    }

    /**
     * Whether a refresh now would certainly write nothing. The changes are counted first: what is true afterwards of the
     * triggers, which are told by what they were at the refresh, was so when they were counted.
     */
    public static boolean isUpToDate(Connection connection, int id) throws SQLException {
        Changes changes = Changes.count(connection, id);
        return changes.total() == 0
                && !changes.whole()
                && DeltaTable.load(connection, id)
                        .filter(table -> !table.timed()
                                && Choice.before(table, changes, false).way() == Way.NOTHING)
                        .isPresent();
    }

    private Done refresh(boolean verifies) throws SQLException, RefreshException {
        Changes changes = Changes.count(watched.connection(), table.id());
        Choice choice = Choice.before(table, changes, verifies);
        long started = System.nanoTime();
        Optional<Written> few = Optional.empty();
        if (choice.way() == Way.KEYS) {
            Planning planning = Planning.forFew(watched.connection());
            few = added(changes);
            choice = few.isPresent() ? Choice.added(changes) : byKeys();
            if (choice.way() == Way.KEYS) {
                few = Optional.of(keysOnly(Objects.requireNonNull(keys)));
            }
            planning.restore(watched.connection());
        }
        Written written = few.isPresent() ? few.get() : written(choice, verifies);
        long counted = keys == null ? 0 : keys.count();
        long took = System.nanoTime() - started;
        new DeltaState(watched.connection(), table)
                .shows(
                        changes.own(),
                        pushdown(choice.way()),
                        choice.way(),
                        choice.way() == Way.ADDITIVE ? changes.total() : counted,
                        took);
        return new Done(written.rows(), new DeltaRefresh(choice.way(), choice.reason(), counted, written.drift()));
    }

    /** Found out where all was computed because of another definition than before. */
    private Optional<Pushdown> pushdown(Way way) throws SQLException {
        return way == Way.FULL && (table.pushdown() == Pushdown.UNKNOWN || table.isOther())
                ? Optional.of(Pushdown.of(watched.connection(), table))
                : Optional.empty();
    }

    private Choice byKeys() throws SQLException {
        if (!table.pushdown().isPushedDown()) {
            return Choice.notPushedDown();
        }
        keys = Keys.read(watched.connection(), table, Choice.MOST_KEYS);
        return Choice.among(table, keys, rows());
    }

    private Written written(Choice choice, boolean verifies) throws SQLException, RefreshException {
        return choice.way() == Way.NOTHING ? Written.NONE : all(verifies && choice.comparable());
    }

    /** Adds the changes to the sums; empty where that cannot be done, or is not worth it, and nothing was. */
    private Optional<Written> added(Changes changes) throws SQLException, RefreshException {
        if (!table.additive() || !Choice.isWorthAdding(table, changes)) {
            return Optional.empty();
        }
        String path = SearchPath.ofSources(watched.connection(), table.id());
        Optional<Additive> additive = Additive.of(watched.connection(), table, changes);
        Optional<Written> written = Optional.empty();
        if (additive.isPresent()) {
            Sums sums = new Sums(table, difference, additive.get());
            watched.execute(sums.computed());
            watched.execute(sums.undecided());
            Keys again = Keys.read(watched.connection(), table, sums.undecidedKeys(), Choice.MOST_KEYS);
            if (again.count() <= (table.pushdown().isPushedDown() ? Choice.MOST_KEYS : 0)) {
                watched.execute(difference.ofKeys(again), difference.parameters(again));
                watched.execute(sums.added());
                written = Optional.of(write(false));
            }
        }
        SearchPath.set(watched.connection(), path);
        return written;
    }

    private record Written(RowDelta rows, long drift) {
        static final Written NONE = new Written(RowDelta.NONE, 0);
    }

    private Written keysOnly(Keys changed) throws SQLException, RefreshException {
        if (table.severalUnique()) {
            watched.execute(difference.ofKeys(changed), difference.parameters(changed));
            return write(false);
        }
        watched.execute(difference.permission());
        RowDelta rows = counted(
                watched.row(difference.writingKeys(changed), difference.parameters(changed), DeltaWork::operations));
        return new Written(rows, 0);
    }

    private Written all(boolean looksForDrift) throws SQLException, RefreshException {
        watched.execute(difference.ofAll());
        return write(looksForDrift);
    }

    private Written write(boolean looksForDrift) throws SQLException, RefreshException {
        RowDelta rows = counted(watched.row(difference.counted(), DeltaWork::operations));
        if (rows.isEmpty()) {
            return Written.NONE;
        }
        long drift = looksForDrift ? watched.row(difference.unexpected(), row -> row.getLong(1)) : 0;
        watched.execute(difference.application());
        return new Written(rows, drift);
    }

    private static long[] operations(ResultSet row) throws SQLException {
        return new long[] {row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4)};
    }

    private static RowDelta counted(long[] operations) throws SQLException {
        if (operations[3] > 0) {
            throw new SQLException("its definition gives a row of its unique index twice", "21000");
        }
        return new RowDelta(operations[0], operations[1], operations[2]);
    }

    private long rows() throws SQLException {
        try (PreparedStatement statement = watched.connection()
                .prepareStatement("SELECT greatest(c.reltuples, 0)::bigint FROM pg_catalog.pg_class c"
                        + " WHERE c.oid = pg_catalog.to_regclass(?)")) {
            statement.setString(1, table.view().sql());
            try (var row = statement.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        }
    }
}
