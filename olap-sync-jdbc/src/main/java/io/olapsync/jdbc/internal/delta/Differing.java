package io.olapsync.jdbc.internal.delta;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * SQL that tells whether two rows differ in one byte. A comparison of whole rows can do that for every type, but has to build
 * both rows first; where the equality of a type is that of its bytes, its own operator says the same in a tenth of the time.
 */
final class Differing {

    private static final Set<String> EXACT = Set.of(
            "smallint",
            "integer",
            "bigint",
            "oid",
            "boolean",
            "date",
            "uuid",
            "bytea",
            "timestamp with time zone",
            "timestamp without time zone");

    private final List<String> operators = new ArrayList<>();
    private final List<String> left = new ArrayList<>();
    private final List<String> right = new ArrayList<>();

    /**
     * Of the columns {@code c1} and so on of two relations.
     *
     * @param byValue those that are the same where their number is, however many zeros it ends in
     */
    Differing(List<Column> columns, Set<Integer> byValue, String one, String other) {
        for (int i = 0; i < columns.size(); i++) {
            add(columns.get(i).type(), byValue.contains(i + 1), one + ".c" + (i + 1), other + ".c" + (i + 1));
        }
    }

    private void add(String type, boolean byValue, String one, String other) {
        if (EXACT.contains(type)) {
            operators.add(one + " IS DISTINCT FROM " + other);
        } else if (is(type, "text") || is(type, "character varying")) {
            // Another collation may call equal what is written otherwise.
            operators.add(one + " COLLATE pg_catalog.\"C\" IS DISTINCT FROM " + other + " COLLATE pg_catalog.\"C\"");
        } else if (is(type, "numeric")) {
            operators.add(one + " IS DISTINCT FROM " + other);
            if (!byValue) {
                operators.add("pg_catalog.scale(" + one + ") IS DISTINCT FROM pg_catalog.scale(" + other + ")");
            }
        } else {
            left.add(one);
            right.add(other);
        }
    }

    /** With or without a modifier, and no array. */
    private static boolean is(String type, String name) {
        return type.equals(name) || (type.startsWith(name + "(") && type.endsWith(")"));
    }

    /** The condition. */
    String differs() {
        List<String> all = new ArrayList<>(operators);
        if (!left.isEmpty()) {
            all.add("ROW(" + String.join(", ", left) + ")::record OPERATOR(pg_catalog.*<>) ROW("
                    + String.join(", ", right) + ")::record");
        }
        return "(" + String.join(" OR ", all) + ")";
    }
}
