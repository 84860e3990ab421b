package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Names;
import io.olapsync.jdbc.internal.doctor.Steadiness;
import io.olapsync.spi.DeltaSource;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What was declared of one view, held against the view. Everything that is wrong is found before anything is touched.
 *
 * @param view the view as it is
 * @param spec what was declared
 * @param timed whether the definition depends on the time
 * @param used the columns that the definition reads of the tables in which it is linear, where its sums can be maintained from
 *     their changes alone; empty where it is not such a definition
 */
record Declaration(Relation view, DeltaSpec spec, boolean timed, Map<ViewName, List<String>> used) {

    /** Kinds of relations that can have triggers which see rows, and what events may tell of, too. */
    private static final Set<String> TELLING = Set.of("r", "p");

    private static final Set<String> TELLING_BY_EVENTS = Set.of("r", "p", "f");

    /** Checks it; what is wrong is added to the problems, and then there is no result. */
    static Optional<Declaration> check(
            Connection connection, ViewName name, DeltaSpec spec, Set<ViewName> together, List<String> problems)
            throws SQLException {
        Optional<Relation> found = Relation.read(connection, name);
        if (found.isEmpty()) {
            problems.add("there is no materialized view " + name.sql() + ": check its name");
            return Optional.empty();
        }
        Relation view = found.get();
        long definition = view.oid();
        if (!view.isMaterializedView()) {
            Optional<Registry.Installed> installed = Registry.installed(connection, name);
            if (installed.isEmpty()) {
                problems.add(name.sql() + " is a table, and no delta table of this library: name a materialized view");
                return Optional.empty();
            }
            definition = installed.get().definition();
        }
        int before = problems.size();
        if (view.indexes().stream().noneMatch(Relation.Index::identifies)) {
            problems.add(name.sql()
                    + " has no unique index on plain columns alone, without a WHERE clause, by which a row can be"
                    + " told from another: create one");
        }
        for (String column : spec.key()) {
            if (view.columns().stream().noneMatch(c -> c.column().name().equals(column))) {
                problems.add(name.sql() + " has no column " + Names.quote(column) + " for its key; it has "
                        + view.columns().stream().map(c -> c.column().sql()).collect(Collectors.joining(", ")));
            }
        }
        Sources sources = new Sources(connection);
        for (DeltaSource source : spec.sources()) {
            check(sources, name, source, together, problems);
        }
        for (Sources.Read read : sources.readBy(definition)) {
            checkRead(name, spec, read, together, problems);
        }
        Steadiness steadiness = Steadiness.of(connection, definition);
        if (!steadiness.random().isEmpty()) {
            problems.add(
                    "the definition of " + name.sql() + " uses " + String.join(", ", steadiness.random())
                            + ": it gives other rows each time, so it cannot be kept by its changes; compute the value from the row");
        }
        return problems.size() > before
                ? Optional.empty()
                : Optional.of(new Declaration(
                        view, spec, !steadiness.clocks().isEmpty(), Additive.used(connection, definition, spec)));
    }

    private static void check(
            Sources sources, ViewName view, DeltaSource source, Set<ViewName> together, List<String> problems)
            throws SQLException {
        List<Sources.Read> members = sources.members(source.table());
        if (members.isEmpty()) {
            problems.add(
                    "the source " + source.table().sql() + " of " + view.sql() + " does not exist: check its name");
            return;
        }
        Sources.Read table = members.get(0);
        if (!(source.fed() ? TELLING_BY_EVENTS : TELLING).contains(table.kind())
                && !together.contains(source.table())) {
            problems.add("the source " + source.table().sql() + " of " + view.sql() + " is " + Names.kind(table.kind())
                    + ": "
                    + (table.kind().equals("m")
                            ? "declare it as a delta table too, and convert both at once"
                            : "only tables, partitioned tables and delta tables can tell what changed in them, and of a foreign"
                                    + " table events can: .fed"));
            return;
        }
        members.stream()
                .filter(member -> !source.fed() && member.kind().equals("f"))
                .forEach(member ->
                        problems.add("the source " + source.table().sql() + " of " + view.sql() + " has the partition "
                                + member.name().sql() + ", a foreign table, whose changes nobody here sees"));
        List<Sources.SourceColumn> columns = sources.columns(source.table());
        for (String wanted : source.columns()) {
            Optional<Sources.SourceColumn> column = columns.stream()
                    .filter(c -> c.column().name().equals(wanted))
                    .findFirst();
            if (column.isEmpty()) {
                problems.add("the source " + source.table().sql() + " of " + view.sql() + " has no column "
                        + Names.quote(wanted) + "; it has "
                        + columns.stream().map(c -> c.column().sql()).collect(Collectors.joining(", ")));
            } else if (!column.get().comparable()) {
                problems.add("the column " + Names.quote(wanted) + " of the source "
                        + source.table().sql() + " is of the type "
                        + column.get().column().type() + ", whose values cannot be compared: use another column");
            }
        }
    }

    private static void checkRead(
            ViewName view, DeltaSpec spec, Sources.Read read, Set<ViewName> together, List<String> problems) {
        boolean declared =
                spec.sources().stream().anyMatch(source -> source.table().equals(read.name()));
        if (declared) {
            return;
        }
        String what = view.sql() + " reads " + read.name().sql() + ", ";
        if (read.kind().equals("f")) {
            problems.add(what
                    + "a foreign table, whose changes nobody here sees: leave it a materialized view, or have events say"
                    + " what changes there, by .fed");
        } else if (read.kind().equals("m") && !together.contains(read.name())) {
            problems.add(what
                    + "a materialized view: declare that as a delta table too, convert both at once, and name it as a"
                    + " source");
        } else {
            problems.add(what + "which is not declared as a source: name it with .source, .lookup or .whole");
        }
    }

    /** Whether its sums can be maintained from changes alone. */
    boolean isAdditive() {
        return !used.isEmpty();
    }

    /** The columns of a source whose images are to be kept; empty where its values are enough. */
    List<String> images(ViewName table) {
        return used.getOrDefault(table, List.of());
    }

    /** The columns of the key with the types that they have in the view. */
    List<Column> key() {
        List<Column> key = new ArrayList<>();
        for (String name : spec.key()) {
            view.columns().stream()
                    .map(Relation.Attribute::column)
                    .filter(column -> column.name().equals(name))
                    .forEach(key::add);
        }
        return key;
    }

    /** The declaration as an expression of SQL that gives it as JSON. */
    static String json(DeltaSpec spec) {
        List<String> sources = new ArrayList<>();
        for (DeltaSource source : spec.sources()) {
            sources.add("pg_catalog.jsonb_build_object('table', "
                    + Texts.literal(source.table().toString()) + ", 'columns', "
                    + "pg_catalog.to_jsonb(" + Texts.array(source.columns()) + ")"
                    + source.query()
                            .map(query -> ", 'lookup', " + Texts.literal(query))
                            .orElse("")
                    + (source.fed() ? ", 'fed', true" : "") + ")");
        }
        return "pg_catalog.jsonb_build_object('key', pg_catalog.to_jsonb(" + Texts.array(spec.key())
                + "), 'sources', pg_catalog.jsonb_build_array(" + String.join(", ", sources) + ")"
                + spec.aging()
                        .map(aging -> ", 'aging', " + Texts.literal(aging))
                        .orElse("") + ")";
    }
}
