package io.olapsync.internal;

import io.olapsync.spi.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A point in the commits of the store that a view must have reached. */
sealed interface Mark {

    /** Whether a view that shows this has reached it. */
    boolean isCoveredBy(Snapshot shown);

    /** Whether it is a transaction of which nothing was known when this was taken. */
    default boolean isAfter(Snapshot taken) {
        return false;
    }

    /** Whether a view that has reached this has reached the other for that reason alone. */
    default boolean includes(Mark other) {
        return equals(other);
    }

    /** As few marks as say what all of these say. */
    static List<Mark> together(Collection<Mark> marks) {
        Set<Mark> few = new LinkedHashSet<>();
        long[] transactions = new long[marks.size()];
        int found = 0;
        for (Mark mark : marks) {
            if (mark instanceof Transaction transaction) {
                transactions[found++] = transaction.id();
            } else {
                few.add(mark);
            }
        }
        List<Mark> all = new ArrayList<>(few);
        if (found > 0) {
            all.add(new Transactions(Arrays.copyOf(transactions, found)));
        }
        return all;
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

    /** The commits of all of these transactions: a backlog names tens of thousands, and a run asks for them many times. */
    final class Transactions implements Mark {
        private final long[] ids;

        private Transactions(long[] ids) {
            Arrays.sort(ids);
            this.ids = ids;
        }

        @Override
        public boolean isCoveredBy(Snapshot shown) {
            return Arrays.stream(ids).allMatch(shown::covers);
        }

        @Override
        public boolean includes(Mark other) {
            return other instanceof Transaction transaction && Arrays.binarySearch(ids, transaction.id()) >= 0;
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
