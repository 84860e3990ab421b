package io.olapsync.spi;

import java.util.List;

/**
 * Recomputes views. The one place for another engine that has its own way to refresh.
 *
 * <p>Thread-safe; blocks the calling thread until the work is committed or has failed.
 */
public interface RefreshExecutor {

    /**
     * Refreshes the views of the request and commits them together with their state ({@link ViewStates}): the state is
     * true exactly when the data is. On a failure nothing has changed, unless the connection died during the commit
     * itself; then the outcome is whatever the store has, and another attempt is safe.
     *
     * <p>The snapshot that the views show is taken after the lock was acquired, so that whatever had been committed
     * before the refresh was requested is in it, however long it waited.
     *
     * @param request what to do
     * @param lock the lock on all the views, held by the caller; where the work does not run on the lock's own
     *     connection, {@link RefreshLock#isHeld} must be asked right before the commit
     * <p>The commit also removes the orders that its snapshot covers ({@link ViewStates#orders}) and ends a suspension of
     * the views ({@link ViewStates#controls}).
     *
     * @return one entry per view, in the order of the request; none at all where the condition of the request held
     *     everything back, and nothing was done
     * @throws RefreshException if it failed; no work is left running on the server when it is thrown
     */
    List<ViewRefresh> refresh(RefreshRequest request, RefreshLock lock) throws RefreshException;
}
