package io.olapsync;

import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How fresh the views are, now.
 *
 * @param status the worst of the views' statuses
 * @param lastFullSync when the last full sync of all views was completed; empty where there was none, or nobody knows
 * @param lastIncrementalSync when the last incremental sync was completed; empty likewise
 * @param views each view of the plan, upstream first
 * @param pendingInvalidations views that were changed and whose caches could not be invalidated yet
 * @param problems what could not be found out, and why; empty where everything is known
 */
public record SyncHealth(
        Status status,
        Optional<Instant> lastFullSync,
        Optional<Instant> lastIncrementalSync,
        List<View> views,
        List<ViewName> pendingInvalidations,
        List<String> problems) {

    /** The state of the data. */
    public enum Status {
        /** Younger than the limit. */
        HEALTHY,
        /** Older than the limit, or never refreshed. */
        STALE,
        /** The database could not be asked. */
        UNKNOWN
    }

    /**
     * One view.
     *
     * @param name the view
     * @param status its state
     * @param rows its rows after the last refresh
     * @param lastRefreshed when its last refresh was committed, by the database's clock
     * @param refreshDuration how long that refresh took
     * @param asOf the moment of the sources that it shows
     * @param staleness the age of what readers see
     */
    public record View(
            ViewName name,
            Status status,
            Optional<Long> rows,
            Optional<Instant> lastRefreshed,
            Optional<Duration> refreshDuration,
            Optional<DataAsOf> asOf,
            Optional<Duration> staleness) {
        public View {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(status, "status");
        }
    }

    public SyncHealth {
        Objects.requireNonNull(status, "status");
        views = List.copyOf(views);
        pendingInvalidations = List.copyOf(pendingInvalidations);
        problems = List.copyOf(problems);
    }
}
