package io.olapsync.jdbc.internal;

import io.olapsync.jdbc.PostgresSettings;
import io.olapsync.spi.PendingInvalidation;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import io.olapsync.spi.ViewsSeen;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import javax.sql.DataSource;

/**
 * All that a sync asks before it begins, in one round trip: the statements that ask for one thing each, sent together. Each has a
 * snapshot of its own, as if they were sent one after the other.
 */
public final class FirstLooks {

    private static final String LOOK =
            String.join("; ", StateRows.NOW, StateRows.READ, ControlRows.READ, StateRows.PENDING);
    private static final String LOOK_AND_PROVE = LOOK + "; " + UnchangedViews.UNCHANGED;

    private final Database database;
    private final UnchangedViews unchanged;

    public FirstLooks(DataSource dataSource, PostgresSettings settings, UnchangedViews unchanged) {
        this.database = new Database(dataSource, settings);
        this.unchanged = unchanged;
    }

    public ViewsSeen of(Collection<ViewName> views, Map<ViewName, Set<ViewName>> ancestors) throws RefreshException {
        Set<ViewName> named = new LinkedHashSet<>(views);
        return database.asked("asking what views show", connection -> look(connection, named, ancestors));
    }

    private ViewsSeen look(Connection connection, Set<ViewName> views, Map<ViewName, Set<ViewName>> ancestors)
            throws SQLException {
        UnchangedViews.Question question = unchanged.about(ancestors);
        boolean proves = !ancestors.isEmpty();
        try (PreparedStatement statement = connection.prepareStatement(proves ? LOOK_AND_PROVE : LOOK)) {
            int at = 1;
            for (int asked = 0; asked < 3; asked++) {
                Rows.bindNames(statement, at, views);
                at += 2;
            }
            if (proves) {
                question.bind(statement, at);
            }
            statement.execute();
            Snapshot now = rows(statement, StateRows::snapshot).get(0);
            Map<ViewName, ViewState> states = new LinkedHashMap<>();
            rows(statement, StateRows::state).forEach(state -> states.put(state.view(), state));
            Map<ViewName, ViewControl> controls = new LinkedHashMap<>();
            rows(statement, ControlRows::control).forEach(control -> controls.put(control.view(), control));
            List<PendingInvalidation> pending = rows(statement, StateRows::pending);
            Set<ViewName> same =
                    proves ? question.answer(connection, rows(statement, UnchangedViews::candidate)) : Set.of();
            return new ViewsSeen(now, states, controls, pending, same);
        }
    }

    /** The rows of one of the statements; on to the next. */
    private static <T> List<T> rows(PreparedStatement statement, Rows.Reader<T> reader) throws SQLException {
        ResultSet row = Objects.requireNonNull(statement.getResultSet());
        List<T> all = new ArrayList<>();
        while (row.next()) {
            all.add(reader.read(row));
        }
        statement.getMoreResults();
        return all;
    }
}
