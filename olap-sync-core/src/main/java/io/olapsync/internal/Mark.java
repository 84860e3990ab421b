package io.olapsync.internal;

import io.olapsync.spi.Snapshot;

/** A point in the commits of the store that a view must have reached. */
sealed interface Mark {

    /** Whether a view that shows this has reached it. */
    boolean isCoveredBy(Snapshot shown);

    /** Whether it is a transaction of which nothing was known when this was taken. */
    default boolean isAfter(Snapshot taken) {
        return false;
    }

    /** The commit of one transaction. */
    record Transaction(long id) implements Mark {
        @Override
        public boolean isCoveredBy(Snapshot shown) {
            return shown.covers(id);
        }

        @Override
        public boolean isAfter(Snapshot taken) {
            return taken.isBefore(id);
        }
    }

    /** What the views beneath show by now, whatever that is. */
    record Beneath() implements Mark {
        @Override
        public boolean isCoveredBy(Snapshot shown) {
            return true; // the rest is asked of all views: none may be behind another
        }
    }

    /** A point that nobody knows. */
    record Unknown() implements Mark {
        @Override
        public boolean isCoveredBy(Snapshot shown) {
            return false;
        }
    }

    /** Everything that had been committed when this was taken. */
    record Moment(Snapshot taken) implements Mark {
        @Override
        public boolean isCoveredBy(Snapshot shown) {
            return shown.covers(taken);
        }
    }
}
