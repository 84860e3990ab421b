package io.olapsync.spi;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * One attempt at refreshing one view, or several views as one unit.
 *
 * @param run the run it belongs to
 * @param kind why it is done
 * @param views the views in the order in which they must be refreshed, upstream first; never empty, no duplicates. More
 *     than one: all must show one snapshot of the sources, and be committed together or not at all
 * @param timeout the most that the attempt may take, positive
 * @param fuses the fuses of those views that have one
 * @param recordsInvalidations whether the commit must leave a {@link PendingInvalidation} for each view whose rows
 *     changed or may have changed, in this refresh or in earlier ones that did not ask for it
 * @param cancel tells the executor to stop; it then ends its work on the server, and throws
 */
public record RefreshRequest(
        RunId run,
        SyncKind kind,
        List<ViewName> views,
        Duration timeout,
        Map<ViewName, Fuse> fuses,
        boolean recordsInvalidations,
        CancelSignal cancel) {

    /** @throws IllegalArgumentException if there are no views, a view is named twice, or the timeout is not positive */
    public RefreshRequest {
        views = List.copyOf(views);
        fuses = Map.copyOf(fuses);
        if (views.isEmpty()) {
            throw new IllegalArgumentException("a refresh needs at least one view");
        }
        if (new HashSet<>(views).size() != views.size()) {
            throw new IllegalArgumentException("a view is named twice in one refresh: " + views);
        }
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("a refresh's timeout must be positive, not " + timeout);
        }
    }
}
