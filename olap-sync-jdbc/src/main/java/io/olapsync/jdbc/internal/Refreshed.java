package io.olapsync.jdbc.internal;

import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.util.Optional;

/**
 * A view right after its refresh, not yet committed.
 *
 * @param deadRows the rows that refreshes deleted since the last vacuum
 * @param xid the refreshing transaction
 * @param firstTime whether it had not been populated
 */
record Refreshed(ViewRefresh result, Prepared before, long deadRows, String xid, boolean firstTime) {

    ViewName view() {
        return result.view();
    }

    long rows() {
        return result.rows();
    }

    /** Whether it is a delta table of which captured changes may have become useless. */
    boolean sawChanges() {
        return result.incremental()
                .filter(how -> how.way() != DeltaRefresh.Way.NOTHING)
                .isPresent();
    }

    /** The same, for a view that was also populated earlier in the same attempt: to readers all of its rows are new. */
    Refreshed asFirst() {
        ViewRefresh first = new ViewRefresh(
                result.view(),
                Optional.of(new RowDelta(result.rows(), 0, 0)),
                result.rows(),
                result.asOf(),
                result.took(),
                result.invalidation(),
                result.incremental());
        return new Refreshed(first, before, deadRows, xid, true);
    }
}
