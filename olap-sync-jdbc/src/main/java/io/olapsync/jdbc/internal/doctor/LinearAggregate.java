package io.olapsync.jdbc.internal.doctor;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A definition that groups and sums over joined tables, so that what a change adds to it can be computed from the change alone:
 * it is linear in each of the tables.
 *
 * <p>A grouping of a union of joins. What follows from a change in a table is then the same query with the table replaced by
 * the change, in those branches of the union that read it. An outer join is linear in the side that is kept, not in the other.
 *
 * @param items its columns, in order
 * @param branches the tables that each branch reads, by oid
 * @param nullable the tables on the side of an outer join that may be missing
 */
public record LinearAggregate(List<Kind> items, List<Set<Long>> branches, Set<Long> nullable) {

    /** What a column is. */
    public enum Kind {
        /** Part of the group. */
        GROUP,
        /** {@code count(*)}. */
        ROWS,
        /** {@code count(x)}. */
        COUNT,
        /** A sum of whole or decimal numbers, which is exact. */
        SUM,
        /** The average of such. */
        AVERAGE,
        /** The least. */
        LEAST,
        /** The greatest. */
        GREATEST
    }

    private static final long FIRST_USER_OID = 16_384;

    /** What sums are of the type of, where they are exact: bigint and numeric. */
    private static final Set<Long> EXACT = Set.of(20L, 1700L);

    private static final long INNER = 0;
    private static final long LEFT = 1;
    private static final long FULL = 2;
    private static final long RIGHT = 3;
    private static final long UNION = 1;

    /** A shape that is not understood, or not linear. */
    private static final class NotLinearException extends Exception {
        private static final long serialVersionUID = 1L;

        NotLinearException(String what) {
            super(what);
        }
    }

