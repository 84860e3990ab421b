package io.olapsync.jdbc.internal.delta;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How the keys go into the query of a refresh, so that the server computes these keys and not all of them. Found out by {@code
 * EXPLAIN} of that query, when a definition is another than before and all of it is recomputed anyway.
 *
 * <p>Keys are pushed down where a condition on them stands at a scan of a table, or at one in each branch of a union; and where
 * nothing has to be read whole beside: every grouping, window, limit and common table expression that is computed by itself has
 * such a condition beneath it, or is computed for single rows of what is outside of it.
 */
enum Pushdown {
    /** One array, where the key is one column: the fastest. */
    ARRAY,
    /** Each by itself. The equality goes through joins, which an array does not: to a grouping that is joined by the key. */
    EACH,
    /** In no way. */
    NONE,
    /** Nobody has looked yet. */
    UNKNOWN;

    static Pushdown named(@Nullable String word) {
        return word == null ? UNKNOWN : valueOf(word.toUpperCase(Locale.ROOT));
    }

    /** As it is stored; null where nothing is known. */
    @Nullable
    String word() {
        return this == UNKNOWN ? null : name().toLowerCase(Locale.ROOT);
    }

    boolean isPushedDown() {
        return this == ARRAY || this == EACH;
    }

    /** Finds out; the transaction is left as it was. */
    static Pushdown of(Connection connection, DeltaTable table) throws SQLException {
        for (Pushdown way : table.key().size() == 1 ? List.of(ARRAY, EACH) : List.of(EACH)) {
            if (obstacle(connection, table, way).isEmpty()) {
                return way;
            }
        }
        return NONE;
    }

    /** What would be computed whole for single keys; empty where nothing would. */
    static Optional<String> obstacle(Connection connection, DeltaTable table, Pushdown way) throws SQLException {
        return computedWhole(Plan.of(connection, new Difference(table).asked(Plan.KEYS, way)));
    }

    private static Optional<String> computedWhole(Plan plan) {
        Set<String> all = plan.aliases();
        Optional<String> barrier = plan.nodes()
                .filter(Plan::isBarrier)
                .filter(node -> !node.isLimited() && !isAskedFromOutside(node, all))
                .map(Plan::described)
                .findFirst();
        return barrier.isPresent() || plan.isLimited()
                ? barrier
                : Optional.of("its rows, among which the keys are looked for at last");
    }

    /** Whether a condition beneath it names something that is scanned elsewhere: then it is computed for single rows of that. */
    private static boolean isAskedFromOutside(Plan node, Set<String> all) {
        Set<String> outside = new HashSet<>(all);
        outside.removeAll(node.aliases());
        return node.nodes()
                .filter(inner -> inner.scansTable() || inner.type().equals("Result"))
                .anyMatch(inner -> inner.qualifiers().stream().anyMatch(outside::contains));
    }
}
