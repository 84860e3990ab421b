package io.olapsync.jdbc.internal.doctor;

import io.olapsync.spi.Finding;
import java.sql.SQLException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One thing the doctor looks at, in a transaction of its own.
 *
 * @param name what is looked at, for the finding that says that it could not be
 * @param scope whether it is asked once or once for each view
 */
record Rule(String name, Scope scope, Check check) {

    enum Scope {
        EXAMINATION,
        VIEW
    }

    /** A check of everything at once. */
    interface Whole {
        void examine(Examination examination, Consumer<Finding> findings) throws SQLException;
    }

    /** A check of one view. */
    interface OfView {
        void examine(Examination examination, ExaminedView view, Consumer<Finding> findings) throws SQLException;
    }

    /** What both come down to; the view is null where the rule is about everything. */
    interface Check {
        void examine(Examination examination, @Nullable ExaminedView view, Consumer<Finding> findings)
                throws SQLException;
    }

    /** A rule that is asked once. */
    static Rule once(String name, Whole check) {
        return new Rule(name, Scope.EXAMINATION, (examination, view, findings) -> check.examine(examination, findings));
    }

    /** A rule that is asked for each view, so that one that takes too long hides no other. */
    static Rule perView(String name, OfView check) {
        return new Rule(name, Scope.VIEW, (examination, view, findings) -> {
            if (view != null) {
                check.examine(examination, view, findings);
            }
        });
    }
}
