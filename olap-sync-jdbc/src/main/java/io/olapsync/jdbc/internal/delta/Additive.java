package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Names;
import io.olapsync.jdbc.internal.Rows;
import io.olapsync.jdbc.internal.doctor.LinearAggregate;
import io.olapsync.jdbc.internal.doctor.LinearAggregate.Kind;
import io.olapsync.spi.DeltaSource;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What changes add to the groups of a view, as a query: the definition itself, with the tables that changed replaced by the
 * rows that came or went.
 *
 * <p>The definition is linear in each table, so what a change in one adds is the definition over the change alone. Where several
 * have changed, each change meets the other tables as they are now, which counts what is new in two of them twice: that is
 * taken off again, and so on. A table that only other branches of a union read is replaced by nothing, or all of those branches would be computed
 * for nothing. The replacements are common table expressions with the tables' names, which hide the tables: the server's own
 * text of the definition needs no change.
 */
final class Additive {

    /** Three changed tables make 26 terms, four would make 80. */
    private static final int MOST_CHANGED = 3;

    /** A table that the definition reads. */
    private record Table(long oid, ViewName name, boolean visible, List<String> used) {}

    private static final String TABLES = """
            SELECT c.oid, n.nspname, c.relname, pg_catalog.pg_table_is_visible(c.oid),
                   ARRAY(SELECT DISTINCT a.attname::text
                           FROM pg_catalog.pg_rewrite r
                           JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
                                AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid AND d.refobjsubid > 0
                           JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
                          WHERE r.ev_class = ?::oid ORDER BY 1) AS used
              FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE c.oid = ANY (?::oid[]) ORDER BY c.oid""";

    /** With no more quotes than need be, in which functions would not be known again. */
    private static final String TEXT = """
            WITH plain AS MATERIALIZED (SELECT pg_catalog.set_config('quote_all_identifiers', 'off', true) AS it)
            SELECT pg_catalog.pg_get_viewdef(?::oid) FROM plain WHERE it IS NOT NULL""";

    private final List<Kind> items;
    private final DefinitionText text;
    private final List<String> terms;

    private Additive(List<Kind> items, DefinitionText text, List<String> terms) {
        this.items = items;
        this.text = text;
        this.terms = terms;
    }

    /** The columns that a definition reads of the sources in which it is linear; empty where nothing can be maintained so. */
    static Map<ViewName, List<String>> used(Connection connection, long definition, DeltaSpec spec)
            throws SQLException {
        Map<ViewName, List<String>> used = new LinkedHashMap<>();
        Optional<LinearAggregate> shape = LinearAggregate.of(connection, definition);
        // What an event has not told of yet is in the tables already: a change elsewhere would be added with it, and
        // again later.
        if (spec.sources().stream().anyMatch(DeltaSource::fed)
                || shape.isEmpty()
                || averages(shape.get().items(), text(connection, definition)).isEmpty()) {
            return used;
        }
        for (Table table : tables(connection, definition, shape.get())) {
            boolean linear = !shape.get().nullable().contains(table.oid());
            spec.sources().stream()
                    .filter(source ->
                            linear && !source.isWhole() && source.table().equals(table.name()))
                    .forEach(
                            source -> used.put(table.name(), table.used().isEmpty() ? source.columns() : table.used()));
        }
        return used;
    }

    /** For these changes; empty where they cannot be added. The names of the tables are found on this path. */
    static Optional<Additive> of(Connection connection, DeltaTable delta, Changes changes) throws SQLException {
        Optional<LinearAggregate> found = LinearAggregate.of(connection, delta.definition());
        if (found.isEmpty()) {
            return Optional.empty();
        }
        LinearAggregate shape = found.get();
        if (!isGrouped(delta, shape.items())) {
            return Optional.empty();
        }
        List<Table> tables = tables(connection, delta.definition(), shape);
        Map<Table, Capture> changed = new LinkedHashMap<>();
        for (Capture capture : Registry.capturesOf(connection, delta.id())) {
            if (changes.of(capture.id()) == 0) {
                continue;
            }
            Optional<Table> table = tables.stream()
                    .filter(one -> one.name().equals(capture.table()) && one.visible())
                    .filter(one -> capture.images() && !shape.nullable().contains(one.oid()))
                    .findFirst();
            if (table.isEmpty()) {
                return Optional.empty();
            }
            changed.put(table.get(), capture);
        }
        DefinitionText text = text(connection, delta.definition());
        if (changed.isEmpty()
                || changed.size() > MOST_CHANGED
                || averages(shape.items(), text).isEmpty()) {
            return Optional.empty();
        }
        return terms(delta, shape, tables, changed).map(terms -> new Additive(shape.items(), text, terms));
    }

