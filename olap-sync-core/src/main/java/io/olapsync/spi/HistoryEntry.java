package io.olapsync.spi;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/** A line of the history. Times are of the writing process's clock. */
public sealed interface HistoryEntry {

    /** The run it belongs to; with {@link Step#step} the identity of a step's line. */
    RunId run();

    /**
     * A run.
     *
     * @param plan the plan's name
     * @param trigger who or what asked for it, in a few words
     * @param endedAt empty while it is under way
     * @param process names the process that runs it, for people
     * @param error what went wrong, where something did
     */
    record Run(
            RunId run,
            String plan,
            SyncKind kind,
            String trigger,
            RunStatus status,
            Instant startedAt,
            Optional<Instant> endedAt,
            String process,
            Optional<String> error)
            implements HistoryEntry {
        public Run {
            Objects.requireNonNull(run, "run");
            Objects.requireNonNull(status, "status");
        }
    }

    /**
     * A step of a run.
     *
     * @param step its name
     * @param view the view it refreshes; empty for other steps
     * @param startedAt when its first attempt began, or when it was skipped
     * @param endedAt empty while it is under way
     * @param rows the rows of the view afterwards, where it was refreshed
     * @param delta the rows written, where they were counted
     * @param took how long the refresh itself took, waiting excluded
     * @param asOf the moment of the sources that the view shows, where it was refreshed
     * @param attempts how often it was tried, the first included
     * @param sqlState the SQLSTATE of its failure, where there is one
     * @param error what went wrong, or why it was skipped
     * @param incremental how it was refreshed where it is a delta table
     */
    record Step(
            RunId run,
            String step,
            Optional<ViewName> view,
            StepStatus status,
            Instant startedAt,
            Optional<Instant> endedAt,
            Optional<Long> rows,
            Optional<RowDelta> delta,
            Optional<Duration> took,
            Optional<DataAsOf> asOf,
            int attempts,
            Optional<String> sqlState,
            Optional<String> error,
            Optional<DeltaRefresh> incremental)
            implements HistoryEntry {

        /** A step that refreshed no delta table. */
        public Step(
                RunId run,
                String step,
                Optional<ViewName> view,
                StepStatus status,
                Instant startedAt,
                Optional<Instant> endedAt,
                Optional<Long> rows,
                Optional<RowDelta> delta,
                Optional<Duration> took,
                Optional<DataAsOf> asOf,
                int attempts,
                Optional<String> sqlState,
                Optional<String> error) {
            this(
                    run,
                    step,
                    view,
                    status,
                    startedAt,
                    endedAt,
                    rows,
                    delta,
                    took,
                    asOf,
                    attempts,
                    sqlState,
                    error,
                    Optional.empty());
        }

        public Step {
            Objects.requireNonNull(run, "run");
            Objects.requireNonNull(step, "step");
            Objects.requireNonNull(status, "status");
            Objects.requireNonNull(incremental, "incremental");
        }
    }
}
