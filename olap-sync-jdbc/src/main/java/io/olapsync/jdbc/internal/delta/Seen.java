package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Rows;
import io.olapsync.jdbc.internal.Together;
import io.olapsync.spi.DeltaRefresh.Way;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * What a look at a delta table finds, in one round trip.
 *
 * @param changes those that it has not seen
 * @param table empty where there is none of this number, or its table has gone
 */
record Seen(Changes changes, Optional<DeltaTable> table) {

    /**
     * Looks. The changes are counted first: what is true afterwards of the triggers, which are told by what they were at the
     * refresh, was so when they were counted.
     */
    static Seen at(Connection connection, int id) throws SQLException {
        Questions questions = Questions.about(id);
        return questions.answered(Together.ask(connection, questions.all()));
    }

    /** What is asked, in this order. */
    record Questions(Together.Query<Changes.OfCapture> changes, Together.Query<DeltaTable> table) {

        static Questions about(int id) {
            return new Questions(
                    new Together.Query<>(Changes.sql(id), (statement, first) -> first, Changes::of),
                    new Together.Query<>(
                            DeltaTable.LOAD,
                            (statement, first) -> {
                                statement.setInt(first, id);
                                return first + 1;
                            },
                            row -> DeltaTable.of(id, row)));
        }

        List<Together.Query<?>> all() {
            return List.of(changes, table);
        }

        Seen answered(Together seen) {
            return new Seen(
                    new Changes(seen.of(changes)), seen.of(table).stream().findFirst());
        }
    }

    /**
     * The table, where a refresh now would certainly write nothing. Only where there is no change the rest is read, too, for which it is
     * early enough then.
     */
    static Optional<DeltaTable> upToDate(Connection connection, int id) throws SQLException {
        Changes changes = count(connection, id);
        if (changes.total() > 0 || changes.whole()) {
            return Optional.empty();
        }
        return DeltaTable.load(connection, id)
                .filter(table ->
                        !table.timed() && Choice.before(table, changes, false).way() == Way.NOTHING);
    }

    private static Changes count(Connection connection, int id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(Changes.sql(id))) {
            return new Changes(Rows.all(statement, Changes::of));
        }
    }
}
