package io.olapsync.jdbc.internal.doctor;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one query joins by equal columns. A step leads from one entry of its FROM to another where each row of the result that
 * has a row of the first has one of the other, with equal values in these columns: in both directions for an inner join, and
 * from the side that may be missing to the one that is kept for an outer join.
 */
final class JoinGraph {

    /** A column of an entry. */
    record Place(int entry, int column) {}

    /** @param sameType whether a value of the one is a value of the other as it is */
    record Step(Place from, Place to, boolean sameType) {}

    private static final long INNER = 0;
    private static final long LEFT = 1;
    private static final long RIGHT = 3;
    private static final int JOIN = 2;
    private static final int GROUP = 9;

    private final Node query;
    private final Set<Long> equalities;
    private final List<Step> steps = new ArrayList<>();
    private final Set<Integer> kept = new HashSet<>();
    private final Set<Integer> perhapsMissing = new HashSet<>();

    /** @param equalities the operators that compare for equality */
    JoinGraph(Node query, Set<Long> equalities) {
        this.query = query;
        this.equalities = equalities;
        Node tree = query.node("jointree");
        if (tree != null) {
            for (Node item : tree.nodes("fromlist")) {
                kept.addAll(join(item));
            }
            both(tree.node("quals"), kept);
        }
    }

    /** The entries that are tables or subqueries and not joins, from 1. */
    Set<Integer> entries() {
        return kept;
    }

    /** The entry of this number. */
    Node entry(int number) {
        return query.nodes("rtable").get(number - 1);
    }

    /** Whether an outer join can leave this entry out of a row. */
    boolean mayBeMissing(int entry) {
        return perhapsMissing.contains(entry);
    }

    List<Step> stepsFrom(int entry) {
        return steps.stream().filter(step -> step.from().entry() == entry).toList();
    }

    /** The column that an expression is, as it is. */
    Optional<Place> place(@Nullable Node expression) {
        if (expression == null || !expression.is("VAR") || expression.number("varlevelsup") != 0) {
            return Optional.empty();
        }
        Node entry = entry((int) expression.number("varno"));
        int column = (int) expression.number("varattno");
        int kind = (int) entry.number("rtekind");
        if (kind != JOIN && kind != GROUP) {
            return column > 0 ? Optional.of(new Place((int) expression.number("varno"), column)) : Optional.empty();
        }
        List<Node> behind = entry.nodes(kind == JOIN ? "joinaliasvars" : "groupexprs");
        return column > 0 && column <= behind.size() ? place(behind.get(column - 1)) : Optional.empty();
    }

    /** Reads a join; returns its entries. */
    private Set<Integer> join(Node item) {
        if (item.is("RANGETBLREF")) {
            return new HashSet<>(Set.of((int) item.number("rtindex")));
        }
        if (!item.is("JOINEXPR")) {
            return new HashSet<>();
        }
        Set<Integer> left = join(Objects.requireNonNull(item.node("larg")));
        Set<Integer> right = join(Objects.requireNonNull(item.node("rarg")));
        long type = item.number("jointype");
        Set<Integer> all = new HashSet<>(left);
        all.addAll(right);
        Node condition = item.node("quals");
        if (type == INNER) {
            both(condition, all);
        } else if (type == LEFT || type == RIGHT) {
            Set<Integer> optional = type == LEFT ? right : left;
            outward(condition, optional);
            perhapsMissing.addAll(optional);
        } else {
            perhapsMissing.addAll(all);
        }
        return all;
    }

    private void both(@Nullable Node condition, Set<Integer> among) {
        for (Step step : equal(condition)) {
            if (among.contains(step.from().entry()) && among.contains(step.to().entry())) {
                steps.add(step);
                steps.add(new Step(step.to(), step.from(), step.sameType()));
            }
        }
    }

    private void outward(@Nullable Node condition, Set<Integer> optional) {
        for (Step step : equal(condition)) {
            if (optional.contains(step.from().entry())) {
                steps.add(step);
            }
            if (optional.contains(step.to().entry())) {
                steps.add(new Step(step.to(), step.from(), step.sameType()));
            }
        }
    }

    private List<Step> equal(@Nullable Node condition) {
        List<Step> found = new ArrayList<>();
        if (condition == null) {
            return found;
        }
        if (condition.is("BOOLEXPR") && Objects.equals(condition.text("boolop"), "and")) {
            condition.nodes("args").forEach(part -> found.addAll(equal(part)));
        } else if (condition.is("OPEXPR") && equalities.contains(condition.number("opno"))) {
            List<Node> sides = condition.nodes("args");
            Optional<Place> one = place(bare(sides.get(0)));
            Optional<Place> other = place(bare(sides.get(1)));
            if (one.isPresent()
                    && other.isPresent()
                    && one.get().entry() != other.get().entry()) {
                boolean same = sides.get(0).is("VAR")
                        && sides.get(1).is("VAR")
                        && sides.get(0).number("vartype") == sides.get(1).number("vartype");
                found.add(new Step(one.get(), other.get(), same));
            }
        }
        return found;
    }

    /** Without a change of type that changes no byte, such as varchar to text. */
    private static Node bare(Node expression) {
        Node within = expression.is("RELABELTYPE") ? expression.node("arg") : null;
        return within == null ? expression : within;
    }
}
