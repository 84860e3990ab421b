package io.olapsync.spi;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;

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
 * @param verifies whether a view that is kept by what has changed is compared with its definition as a whole, whatever is known
 *     of changes, and mended; a full sync always does
 * @param condition asked once the lock is held and before anything is changed. One view for which it does not hold is left
 *     alone; of several, all are refreshed where it holds for one of them, since they are published together
 * @param cancel tells the executor to stop; it then ends its work on the server, and throws
 */
public record RefreshRequest(
        RunId run,
        SyncKind kind,
        List<ViewName> views,
        Duration timeout,
        Map<ViewName, Fuse> fuses,
        boolean recordsInvalidations,
        boolean verifies,
        RefreshCondition condition,
        CancelSignal cancel) {

    /** A request without a condition, which verifies where it is part of a full sync. */
    public RefreshRequest(
            RunId run,
            SyncKind kind,
            List<ViewName> views,
            Duration timeout,
            Map<ViewName, Fuse> fuses,
            boolean recordsInvalidations,
            CancelSignal cancel) {
        this(
                run,
                kind,
                views,
                timeout,
                fuses,
                recordsInvalidations,
                kind == SyncKind.FULL,
                RefreshCondition.ALWAYS,
                cancel);
    }

    /** @throws IllegalArgumentException if there are no views, a view is named twice, or the timeout is not positive */
    public RefreshRequest {
        views = List.copyOf(views);
        fuses = Map.copyOf(fuses);
        Objects.requireNonNull(condition, "condition");
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
