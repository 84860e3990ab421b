package io.olapsync;

import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How fresh the views are, now. What a store does not say now is shown as it was last known, and {@code problems} says so;
 * what was never known is empty, zero or false.
 *
 * @param status the worst of the views' statuses, {@link Status#UNKNOWN} being worse than all others
 * @param readAt when the oldest of what is shown here was read from the stores, by the clock of the process; empty where they
 *     have never answered
 * @param lastFullSync when the last full sync of all views was completed; empty where there was none, or nobody knows
 * @param lastIncrementalSync when the last incremental sync was completed; empty likewise
 * @param views each view of the plan, upstream first
 * @param pendingInvalidations views that were changed and whose caches could not be invalidated yet
 * @param sources the sources of events that are read; empty before {@link OlapSync#start}
 * @param schedules the schedules of the engine and its target lags, also before {@link OlapSync#start}
 * @param problems what could not be found out, and why; empty where everything is known
 */
public record SyncHealth(
        Status status,
        Optional<Instant> readAt,
        Optional<Instant> lastFullSync,
        Optional<Instant> lastIncrementalSync,
        List<View> views,
        List<ViewName> pendingInvalidations,
        List<Source> sources,
        List<Schedule> schedules,
        List<String> problems) {

    /** The state of the data, the worse the later. Of several that hold for a view the worst counts. */
    public enum Status {
        /** Younger than the limit. */
        HEALTHY,
        /** Older than the limit, or never refreshed. */
        STALE,
        /** Its refresh failed the last time, or it is suspended; what readers see may still be young enough. */
        FAILING,
        /** The database did not say, just now, how old the data is or whether its refresh fails. */
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
     * @param staleness the age of what readers see, by the database's clock: since {@code asOf}, or since it was last known that
     *     nothing had changed. It is at most that where the database did not answer now
     * @param heldBack {@link SkipReason#PAUSED} or {@link SkipReason#SUSPENDED} where it is one of them
     * @param failures how often its refresh has failed in a row; 0 where that is not known
     * @param lastError what went wrong the last time; empty where the last refresh succeeded
     * @param staleAfter from which staleness on it is {@link Status#STALE}
     * @param targetLag the staleness it shall not exceed, where there is such an aim
     * @param nextDue when it is to be refreshed next, as far as that is known
     * @param pendingEvents the events that wait in this process for a refresh of it
     * @param pendingOrders the orders, of whatever process, that wait for a refresh of it
     * @param pendingInvalidation whether it was changed and its caches could not be invalidated yet
     */
    public record View(
            ViewName name,
            Status status,
            Optional<Long> rows,
            Optional<Instant> lastRefreshed,
            Optional<Duration> refreshDuration,
            Optional<DataAsOf> asOf,
            Optional<Duration> staleness,
            Optional<SkipReason> heldBack,
            int failures,
            Optional<String> lastError,
            Duration staleAfter,
            Optional<Duration> targetLag,
            Optional<Instant> nextDue,
            int pendingEvents,
            int pendingOrders,
            boolean pendingInvalidation) {
        public View {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(status, "status");
        }
    }

    /**
     * A schedule of the engine, or the target lag of a view.
     *
     * @param name its name
     * @param text when it is due and what it runs, for people
     * @param lastTick the last tick that some process has taken up
     * @param next its next tick
     * @param problem why its ticks are not taken up as they should be; empty where they are
     */
    public record Schedule(
            String name, String text, Optional<Instant> lastTick, Optional<Instant> next, Optional<String> problem) {
        public Schedule {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(text, "text");
        }
    }

    /**
     * A source of events, as this process reads it since it was started.
     *
     * @param name what it reads
     * @param problem why it cannot be read now; empty where it can
     * @param delivered the messages it has delivered
     * @param waiting the messages that wait for a refresh to cover them
     * @param unknown the messages whose type concerns no view of the plan
     * @param setAside the messages that were set aside because they could not be handled
     */
    public record Source(
            String name, Optional<String> problem, long delivered, int waiting, long unknown, long setAside) {
        public Source {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(problem, "problem");
        }
    }

    public SyncHealth {
        Objects.requireNonNull(status, "status");
        Objects.requireNonNull(readAt, "readAt");
        views = List.copyOf(views);
        pendingInvalidations = List.copyOf(pendingInvalidations);
        sources = List.copyOf(sources);
        schedules = List.copyOf(schedules);
        problems = List.copyOf(problems);
    }
}