    /** Whether its rows are found again by columns of the group. */
    private static boolean isGrouped(DeltaTable delta, List<Kind> items) {
        return items.size() == delta.columns().size()
                && Stream.concat(delta.identity().stream(), delta.key().stream())
                        .allMatch(column -> items.get(delta.columns().indexOf(column)) == Kind.GROUP);
    }

    private static List<Table> tables(Connection connection, long definition, LinearAggregate shape)
            throws SQLException {
        Set<Long> oids = new LinkedHashSet<>();
        shape.branches().forEach(oids::addAll);
        try (PreparedStatement statement = connection.prepareStatement(TABLES)) {
            statement.setString(1, String.valueOf(definition));
            statement.setArray(
                    2,
                    connection.createArrayOf(
                            "text", oids.stream().map(String::valueOf).toArray()));
            return Rows.all(
                    statement,
                    row -> new Table(
                            row.getLong(1),
                            ViewName.of(row.getString(2), row.getString(3)),
                            row.getBoolean(4),
                            Rows.strings(row, "used")));
        }
    }

    private static DefinitionText text(Connection connection, long definition) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(TEXT)) {
            statement.setString(1, String.valueOf(definition));
            return DefinitionText.parse(
                    Rows.all(statement, row -> row.getString(1)).get(0).strip().replaceAll(";$", ""));
        }
    }

    /** For each average the positions of the sum and the count of the same; empty where one lacks them. */
    private static Optional<Map<Integer, int[]>> averages(List<Kind> items, DefinitionText text) {
        Map<Integer, int[]> averages = new LinkedHashMap<>();
        for (int i = 0; i < items.size(); i++) {
            if (items.get(i) == Kind.AVERAGE) {
                String argument = text.expressions().get(i).substring("avg".length());
                int sum = text.expressions().indexOf("sum" + argument);
                int count = text.expressions().indexOf("count" + argument);
                if (sum < 0 || count < 0) {
                    return Optional.empty();
                }
                averages.put(i, new int[] {sum, count});
            }
        }
        return Optional.of(averages);
    }

    Map<Integer, int[]> averages() {
        return averages(items, text).orElseThrow();
    }

    List<Kind> items() {
        return items;
    }

    int position(Kind kind) {
        return items.indexOf(kind);
    }

    /** Whether more than one term is added up, so that a row may be in one of them and not be there. */
    boolean overlaps() {
        return terms.size() > 2;
    }

    private static Optional<List<String>> terms(
            DeltaTable delta, LinearAggregate shape, List<Table> tables, Map<Table, Capture> changed) {
        List<String> terms = new ArrayList<>();
        List<Table> all = List.copyOf(changed.keySet());
        for (int subset = 1; subset < 1 << all.size(); subset++) {
            List<Table> together = new ArrayList<>();
            for (int i = 0; i < all.size(); i++) {
                if ((subset >> i & 1) == 1) {
                    together.add(all.get(i));
                }
            }
            Set<Long> oids = together.stream().map(Table::oid).collect(Collectors.toSet());
            if (shape.branches().stream().noneMatch(branch -> branch.containsAll(oids))) {
                continue; // they never meet
            }
            Optional<List<Table>> emptied = emptied(shape, tables, oids);
            if (emptied.isEmpty()) {
                return Optional.empty();
            }
            addTerms(terms, delta, together, changed, emptied.get());
        }
        return Optional.of(terms);
    }

    /** What has to be empty for those branches to give nothing that do not read all of these; empty where that cannot be had. */
    private static Optional<List<Table>> emptied(LinearAggregate shape, List<Table> tables, Set<Long> together) {
        Set<Long> kept = shape.branches().stream()
                .filter(branch -> branch.containsAll(together))
                .flatMap(Set::stream)
                .collect(Collectors.toSet());
        Set<Long> gone = new LinkedHashSet<>();
        for (Set<Long> branch : shape.branches()) {
            if (branch.containsAll(together)) {
                continue;
            }
            Optional<Long> alone = branch.stream()
                    .filter(oid -> !kept.contains(oid) && !shape.nullable().contains(oid))
                    .filter(oid -> tables.stream().anyMatch(table -> table.oid() == oid && table.visible()))
                    .findFirst();
            if (alone.isEmpty()) {
                return Optional.empty();
            }
            gone.add(alone.get());
        }
        return Optional.of(
                tables.stream().filter(table -> gone.contains(table.oid())).toList());
    }

    /** One term for each way in which the rows of these tables came or went. */
    private static void addTerms(
            List<String> terms,
            DeltaTable delta,
            List<Table> together,
            Map<Table, Capture> changed,
            List<Table> emptied) {
        for (int gone = 0; gone < 1 << together.size(); gone++) {
            int sign = together.size() % 2 == 1 ? 1 : -1;
            List<String> hidden = new ArrayList<>();
            for (int i = 0; i < together.size(); i++) {
                boolean went = (gone >> i & 1) == 1;
                sign = went ? -sign : sign;
                Capture capture = Objects.requireNonNull(changed.get(together.get(i)));
                hidden.add(Names.quote(together.get(i).name().name()) + " AS (SELECT * FROM "
                        + DeltaNames.images(delta.id(), capture.id()) + " i WHERE " + (went ? "" : "NOT ")
                        + "i.olap_sync_gone)");
            }
            for (Table table : emptied) {
                hidden.add(Names.quote(table.name().name()) + " AS (SELECT * FROM "
                        + table.name().sql() + " WHERE false)");
            }
            terms.add(sign + " AS sign, x.* FROM (WITH " + String.join(", ", hidden) + " ");
        }
    }

    /**
     * The query: a row for each group that a change touched, {@code g} and the number of the column for its group, and for the
     * others what is added ({@code d}), by how many more values ({@code e}), and the extremes of what came ({@code p}) and went
     * ({@code q}).
     */
    String sums() {
        List<String> wide = new ArrayList<>();
        List<String> added = new ArrayList<>();
        List<String> groups = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            String expression = text.expressions().get(i);
            String column = "a" + (i + 1);
            wide.add(expression + " AS " + column);
            switch (items.get(i)) {
                case GROUP -> {
                    added.add(column + " AS g" + (i + 1));
                    groups.add(column);
                }
                case ROWS, COUNT -> added.add(sum(column) + "::bigint AS d" + (i + 1));
                case SUM -> {
                    wide.add("count" + expression.substring("sum".length()) + " AS n" + (i + 1));
                    added.add(sum(column) + " AS d" + (i + 1));
                    added.add(sum("n" + (i + 1)) + " AS e" + (i + 1));
                }
                case LEAST -> extremes(added, "min", column, i + 1);
                case GREATEST -> extremes(added, "max", column, i + 1);
                case AVERAGE -> wide.remove(wide.size() - 1);
            }
        }
        wide.add("pg_catalog.count(*) AS n");
        added.add(sum("n") + " AS rows");
        String definition = "SELECT " + String.join(", ", wide) + " " + text.rest();
        return "SELECT " + String.join(", ", added) + " FROM ("
                + terms.stream()
                        .map(term -> "SELECT " + term + definition + ") x")
                        .collect(Collectors.joining(" UNION ALL "))
                + ") t GROUP BY " + String.join(", ", groups);
    }

    private static String sum(String column) {
        return "coalesce(pg_catalog.sum(sign * " + column + "), 0)";
    }

    private static void extremes(List<String> added, String function, String column, int position) {
        added.add("pg_catalog." + function + "(" + column + ") FILTER (WHERE sign > 0) AS p" + position);
        added.add("pg_catalog." + function + "(" + column + ") FILTER (WHERE sign < 0) AS q" + position);
    }
}
