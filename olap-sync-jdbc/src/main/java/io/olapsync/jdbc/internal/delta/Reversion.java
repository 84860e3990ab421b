package io.olapsync.jdbc.internal.delta;

import io.olapsync.InvalidPlanException;
import io.olapsync.jdbc.internal.Rows;
import io.olapsync.spi.ViewName;
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
import java.util.Optional;
import java.util.Set;

/** The statements that turn delta tables back into materialized views, as they were, in the order of one transaction. */
public final class Reversion {

    private static final String READ_BY_OTHERS = """
            SELECT d.view_schema, d.view_name FROM olap_sync.delta_table d
              JOIN olap_sync.delta_source s ON s.delta_id = d.id JOIN olap_sync.capture a ON a.id = s.capture_id
             WHERE a.table_schema = ? AND a.table_name = ?""";

    private static final String ADDITIONS = """
            WITH d AS (
                SELECT c.oid, c.relrowsecurity, ?::oid AS definition
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = ? AND c.relname = ?),
            col AS (
                SELECT a.attrelid, a.attnum, pg_catalog.quote_ident(a.attname) || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod)
                           || coalesce(' COLLATE ' || a.attcollation::pg_catalog.regcollation, '') AS described,
                       a.attname, a.attnotnull
                  FROM pg_catalog.pg_attribute a
                 WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid IN (SELECT oid FROM d UNION ALL SELECT definition FROM d))
            SELECT 'the column ' || c.described || ', which its definition has not' FROM d JOIN col c ON c.attrelid = d.oid
             WHERE NOT EXISTS (SELECT FROM col e WHERE e.attrelid = d.definition AND e.described = c.described)
            UNION ALL
            SELECT 'no column ' || c.described || ' any more, which its definition has' FROM d JOIN col c ON c.attrelid = d.definition
             WHERE NOT EXISTS (SELECT FROM col e WHERE e.attrelid = d.oid AND e.described = c.described)
            UNION ALL
            SELECT 'NOT NULL on its column ' || pg_catalog.quote_ident(c.attname) FROM d JOIN col c ON c.attrelid = d.oid
             WHERE c.attnotnull
            UNION ALL
            SELECT 'row security' FROM d WHERE relrowsecurity""";

    private final Connection connection;
    private final List<String> sql = new ArrayList<>();

    private Reversion(Connection connection) {
        this.connection = connection;
    }

    /**
     * The statements; none where all of them are materialized views.
     *
     * @throws InvalidPlanException with all that stands in the way
     */
    public static List<String> of(Connection connection, Collection<ViewName> views) throws SQLException {
        return new Reversion(connection).statements(views);
    }

    private List<String> statements(Collection<ViewName> views) throws SQLException {
        Map<ViewName, Registry.Installed> installed = new LinkedHashMap<>();
        List<String> problems = new ArrayList<>();
        for (ViewName view : views) {
            Optional<Registry.Installed> found = Registry.installed(connection, view);
            if (found.isPresent()) {
                installed.put(view, found.get());
            } else if (Relation.read(connection, view)
                    .filter(Relation::isMaterializedView)
                    .isEmpty()) {
                problems.add(view.sql() + " is neither a delta table nor a materialized view: check its name");
            }
        }
        Dependents dependents = new Dependents(connection);
        for (ViewName view : installed.keySet()) {
            for (ViewName reader : readersByChanges(view)) {
                if (!installed.containsKey(reader)) {
                    problems.add(
                            view.sql() + " is a source of the delta table " + reader.sql()
                                    + ", which could not be told any more what changed in it: revert that one too, in the same call");
                }
            }
        }
        for (Registry.Installed delta : installed.values()) {
            additions(delta, problems);
        }
        List<ViewName> ordered = ordered(installed.keySet());
        dependents
                .obstacles(ordered)
                .forEach(obstacle -> problems.add(Dependents.described(obstacle)
                        + " depends on it and cannot be carried over: drop it, revert, and create it again"));
        if (!problems.isEmpty()) {
            throw new InvalidPlanException("the reversion of delta tables", problems);
        }
        revert(ordered, installed, dependents);
        if (!sql.isEmpty()) {
            sql.addAll(0, Succession.settings());
        }
        return List.copyOf(sql);
    }

    /** Something that gets a materialized view as its successor: a delta table, or a materialized view that reads one. */
    private record Successor(ViewName name, Optional<Registry.Installed> delta, Succession succession) {}

