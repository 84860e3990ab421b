package io.olapsync.spi;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The log of runs and attempts. The state of a view is not read from here ({@link ViewStates}); a line lost with the
 * process that would have written it hurts nobody but a reader of the log.
 *
 * <p>Thread-safe.
 */
public interface SyncHistory {

    /**
     * Writes lines, all or none. The line of a run comes before those of its steps, in this call or an earlier one. A line with the identity of an earlier one replaces it, so that a repetition after an
     * unclear failure does no harm. Writing a run that is {@link RunStatus#RUNNING} again is its sign of life.
     *
     * @throws RefreshException if they could not be written; the engine keeps them and tries again
     */
    void write(List<? extends HistoryEntry> entries) throws RefreshException;

    /**
     * The latest runs of a plan, newest first.
     *
     * @param limit the most to return, positive
     * @throws RefreshException if the store could not be read
     */
    List<HistoryEntry.Run> recentRuns(String plan, int limit) throws RefreshException;

    /**
     * The latest run of a plan and kind that was {@link RunStatus#COMPLETED}; empty where there is none.
     *
     * @throws RefreshException if the store could not be read
     */
    Optional<HistoryEntry.Run> lastCompleted(String plan, SyncKind kind) throws RefreshException;

    /**
     * The run of this identity; empty where there is none, or none any more.
     *
     * @throws RefreshException if the store could not be read
     */
    Optional<HistoryEntry.Run> run(RunId run) throws RefreshException;

    /**
     * The steps of a run in the order in which they began.
     *
     * @throws RefreshException if the store could not be read
     */
    default List<HistoryEntry.Step> steps(RunId run) throws RefreshException {
        return steps(List.of(run)).getOrDefault(run, List.of());
    }

    /**
     * The steps of each of these runs in the order in which they began; a run without any is absent.
     *
     * @throws RefreshException if the store could not be read
     */
    Map<RunId, List<HistoryEntry.Step>> steps(Collection<RunId> runs) throws RefreshException;

    /**
     * For each of these views the latest step that was {@link StepStatus#COMPLETED} or {@link StepStatus#FAILED}, in
     * whatever plan; a view without one is absent.
     *
     * @throws RefreshException if the store could not be read
     */
    Map<ViewName, HistoryEntry.Step> latest(Collection<ViewName> views) throws RefreshException;

    /**
     * Tidies up: a run that is under way and has given no sign of life for {@code silence}, and its steps, become
     * {@link RunStatus#ABANDONED}; what was written longer than {@code keep} ago goes. Both are judged by the store's
     * own clock.
     *
     * @return the runs found abandoned now
     * @throws RefreshException if the store could not be written
     */
    List<RunId> sweep(Duration silence, Duration keep) throws RefreshException;
}
