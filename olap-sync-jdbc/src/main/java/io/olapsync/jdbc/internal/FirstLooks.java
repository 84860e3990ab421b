package io.olapsync.jdbc.internal;

import io.olapsync.jdbc.PostgresSettings;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import io.olapsync.spi.ViewsSeen;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;

/**
 * All that a sync asks before it begins, in one round trip: the statements that ask for one thing each, sent together. Each has a
 * snapshot of its own, as if they were sent one after the other.
 */
public final class FirstLooks {

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
        Together.Parameters names = Together.Parameters.names(views);
        var now = new Together.Query<>(StateRows.NOW, (statement, first) -> first, StateRows::snapshot);
        var states = new Together.Query<>(StateRows.READ, names, StateRows::state);
        var controls = new Together.Query<>(ControlRows.READ, names, ControlRows::control);
        var pending = new Together.Query<>(StateRows.PENDING, names, StateRows::pending);
        var same = new Together.Query<>(UnchangedViews.UNCHANGED, question::bind, UnchangedViews::candidate);
        List<Together.Query<?>> all = new ArrayList<>(List.of(now, states, controls, pending));
        if (!ancestors.isEmpty()) {
            all.add(same);
        }
        Together asked = Together.ask(connection, all);
        Map<ViewName, ViewState> shown = new LinkedHashMap<>();
        asked.of(states).forEach(state -> shown.put(state.view(), state));
        Map<ViewName, ViewControl> held = new LinkedHashMap<>();
        asked.of(controls).forEach(control -> held.put(control.view(), control));
        Set<ViewName> unchangedViews = ancestors.isEmpty() ? Set.of() : question.answer(connection, asked.of(same));
        return new ViewsSeen(asked.of(now).get(0), shown, held, asked.of(pending), unchangedViews);
    }
}
