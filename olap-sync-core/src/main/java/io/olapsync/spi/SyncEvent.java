package io.olapsync.spi;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Something that happened in a run, as it happens. */
public sealed interface SyncEvent {

    /** The run. */
    RunId run();

    /** When, by the clock of the process. */
    Instant at();

    /**
     * A run has begun.
     *
     * @param plan the plan's name
     * @param steps the names of all its steps, upstream first
     */
    record RunStarted(RunId run, Instant at, String plan, SyncKind kind, String trigger, List<String> steps)
            implements SyncEvent {
        public RunStarted {
            steps = List.copyOf(steps);
        }
    }

    /**
     * A run cannot begin yet: what it must know first, about its views and the catalog, could not be asked. Another attempt
     * follows, and nothing is held while it waits.
     *
     * @param attempt the attempt that failed, 1 for the first
     * @param delay how long until the next
     */
    record RunDelayed(RunId run, Instant at, int attempt, RefreshException cause, Duration delay)
            implements SyncEvent {}

    /**
     * An attempt at a step has begun.
     *
     * @param attempt 1 for the first
     */
    record StepStarted(RunId run, Instant at, String step, int attempt) implements SyncEvent {}

    /**
     * An attempt failed, and another will follow. Nothing is held while it waits.
     *
     * @param attempt the attempt that failed, 1 for the first
     * @param delay how long until the next
     */
    record StepRetrying(RunId run, Instant at, String step, int attempt, RefreshException cause, Duration delay)
            implements SyncEvent {}

    /**
     * A step has ended. How a delta table was refreshed is in the outcome: {@link ViewRefresh#incremental}.
     *
     * @param took from its first attempt to its end; zero where it never began
     */
    record StepFinished(RunId run, Instant at, String step, StepOutcome outcome, Duration took) implements SyncEvent {}

    /**
     * Caches could not be invalidated; it is kept and tried again.
     *
     * @param views the views concerned
     */
    record InvalidationPostponed(RunId run, Instant at, List<ViewName> views, Throwable cause) implements SyncEvent {
        public InvalidationPostponed {
            views = List.copyOf(views);
        }
    }

    /**
     * Views have failed so often in a row that calls and events leave them alone from now on. Told once, by the process
     * whose failure was the last.
     *
     * @param failures how often
     */
    record ViewsSuspended(RunId run, Instant at, List<ViewName> views, int failures) implements SyncEvent {
        public ViewsSuspended {
            views = List.copyOf(views);
        }
    }

    /** A run has ended. */
    record RunFinished(RunId run, Instant at, RunStatus status, Duration took) implements SyncEvent {}
}