    private void revert(List<ViewName> ordered, Map<ViewName, Registry.Installed> installed, Dependents dependents)
            throws SQLException {
        Set<String> replacements = new LinkedHashSet<>();
        List<Successor> successors = new ArrayList<>();
        int further = Registry.next(connection, "delta_table");
        for (ViewName view : ordered) {
            Relation relation = Relation.read(connection, view)
                    .orElseThrow(() -> new SQLException(view.sql() + " has gone", "42P01"));
            Optional<Registry.Installed> delta = Optional.ofNullable(installed.get(view));
            int id = delta.isPresent() ? delta.get().id() : further++;
            Succession succession = new Succession(
                    delta.isPresent() && delta.get().room() ? relation.withoutRoom() : relation,
                    "MATERIALIZED VIEW",
                    id);
            successors.add(0, new Successor(view, delta, succession));
            sql.addAll(
                    succession.building(delta.isPresent() ? definition(delta.get()) : relation.definitionWithData()));
            sql.addAll(succession.taking());
            for (Dependents.Dependent reader : dependents.of(view)) {
                if (!reader.isMaterializedView() && !isOurs(reader.name(), installed)) {
                    replacements.add(reader.replacement());
                }
            }
            replacements.addAll(dependents.functions(view));
        }
        sql.addAll(replacements);
        for (Successor one : successors) {
            if (one.delta().isPresent()) {
                forget(one.delta().get().id());
            }
        }
        successors.forEach(one -> sql.addAll(one.succession().ending()));
        forgetCaptures(installed); // last, because it locks everybody out of the sources
    }

    private void forget(int delta) throws SQLException {
        sql.addAll(DeltaViews.removal(delta, Registry.capturesOf(connection, delta)));
        sql.add("DROP VIEW " + DeltaNames.definition(delta));
        sql.add("DELETE FROM olap_sync.delta_table WHERE id = " + delta);
    }

    private void forgetCaptures(Map<ViewName, Registry.Installed> installed) throws SQLException {
        List<Integer> ids =
                installed.values().stream().map(Registry.Installed::id).toList();
        for (Capture capture : Registry.capturesOnlyOf(connection, ids)) {
            sql.add("DELETE FROM olap_sync.capture WHERE id = " + capture.id());
            sql.addAll(capture.removal());
        }
    }

    private static boolean isOurs(ViewName reader, Map<ViewName, Registry.Installed> installed) {
        return reader.schema().equals("olap_sync")
                && installed.values().stream()
                        .anyMatch(delta -> Set.of(
                                        DeltaNames.definition(delta.id()),
                                        DeltaNames.keys(delta.id()),
                                        DeltaNames.pending(delta.id()))
                                .contains(reader.schema() + "." + reader.name()));
    }

    /** Upstream first: materialized views that read one of them are succeeded too; delta tables by their definitions. */
    private List<ViewName> ordered(Set<ViewName> views) throws SQLException {
        List<ViewName> byReaders = new Dependents(connection).upstreamFirst(views);
        List<ViewName> ordered = new ArrayList<>();
        Set<ViewName> visiting = new LinkedHashSet<>();
        for (ViewName view : byReaders) {
            order(view, byReaders, ordered, visiting);
        }
        return ordered;
    }

    private void order(ViewName view, List<ViewName> among, List<ViewName> ordered, Set<ViewName> visiting)
            throws SQLException {
        if (!visiting.add(view)) {
            return;
        }
        Optional<Registry.Installed> delta = Registry.installed(connection, view);
        if (delta.isPresent()) {
            for (Sources.Read read : new Sources(connection).readBy(delta.get().definition())) {
                if (among.contains(read.name())) {
                    order(read.name(), among, ordered, visiting);
                }
            }
        }
        ordered.add(view);
    }

    /** What people have made of the table and no materialized view can be. */
    private void additions(Registry.Installed delta, List<String> problems) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ADDITIONS)) {
            statement.setString(1, String.valueOf(delta.definition()));
            statement.setString(2, delta.view().schema());
            statement.setString(3, delta.view().name());
            for (String what : Rows.all(statement, row -> row.getString(1))) {
                problems.add(delta.view().sql() + " has " + what
                        + ", and a materialized view cannot have that: undo it first");
            }
        }
    }

    private List<ViewName> readersByChanges(ViewName view) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(READ_BY_OTHERS)) {
            statement.setString(1, view.schema());
            statement.setString(2, view.name());
            return Rows.all(statement, row -> ViewName.of(row.getString(1), row.getString(2)));
        }
    }

    private String definition(Registry.Installed delta) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_catalog.pg_get_viewdef(?::oid)")) {
            statement.setString(1, String.valueOf(delta.definition()));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getString(1).strip().replaceAll(";$", "");
            }
        }
    }
}
