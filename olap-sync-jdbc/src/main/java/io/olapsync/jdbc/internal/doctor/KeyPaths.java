package io.olapsync.jdbc.internal.doctor;

import io.olapsync.jdbc.internal.Names;
import io.olapsync.jdbc.internal.doctor.JoinGraph.Place;
import io.olapsync.jdbc.internal.doctor.JoinGraph.Step;
import io.olapsync.spi.ViewName;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How the rows of the tables that a query reads lead to values of some of its columns, the key: by equal columns of its joins,
 * through subqueries and the parts of a UNION. Every row of the result that a changed row could have touched has one of the keys
 * that are found; there may be more. What is not understood leads nowhere.
 *
 * <p>A path goes by the rows that the other tables have now, and some of these may have changed, too. Take a row of the result as it
 * was, and of the rows that it was made of and that have changed since, the one with the shortest path: what lies on that has a
 * shorter one still, so it has not changed, and the path ends at the key that the row had. That needs all of the key in one place:
 * where two paths part to gather it, a change on each of them can hide what the other looks for. So a key is of the columns of one
 * table, and of several paths the shortest is taken.
 */
final class KeyPaths {

    /** A table, with the names of its columns by number. */
    record Table(ViewName name, Map<Integer, String> columns) {}

    /**
     * A way from changed rows to keys.
     *
     * @param columns those of the changed row that it needs
     * @param direct those that are the key, in its order; empty where the query is needed
     * @param query gives the keys, from the relation {@code changed}
     * @param length how many relations it goes through
     */
    record Path(Set<String> columns, List<String> direct, String query, int length) {}

    /**
     * A column that is at hand where a path begins.
     *
     * @param needs the columns of the changed row that it comes from
     * @param direct that of the changed row that it is; empty where it is none as it stands
     */
    private record At(String sql, Set<String> needs, Optional<String> direct) {}

    /** Where a path begins: a relation, {@code t0}, and those of its columns that are at hand. */
    private record Start(String from, Map<Integer, At> columns, int length) {}

    private static final int RELATION = 0;
    private static final int WITH = 6;

    private final Map<Long, Table> tables;
    private final Set<Long> equalities;

    KeyPaths(Map<Long, Table> tables, Set<Long> equalities) {
        this.tables = tables;
        this.equalities = equalities;
    }

    /** The columns of the query, from 1, that can be part of a key. */
    Set<Integer> possible(Node query) {
        Set<Integer> possible = new LinkedHashSet<>();
        for (Node entry : query.nodes("targetList")) {
            int column = (int) entry.number("resno");
            if (!isSet(entry, "resjunk") && fits(query, column)) {
                possible.add(column);
            }
        }
        return possible;
    }

    /** The paths of each table; a table that is read and has none, or lacks one where it is read twice, is absent. */
    Map<Long, List<Path>> of(Node query, List<Integer> key) {
        Map<Long, List<Path>> found = new LinkedHashMap<>();
        Set<Long> lacking = new HashSet<>();
        collect(query, key, found, lacking);
        lacking.forEach(found::remove);
        return found;
    }

    private boolean fits(Node query, int column) {
        if (query.node("setOperations") != null) {
            return parts(query).stream().allMatch(part -> fits(part, column));
        }
        Node target = target(query, column);
        JoinGraph graph = new JoinGraph(query, equalities);
        return !isOpaque(query)
                && target != null
                && graph.place(target.node("expr"))
                        .filter(place -> !graph.mayBeMissing(place.entry()))
                        .isPresent()
                && (!groups(query) || isIn(query.nodes("groupClause"), target))
                && query.nodes("windowClause").stream()
                        .allMatch(window -> isIn(window.nodes("partitionClause"), target));
    }

    private static boolean isIn(List<Node> clause, Node target) {
        return clause.stream()
                .anyMatch(item -> item.number("tleSortGroupRef") == target.number("ressortgroupref")
                        && target.number("ressortgroupref") != 0);
    }

    /** Whether a row can depend on rows of which it shows nothing. */
    private static boolean isOpaque(Node query) {
        return query.node("limitCount") != null
                || query.node("limitOffset") != null
                || isSet(query, "hasDistinctOn")
                || isSet(query, "hasTargetSRFs")
                || !query.nodes("groupingSets").isEmpty();
    }

    private static boolean groups(Node query) {
        return isSet(query, "hasAggs") || !query.list("groupClause").isEmpty() || query.node("havingQual") != null;
    }

