package io.olapsync.testkit.fakes;

import io.olapsync.spi.ChangeFeed;
import io.olapsync.spi.RefreshException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** Changed rows in memory, each batch recorded by a transaction of its own. Thread-safe. */
public final class InMemoryFeed implements ChangeFeed {

    private final LongSupplier commits;
    private final List<Row> recorded = new ArrayList<>();
    private int failures;

    /** @param commits commits a transaction and gives its id */
    public InMemoryFeed(LongSupplier commits) {
        this.commits = commits;
    }

    /** The next so many batches cannot be recorded. */
    public synchronized void fail(int times) {
        failures = times;
    }

    /** What was recorded, in order. */
    public synchronized List<Row> recorded() {
        return List.copyOf(recorded);
    }

    @Override
    public synchronized long record(List<Row> rows) throws RefreshException {
        if (failures > 0) {
            failures--;
            throw new RefreshException(RefreshException.Kind.TRANSIENT, "the changed rows could not be recorded", null);
        }
        recorded.addAll(rows);
        return commits.getAsLong();
    }
}
