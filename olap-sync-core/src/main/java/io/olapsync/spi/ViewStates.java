package io.olapsync.spi;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * The state that {@link RefreshExecutor} commits with the data, as seen by everybody else.
 *
 * <p>Thread-safe. The invalidations are an outbox: the commit that changes a view leaves an entry, and the entry goes
 * only after the cache was invalidated. So a process that dies in between, or a cache that is away, loses none; an
 * invalidation done twice does no harm.
 */
public interface ViewStates {

    /**
     * The states of those of these views that have been refreshed before; a view without one is absent.
     *
     * @throws RefreshException if the store could not be read
     */
    Map<ViewName, ViewState> read(Collection<ViewName> views) throws RefreshException;

    /**
     * The invalidations of these views that are still to be done, oldest first.
     *
     * @throws RefreshException if the store could not be read
     */
    List<PendingInvalidation> pendingInvalidations(Collection<ViewName> views) throws RefreshException;

    /**
     * Forgets these invalidations, because they have been done since they were read. Unknown ones are ignored.
     *
     * @throws RefreshException if the store could not be written
     */
    void invalidated(Collection<PendingInvalidation> done) throws RefreshException;
}
