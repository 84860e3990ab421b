package io.olapsync.jdbc.internal.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Follows the columns of a view back to the window function that numbers its rows, if that is where they come from. */
final class Numbering {

    private static final int MAX_DEPTH = 100;
    private static final int RELATION = 0;
    private static final int SUBQUERY = 1;
    private static final int JOIN = 2;
    private static final int CTE = 6;
    private static final int GROUP = 9;

    /**
     * Where numbers come from.
     *
     * @param function its oid
     * @param partitioned whether it begins anew for each partition
     * @param order the columns that it orders by; empty where it orders by nothing or by an expression
     * @param ordered whether it orders at all
     */
    record Origin(long function, boolean partitioned, List<String> order, boolean ordered) {}

    /** A query and the one it stands in. */
    private record Scope(Node query, @Nullable Scope outer, int depth) {
        Scope inner(Node inner) {
            return new Scope(inner, this, depth + 1);
        }

        Scope up(long levels) {
            Scope scope = this;
            for (long i = 0; i < levels && scope.outer != null; i++) {
                scope = scope.outer;
            }
            return scope;
        }

        @Nullable
        Node range(long number) {
            List<Node> ranges = query.nodes("rtable");
            return number < 1 || number > ranges.size() ? null : ranges.get((int) number - 1);
        }
    }

    private final Map<Long, Node> views;
    private final Set<Long> functions;

    /**
     * @param views the parsed queries of the view and of the plain views beneath it
     * @param functions the oids of the window functions that number
     */
    Numbering(Map<Long, Node> views, Set<Long> functions) {
        this.views = views;
        this.functions = functions;
    }

    /** The origin of a column of a view, counted from 1. */
    Optional<Origin> ofColumn(long view, int column) {
        Node query = views.get(view);
        return query == null ? Optional.empty() : ofTarget(new Scope(query, null, 0), column);
    }

    private Optional<Origin> ofTarget(Scope scope, long column) {
        if (scope.depth() > MAX_DEPTH) {
            return Optional.empty();
        }
        if (scope.query().node("setOperations") != null) {
            return scope.query().nodes("rtable").stream()
                    .filter(range -> range.number("rtekind") == SUBQUERY)
                    .flatMap(range -> ofRange(range, column, scope).stream())
                    .findFirst();
        }
        return scope.query().nodes("targetList").stream()
                .filter(target -> target.number("resno") == column)
                .flatMap(target -> ofValue(target.node("expr"), scope).stream())
                .findFirst();
    }

    private Optional<Origin> ofValue(@Nullable Object value, Scope scope) {
        if (value instanceof List<?> list) {
            return list.stream().flatMap(v -> ofValue(v, scope).stream()).findFirst();
        }
        if (!(value instanceof Node node) || node.is("QUERY")) {
            return Optional.empty();
        }
        if (node.is("WINDOWFUNC") && functions.contains(node.number("winfnoid"))) {
            return Optional.of(origin(node, scope));
        }
        if (node.is("VAR")) {
            Scope owner = scope.up(node.number("varlevelsup"));
            Node range = owner.range(node.number("varno"));
            return range == null ? Optional.empty() : ofRange(range, node.number("varattno"), owner);
        }
        return node.fields().values().stream()
                .flatMap(v -> ofValue(v, scope).stream())
                .findFirst();
    }

    private Optional<Origin> ofRange(Node range, long column, Scope scope) {
        return switch ((int) range.number("rtekind")) {
            case RELATION ->
                ofQuery(views.get(range.number("relid")), column, new Scope(scope.query(), null, scope.depth()));
            case SUBQUERY -> ofQuery(range.node("subquery"), column, scope);
            case JOIN -> ofElement(range.list("joinaliasvars"), column, scope);
            case GROUP -> ofElement(range.list("groupexprs"), column, scope);
            case CTE -> ofCte(range, column, scope.up(range.number("ctelevelsup")));
            default -> Optional.empty();
        };
    }

    private Optional<Origin> ofQuery(@Nullable Node query, long column, Scope scope) {
        return query == null ? Optional.empty() : ofTarget(scope.inner(query), column);
    }

    private Optional<Origin> ofElement(List<?> values, long column, Scope scope) {
        return column < 1 || column > values.size()
                ? Optional.empty()
                : ofValue(values.get((int) column - 1), new Scope(scope.query(), scope.outer(), scope.depth() + 1));
    }

    private Optional<Origin> ofCte(Node range, long column, Scope scope) {
        String name = range.text("ctename");
        return scope.query().nodes("cteList").stream()
                .filter(cte -> name != null && name.equals(cte.text("ctename")))
                .flatMap(cte -> ofQuery(cte.node("ctequery"), column, scope).stream())
                .findFirst();
    }

    private static Origin origin(Node call, Scope scope) {
        for (Node window : scope.query().nodes("windowClause")) {
            if (window.number("winref") == call.number("winref")) {
                List<Node> order = window.nodes("orderClause");
                return new Origin(
                        call.number("winfnoid"),
                        !window.list("partitionClause").isEmpty(),
                        columns(order, scope),
                        !order.isEmpty());
            }
        }
        return new Origin(call.number("winfnoid"), false, List.of(), false);
    }

    private static List<String> columns(List<Node> order, Scope scope) {
        List<String> names = new ArrayList<>();
        for (Node clause : order) {
            long reference = clause.number("tleSortGroupRef");
            String name = scope.query().nodes("targetList").stream()
                    .filter(target -> target.number("ressortgroupref") == reference)
                    .findFirst()
                    .map(target -> columnName(target.node("expr"), scope))
                    .orElse(null);
            if (name == null) {
                return List.of();
            }
            names.add(name);
        }
        return List.copyOf(names);
    }

    private static @Nullable String columnName(@Nullable Object value, Scope scope) {
        if (!(value instanceof Node node) || !node.is("VAR")) {
            return null;
        }
        Node range = scope.range(node.number("varno"));
        int column = (int) node.number("varattno") - 1;
        if (range == null || column < 0) {
            return null;
        }
        List<?> grouped = range.list("groupexprs");
        if (column < grouped.size()) {
            return columnName(grouped.get(column), scope);
        }
        Node names = range.node("eref");
        if (names == null || column >= names.list("colnames").size()) {
            return null;
        }
        String quoted = names.list("colnames").get(column).toString();
        return quoted.substring(1, quoted.length() - 1);
    }
}