    private void collect(Node query, List<Integer> key, Map<Long, List<Path>> found, Set<Long> lacking) {
        if (query.node("setOperations") != null && !isOpaque(query)) {
            parts(query).forEach(part -> collect(part, key, found, lacking));
            return;
        }
        if (key.isEmpty() || !key.stream().allMatch(column -> fits(query, column))) {
            lacking.addAll(reads(query));
            return;
        }
        JoinGraph graph = new JoinGraph(query, equalities);
        List<Place> places = key.stream()
                .map(column -> graph.place(
                                Objects.requireNonNull(target(query, column)).node("expr"))
                        .orElseThrow())
                .toList();
        if (places.stream().map(Place::entry).distinct().count() > 1) {
            lacking.addAll(reads(query));
            return;
        }
        for (int entry : graph.entries()) {
            paths(query, graph, entry, places, found, lacking);
        }
        // What stands in a subquery of an expression is in no FROM, and so has no path.
        for (String field : List.of("targetList", "jointree", "havingQual", "windowClause")) {
            lacking.addAll(reads(query.fields().get(field)));
        }
    }

    /** The relations in a tree. */
    private static Set<Long> reads(@Nullable Object tree) {
        Set<Long> relations = new LinkedHashSet<>();
        Node.walk(tree, node -> {
            if (node.number("relid") != 0) {
                relations.add(node.number("relid"));
            }
        });
        return relations;
    }

    /** Finds those of the tables of one entry. */
    private void paths(
            Node query, JoinGraph graph, int number, List<Place> key, Map<Long, List<Path>> found, Set<Long> lacking) {
        Node entry = graph.entry(number);
        long relation = entry.number("rtekind") == RELATION ? entry.number("relid") : 0;
        Node inner = relation == 0 ? within(query, entry) : null;
        Map<Long, List<Path>> here = new LinkedHashMap<>();
        if (tables.containsKey(relation)) {
            path(graph, number, start(tables.get(relation)), key).ifPresent(one -> here.put(relation, List.of(one)));
        } else if (inner != null) {
            for (int column : possible(inner)) {
                of(inner, List.of(column)).forEach((table, paths) -> {
                    List<Path> all = paths.stream()
                            .flatMap(one -> path(graph, number, start(one, column), key).stream())
                            .toList();
                    if (all.size() == paths.size()) {
                        here.merge(table, all, (one, other) -> longest(other) < longest(one) ? other : one);
                    }
                });
            }
        }
        for (long read : reads(inner == null ? entry : inner)) {
            if (here.containsKey(read)) {
                found.computeIfAbsent(read, r -> new ArrayList<>()).addAll(here.get(read));
            } else {
                lacking.add(read);
            }
        }
    }

    private static int longest(List<Path> paths) {
        return paths.stream().mapToInt(Path::length).max().orElse(0);
    }

    /** The query that an entry stands for, or null. */
    private static @Nullable Node within(Node query, Node entry) {
        if (entry.number("rtekind") != WITH) {
            return entry.node("subquery");
        }
        if (entry.number("ctelevelsup") == 0 && !isSet(entry, "self_reference")) {
            for (Node with : query.nodes("cteList")) {
                if (Objects.equals(with.text("ctename"), entry.text("ctename")) && !isSet(with, "cterecursive")) {
                    return with.node("ctequery");
                }
            }
        }
        throw new IllegalArgumentException("a WITH query that is not of this query, or recursive");
    }

    /** The parts of a UNION, an INTERSECT or an EXCEPT. */
    private static List<Node> parts(Node query) {
        List<Node> parts = new ArrayList<>();
        Node.walk(query.node("setOperations"), node -> {
            if (node.is("RANGETBLREF")) {
                Node entry = query.nodes("rtable").get((int) node.number("rtindex") - 1);
                parts.add(Objects.requireNonNull(entry.node("subquery")));
            }
        });
        return parts;
    }

    private static @Nullable Node target(Node query, int column) {
        return query.nodes("targetList").stream()
                .filter(entry -> entry.number("resno") == column)
                .findFirst()
                .orElse(null);
    }

    private static Start start(Table table) {
        Map<Integer, At> columns = new LinkedHashMap<>();
        table.columns()
                .forEach((number, name) ->
                        columns.put(number, new At("t0." + Names.quote(name), Set.of(name), Optional.of(name))));
        return new Start("changed", columns, 0);
    }

    private static Start start(Path inner, int column) {
        Optional<String> direct = inner.direct().stream().findFirst();
        return new Start(
                "(" + inner.query() + ")",
                Map.of(column, new At("t0.k1", inner.columns(), direct)),
                inner.length() + 1);
    }

