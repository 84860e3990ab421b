package io.olapsync.jdbc.internal.doctor;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What parsed queries call: functions, also as operators, casts and aggregates, and the keywords that are calls.
 *
 * @param functions their oids
 * @param keywords such as {@code CURRENT_DATE}
 * @param samples whether a table is sampled without a seed
 */
record Calls(Set<Long> functions, Set<String> keywords, boolean samples) {

    private static final List<String> FUNCTION_FIELDS = List.of("funcid", "opfuncid", "winfnoid", "aggfnoid");

    /** {@code SQLValueFunctionOp}, in its order; the same from 14 to 18. */
    private static final List<String> KEYWORDS = List.of(
            "CURRENT_DATE",
            "CURRENT_TIME",
            "CURRENT_TIME",
            "CURRENT_TIMESTAMP",
            "CURRENT_TIMESTAMP",
            "LOCALTIME",
            "LOCALTIME",
            "LOCALTIMESTAMP",
            "LOCALTIMESTAMP",
            "CURRENT_ROLE",
            "CURRENT_USER",
            "USER",
            "SESSION_USER",
            "CURRENT_CATALOG",
            "CURRENT_SCHEMA");

    static final Set<String> SESSION_KEYWORDS =
            Set.of("CURRENT_ROLE", "CURRENT_USER", "USER", "SESSION_USER", "CURRENT_SCHEMA");

    /** Collects the calls in parsed trees. */
    static Calls in(Iterable<? extends @Nullable Object> trees) {
        Set<Long> functions = new HashSet<>();
        Set<String> keywords = new TreeSet<>();
        boolean[] samples = {false};
        for (Object tree : trees) {
            Node.walk(tree, node -> {
                FUNCTION_FIELDS.stream()
                        .map(node::number)
                        .filter(oid -> oid != 0)
                        .forEach(functions::add);
                if (node.is("SQLVALUEFUNCTION") && node.number("op") < KEYWORDS.size()) {
                    keywords.add(KEYWORDS.get((int) node.number("op")));
                }
                samples[0] |= node.is("TABLESAMPLECLAUSE") && node.node("repeatable") == null;
            });
        }
        return new Calls(functions, keywords, samples[0]);
    }
}
