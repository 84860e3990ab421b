package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Together;
import io.olapsync.jdbc.internal.Watched;
import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RowDelta;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
     * @param state what it shows now, still to be written
     */
    public record Done(RowDelta rows, DeltaRefresh how, DeltaState state) {

        /** Whether it was left as it was. */
        public boolean isNothing() {
            return how.way() == Way.NOTHING && rows.isEmpty();
        }
    }

    private static final Logger log = LoggerFactory.getLogger(DeltaWork.class);

    /**
     * What came and went is computed also of rows that the definition does not have, or not any more, with the other tables as they
     * are now. Of such a row an expression may have no value, such as a division by zero.
     */
    private static final String DATA_EXCEPTION = "22";

    private static final String BEFORE_SUMS = "SAVEPOINT olap_sync_sums";

    private final Watched watched;
    private final DeltaTable table;
    private final Planning planning;
    private final Difference difference;
    private @Nullable Keys keys;
    private long startedNanos = System.nanoTime();

    /** Whether a way was too dear, whether one that had been was tried, and whether that took longer than all. */
    private boolean refused;

    private boolean anew;
    private boolean inVain;

    private DeltaWork(Watched watched, DeltaTable table, Planning planning) {
        this.watched = watched;
        this.table = table;
        this.planning = planning;
        this.difference = new Difference(table);
    }

    /** What is asked before anything is computed, in the refreshing transaction; to be sent with other questions. */
    public static final class Look {
        private final Together.Query<Planning> planning = Planning.ofOwn();
        private final Seen.Questions seen;

        public Look(int id) {
            this.seen = Seen.Questions.about(id);
        }

        public List<Together.Query<?>> queries() {
            List<Together.Query<?>> queries = new ArrayList<>(List.of(planning));
            queries.addAll(seen.all());
            return queries;
        }
    }

    /**
     * Refreshes it, not yet committed.
     *
     * @param verifies whether all of it is compared with its definition, whatever has changed
     */
    public static Done refresh(Watched watched, int id, boolean verifies) throws SQLException, RefreshException {
        Look look = new Look(id);
        return refresh(watched, look, Together.ask(watched.connection(), look.queries()), verifies);
    }

    /** The same, with what this look was answered. */
    public static Done refresh(Watched watched, Look look, Together asked, boolean verifies)
            throws SQLException, RefreshException {
        Seen found = look.seen.answered(asked);
        DeltaTable table = found.table().orElseThrow(() -> new SQLException("its table has gone", "42P01"));
        if (table.identity().isEmpty()) {
            throw new SQLException("it has no unique index on plain columns alone", "55000");
        }
        Planning planning = asked.of(look.planning).get(0);
        return new DeltaWork(watched, table, planning).refresh(found.changes(), verifies);
    }

    /** Whether a refresh now would certainly write nothing. */
    public static boolean isUpToDate(Connection connection, int id) throws SQLException {
        return Seen.upToDate(connection, id).isPresent();
    }

    /**
     * Leaves it as it is, where a refresh now would certainly write nothing; empty where it might. In a READ COMMITTED transaction under the
     * lock: nothing is computed, so there is nothing that would have to be of one snapshot.
     *
     * @param snapshot one taken in this transaction before this call, which is what the table then shows. The changes are
     *     counted in a later one, so none that it contains is among those that are not there.
     */
    public static Optional<Done> leave(Connection connection, int id, String snapshot) throws SQLException {
        Optional<DeltaTable> same =
                Seen.upToDate(connection, id).filter(table -> !table.identity().isEmpty());
        if (same.isEmpty()) {
            return Optional.empty();
        }
        DeltaTable table = same.get();
        Choice choice = Choice.before(table, new Changes(List.of()), false);
        return Optional.of(new Done(
                RowDelta.NONE,
                new DeltaRefresh(choice.way(), choice.reason(), 0, 0),
                new DeltaState(table, snapshot, List.of(), Optional.empty(), DeltaState.Spent.NOTHING, "")));
    }

    private Done refresh(Changes changes, boolean verifies) throws SQLException, RefreshException {
        Choice choice = Choice.before(table, changes, verifies);
        Optional<Written> few = Optional.empty();
        if (choice.way() == Way.KEYS) {
            few = added(changes);
            choice = few.isPresent() ? Choice.added(changes) : byKeys();
            if (choice.way() == Way.KEYS) {
                Keys changed = Objects.requireNonNull(keys);
                few = choice.dear() ? tried(() -> keysOnly(changed)) : Optional.of(keysOnly(changed));
                choice = few.isPresent() ? choice : Choice.inVain(changed);
            }
        }
        if (choice.way() == Way.FULL) {
            watched.execute(planning.restoration());
        }
        Written written = few.isPresent() ? few.get() : written(choice, verifies);
        long counted = keys == null ? 0 : keys.count();
        DeltaState.Spent spent = spent(choice, changes, counted);
        String first = choice.way() == Way.FULL ? "" : planning.restoration();
        DeltaState state = new DeltaState(table, null, changes.own(), pushdown(choice.way()), spent, first);
        DeltaRefresh how = new DeltaRefresh(choice.way(), choice.reason(), counted, written.drift());
        return new Done(written.rows(), how, state);
    }

    private DeltaState.Spent spent(Choice choice, Changes changes, long keys) {
        long took = System.nanoTime() - startedNanos;
        Long full = table.fullMicros();
        return new DeltaState.Spent(
                choice.way(),
                choice.way() == Way.ADDITIVE ? changes.total() : keys,
                took,
                refused || choice.dear(),
                anew,
                inVain || (anew && full != null && took / 1000 > full));
    }

    /** Goes a way that was expected to take longer than all; empty where it does. */
    private <T> Optional<T> tried(Trial.Way<T> way) throws SQLException, RefreshException {
        Optional<T> done = Trial.within(Objects.requireNonNull(table.fullMicros()), watched, way);
        anew = done.isPresent();
        inVain |= done.isEmpty();
        return done;
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
        startedNanos = System.nanoTime();
        Together.Query<Keys> changed = Keys.changed(table, Choice.MOST_KEYS);
        keys = Together.ask(watched.connection(), List.of(planning.forFew(), difference.permission(), changed))
                .of(changed)
                .get(0);
        return Choice.among(table, keys);
    }

    private Written written(Choice choice, boolean verifies) throws SQLException, RefreshException {
        startedNanos = System.nanoTime();
        return choice.way() == Way.NOTHING ? Written.NONE : all(verifies && choice.comparable());
    }

    /** Adds the changes to the sums; empty where that cannot be done, or is not worth it, and nothing was. */
    private Optional<Written> added(Changes changes) throws SQLException, RefreshException {
        if (!table.additive()) {
            return Optional.empty();
        }
        startedNanos = System.nanoTime();
        if (Choice.isWorthAdding(table, changes)) {
            return summed(changes);
        }
        if (!Trial.isDue(table)) {
            refused = true;
            return Optional.empty();
        }
        Optional<Written> written = tried(() -> summed(changes)).flatMap(done -> done);
        inVain |= written.isEmpty();
        anew = written.isPresent();
        return written;
    }

    private Optional<Written> summed(Changes changes) throws SQLException, RefreshException {
        String path = SearchPath.ofSources(watched.connection(), table.id());
        Optional<Additive> additive = Additive.of(watched.connection(), table, changes);
        Optional<Written> written = Optional.empty();
        if (additive.isPresent()) {
            Together.ask(watched.connection(), List.of(planning.forFew(BEFORE_SUMS + "; "), difference.permission()));
            try {
                written = written(new Sums(table, difference, additive.get()));
            } catch (SQLException e) {
                if (!String.valueOf(e.getSQLState()).startsWith(DATA_EXCEPTION)) {
                    throw e;
                }
                log.debug("{} is not refreshed by sums", table.view(), e);
                watched.execute("ROLLBACK TO " + BEFORE_SUMS);
            }
        }
        SearchPath.set(watched.connection(), path);
        return written;
    }

    /**
     * What sums do not say is computed by its keys, in a second statement. Where there are several unique indexes, a value could go from the
     * one to the other, and would be there twice in between: then nothing is written unless sums say all.
     */
    private Optional<Written> written(Sums sums) throws SQLException, RefreshException {
        long most = table.pushdown().isPushedDown() && !table.severalUnique() ? Choice.MOST_KEYS : 0;
        Summed summed =
                watched.row(sums.writing(most), row -> new Summed(counted(operations(row)), Keys.of(row, 5, table)));
        if (summed.again().count() > most) {
            return Optional.empty();
        }
        return Optional.of(
                summed.again().count() == 0
                        ? new Written(summed.rows(), 0)
                        : keysOnly(summed.again()).and(summed.rows()));
    }

    private record Written(RowDelta rows, long drift) {
        static final Written NONE = new Written(RowDelta.NONE, 0);

        Written and(RowDelta more) {
            return new Written(
                    new RowDelta(
                            rows.inserted() + more.inserted(),
                            rows.updated() + more.updated(),
                            rows.deleted() + more.deleted()),
                    drift);
        }
    }

    private record Summed(RowDelta rows, Keys again) {}

    private Written keysOnly(Keys changed) throws SQLException, RefreshException {
        if (changed.count() > Planning.MOST_FOR_ANY) {
            watched.execute(Planning.ANEW);
        }
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
}