    /** Goes from an entry to all of the key, by as few other tables as it takes; empty where that cannot be. */
    private Optional<Path> path(JoinGraph graph, int from, Start start, List<Place> key) {
        Map<Integer, Step> reached = reach(graph, from, start);
        List<Integer> joined = new ArrayList<>(List.of(from));
        List<String> keys = new ArrayList<>();
        List<Optional<String>> direct = new ArrayList<>();
        Set<String> needs = new TreeSet<>();
        StringBuilder joins = new StringBuilder();
        for (Place place : key) {
            Optional<At> at = atHand(graph, from, start, place);
            if (at.isPresent()) {
                keys.add(at.get().sql());
                direct.add(at.get().direct());
                needs.addAll(at.get().needs());
                continue;
            }
            if (!reached.containsKey(place.entry())) {
                return Optional.empty();
            }
            joinUpTo(graph, place.entry(), start, reached, joined, joins, needs);
            keys.add("t" + joined.indexOf(place.entry()) + "." + column(graph, place));
            direct.add(Optional.empty());
        }
        StringBuilder query = new StringBuilder("SELECT ");
        for (int i = 0; i < keys.size(); i++) {
            query.append(i == 0 ? "" : ", ").append(keys.get(i)).append(" AS k").append(i + 1);
        }
        query.append(" FROM ").append(start.from()).append(" t0").append(joins);
        boolean plain = direct.stream().allMatch(Optional::isPresent);
        return Optional.of(new Path(
                needs,
                plain ? direct.stream().flatMap(Optional::stream).toList() : List.of(),
                query.toString(),
                start.length() + joined.size() - 1));
    }

    /** A column of the key that the beginning has itself, or another that equals it in each row. */
    private static Optional<At> atHand(JoinGraph graph, int from, Start start, Place place) {
        if (place.entry() == from) {
            return Optional.ofNullable(start.columns().get(place.column()));
        }
        return graph.stepsFrom(from).stream()
                .filter(step -> step.sameType() && step.to().equals(place))
                .flatMap(step ->
                        Optional.ofNullable(start.columns().get(step.from().column())).stream())
                .findFirst();
    }

    /** The other entries that can be reached, each with the step that leads to it. */
    private Map<Integer, Step> reach(JoinGraph graph, int from, Start start) {
        Map<Integer, Step> reached = new LinkedHashMap<>();

        Deque<Integer> todo = new ArrayDeque<>(List.of(from));
        while (!todo.isEmpty()) {
            int here = todo.remove();
            for (Step step : graph.stepsFrom(here)) {
                int next = step.to().entry();
                boolean isTable = tables.containsKey(graph.entry(next).number("relid"));
                boolean atHand =
                        here != from || start.columns().containsKey(step.from().column());
                if (isTable && atHand && next != from && !reached.containsKey(next)) {
                    reached.put(next, step);
                    todo.add(next);
                }
            }
        }
        return reached;
    }

    private void joinUpTo(
            JoinGraph graph,
            int target,
            Start start,
            Map<Integer, Step> reached,
            List<Integer> joined,
            StringBuilder joins,
            Set<String> needs) {
        if (joined.contains(target)) {
            return;
        }
        Step first = Objects.requireNonNull(reached.get(target));
        joinUpTo(graph, first.from().entry(), start, reached, joined, joins, needs);
        String alias = "t" + joined.size();
        List<String> conditions = new ArrayList<>();
        for (int before : joined) {
            for (Step step : graph.stepsFrom(before)) {
                At at = before == joined.get(0)
                        ? start.columns().get(step.from().column())
                        : null;
                if (step.to().entry() != target || (before == joined.get(0) && at == null)) {
                    continue;
                }
                String there = at != null ? at.sql() : "t" + joined.indexOf(before) + "." + column(graph, step.from());
                conditions.add(alias + "." + column(graph, step.to()) + " = " + there);
                needs.addAll(at == null ? Set.of() : at.needs());
            }
        }
        joined.add(target);
        joins.append(" JOIN ")
                .append(Objects.requireNonNull(tables.get(graph.entry(target).number("relid")))
                        .name()
                        .sql())
                .append(' ')
                .append(alias)
                .append(" ON ")
                .append(conditions.stream().distinct().collect(Collectors.joining(" AND ")));
    }

    private String column(JoinGraph graph, Place place) {
        Table table =
                Objects.requireNonNull(tables.get(graph.entry(place.entry()).number("relid")));
        return Names.quote(Objects.requireNonNull(table.columns().get(place.column())));
    }

    private static boolean isSet(Node node, String flag) {
        return Objects.equals(node.text(flag), "true");
    }
}