    /** Found in the transaction of the connection; empty where the view's definition is not of this shape. */
    public static Optional<LinearAggregate> of(Connection connection, long view) throws SQLException {
        Queries queries = new Queries(connection);
        try {
            Node query =
                    Definitions.read(queries, List.of(view)).queriesOf(view).get(view);
            return query == null ? Optional.empty() : Optional.of(new Reading(names(queries, query), view).top(query));
        } catch (NotLinearException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Map<Long, String> names(Queries queries, Node query) throws SQLException {
        Calls calls = Calls.in(List.of(query));
        Map<Long, String> names = new HashMap<>();
        Function.load(queries, calls.functions()).forEach(f -> names.put(f.oid(), f.name()));
        return names;
    }

    private record Reading(Map<Long, String> names, long view, Set<Long> nullable) {

        Reading(Map<Long, String> names, long view) {
            this(names, view, new HashSet<>());
        }

        LinearAggregate top(Node query) throws NotLinearException {
            if (query.list("groupClause").isEmpty()) {
                throw new NotLinearException("no GROUP BY");
            }
            refuse(query, "groupingSets", "distinctClause", "windowClause", "sortClause", "cteList", "setOperations");
            if (query.node("havingQual") != null || query.node("limitCount") != null || isSet(query, "hasSubLinks")) {
                throw new NotLinearException("HAVING, LIMIT or a subquery");
            }
            List<Kind> items = new ArrayList<>();
            for (Node entry : query.nodes("targetList")) {
                if (!isSet(entry, "resjunk")) {
                    items.add(kind(entry));
                } else if (!Objects.requireNonNull(entry.node("expr")).is("AGGREF")) {
                    throw new NotLinearException("a group that is not shown");
                }
            }
            return new LinearAggregate(List.copyOf(items), from(query), Set.copyOf(nullable));
        }

        private Kind kind(Node entry) throws NotLinearException {
            Node expression = Objects.requireNonNull(entry.node("expr"));
            if (entry.number("ressortgroupref") != 0) {
                return Kind.GROUP;
            }
            if (!expression.is("AGGREF")
                    || expression.number("aggfnoid") >= FIRST_USER_OID
                    || !expression.list("aggdistinct").isEmpty()) {
                throw new NotLinearException("not a plain aggregate");
            }
            String name = names.getOrDefault(expression.number("aggfnoid"), "");
            return switch (name) {
                case "count" ->
                    isSet(expression, "aggstar") && expression.node("aggfilter") == null ? Kind.ROWS : Kind.COUNT;
                case "sum" -> exact(expression, Kind.SUM);
                case "avg" -> exact(expression, Kind.AVERAGE);
                case "min" -> Kind.LEAST;
                case "max" -> Kind.GREATEST;
                default -> throw new NotLinearException(name);
            };
        }

        private static Kind exact(Node aggregate, Kind kind) throws NotLinearException {
            if (!EXACT.contains(aggregate.number("aggtype"))) {
                throw new NotLinearException("a sum that is not exact");
            }
            return kind;
        }

        /** The branches of what a query reads: a product of what it names, each a union itself. */
        private List<Set<Long>> from(Node query) throws NotLinearException {
            Node tree = Objects.requireNonNull(query.node("jointree"));
            List<Set<Long>> product = List.of(Set.of());
            for (Node item : tree.nodes("fromlist")) {
                product = product(product, item(item, query));
            }
            return product;
        }

        private List<Set<Long>> item(Node item, Node query) throws NotLinearException {
            if (item.is("RANGETBLREF")) {
                return entry(query.nodes("rtable").get((int) item.number("rtindex") - 1));
            }
            if (!item.is("JOINEXPR")) {
                throw new NotLinearException(item.tag());
            }
            List<Set<Long>> left = item(Objects.requireNonNull(item.node("larg")), query);
            List<Set<Long>> right = item(Objects.requireNonNull(item.node("rarg")), query);
            long type = item.number("jointype");
            if (type == LEFT || type == FULL) {
                right.forEach(nullable::addAll);
            }
            if (type == RIGHT || type == FULL) {
                left.forEach(nullable::addAll);
            }
            if (type == INNER) {
                return product(left, right);
            }
            // The side that may be missing is read as a whole for each row of the other.
            return type == RIGHT ? product(right, List.of(union(left))) : product(left, List.of(union(right)));
        }

        private List<Set<Long>> entry(Node entry) throws NotLinearException {
            int kind = (int) entry.number("rtekind");
            switch (kind) {
                case 0 -> {
                    String relkind = entry.text("relkind");
                    // A materialized view is one that becomes a delta table in the same conversion.
                    if (!Set.of("r", "p", "m").contains(String.valueOf(relkind)) || entry.node("tablesample") != null) {
                        throw new NotLinearException("not a table");
                    }
                    return List.of(Set.of(entry.number("relid")));
                }
                case 1 -> {
                    return inner(Objects.requireNonNull(entry.node("subquery")));
                }
                case 3, 5, 8 -> {
                    return List.of(Set.of());
                }
                default -> throw new NotLinearException("kind " + kind);
            }
        }

        /** A subquery that gives a row for each row, or a union of such. */
        private List<Set<Long>> inner(Node query) throws NotLinearException {
            refuse(query, "groupClause", "groupingSets", "distinctClause", "windowClause", "cteList");
            if (isSet(query, "hasAggs")
                    || isSet(query, "hasSubLinks")
                    || isSet(query, "hasWindowFuncs")
                    || query.node("havingQual") != null
                    || query.node("limitCount") != null
                    || query.node("limitOffset") != null) {
                throw new NotLinearException("a subquery that is not row by row");
            }
            Node union = query.node("setOperations");
            return union == null ? from(query) : united(union, query);
        }

        private List<Set<Long>> united(Node part, Node query) throws NotLinearException {
            if (part.is("RANGETBLREF")) {
                return entry(query.nodes("rtable").get((int) part.number("rtindex") - 1));
            }
            if (!part.is("SETOPERATIONSTMT") || part.number("op") != UNION || !isSet(part, "all")) {
                throw new NotLinearException("not UNION ALL");
            }
            List<Set<Long>> all = new ArrayList<>(united(Objects.requireNonNull(part.node("larg")), query));
            all.addAll(united(Objects.requireNonNull(part.node("rarg")), query));
            return all;
        }

        private static List<Set<Long>> product(List<Set<Long>> left, List<Set<Long>> right) throws NotLinearException {
            List<Set<Long>> product = new ArrayList<>();
            for (Set<Long> one : left) {
                for (Set<Long> other : right) {
                    Set<Long> both = new HashSet<>(one);
                    for (long relation : other) {
                        if (!both.add(relation)) {
                            throw new NotLinearException("a table joined with itself");
                        }
                    }
                    product.add(Set.copyOf(both));
                }
            }
            return product;
        }

        private static Set<Long> union(List<Set<Long>> branches) {
            Set<Long> all = new HashSet<>();
            branches.forEach(all::addAll);
            return all;
        }

        private static void refuse(Node query, String... fields) throws NotLinearException {
            for (String field : fields) {
                if (!query.list(field).isEmpty() || query.node(field) != null) {
                    throw new NotLinearException(field);
                }
            }
        }

        private static boolean isSet(Node node, String flag) {
            return Objects.equals(node.text(flag), "true");
        }
    }
}
