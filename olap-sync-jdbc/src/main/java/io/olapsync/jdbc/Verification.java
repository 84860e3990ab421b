package io.olapsync.jdbc;

import io.olapsync.spi.ViewName;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What {@link PostgresVerifier} found in one view: how its rows differ from those that its definition gives in the same
 * snapshot.
 *
 * @param view the view
 * @param rows the rows of the view that were compared
 * @param missing rows that the definition gives and the view lacks
 * @param surplus rows that the view has and the definition does not give
 * @param different rows that both have, by the columns of the view's unique index, with other values; where it has no such
 *     index, each counts as one missing and one surplus
 * @param pending how many of these the next refresh of a delta table mends by itself, since a row that they come from has
 *     changed, or time has passed; 0 for a materialized view, of which nobody knows
 * @param sampled whether only some keys were compared
 * @param examples some of the differences, those that are not pending first
 * @param problem why it could not be compared, with everything else 0; empty where it was
 */
public record Verification(
        ViewName view,
        long rows,
        long missing,
        long surplus,
        long different,
        long pending,
        boolean sampled,
        List<Example> examples,
        Optional<String> problem) {

    /** How a row differs. */
    public enum Kind {
        /** The definition gives it, the view lacks it. */
        MISSING,
        /** The view has it, the definition does not give it. */
        SURPLUS,
        /** It has other values. */
        DIFFERENT
    }

    /**
     * A row that differs.
     *
     * @param pending whether the next refresh mends it by itself
     * @param expected the row that the definition gives, as JSON; empty for a surplus one
     * @param actual the row that the view has, as JSON; empty for a missing one
     */
    public record Example(Kind kind, boolean pending, Optional<String> expected, Optional<String> actual) {

        /** Refuses nulls. */
        public Example {
            Objects.requireNonNull(kind, "kind");
            Objects.requireNonNull(expected, "expected");
            Objects.requireNonNull(actual, "actual");
        }
    }

    /** Refuses nulls. */
    public Verification {
        Objects.requireNonNull(view, "view");
        examples = List.copyOf(examples);
        Objects.requireNonNull(problem, "problem");
    }

    /** Whether it was compared, and no row differs. */
    public boolean isSame() {
        return problem.isEmpty() && differences() == 0;
    }

    /** All rows that differ. */
    public long differences() {
        return missing + surplus + different;
    }

    /**
     * The differences that no refresh is known to mend by itself. For a delta table more than 0 says that its declaration misses
     * something, or that somebody has written it; a materialized view shows so what was changed since its refresh, too.
     */
    public long drift() {
        return differences() - pending;
    }
}
