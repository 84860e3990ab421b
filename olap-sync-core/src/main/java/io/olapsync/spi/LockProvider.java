package io.olapsync.spi;

import java.util.Optional;
import java.util.Set;

/**
 * The one place where processes agree on who refreshes a view.
 *
 * <p>Thread-safe. A lock excludes every other holder of one of its views, in every process that uses the same store.
 */
public interface LockProvider {

    /**
     * One attempt, without waiting, at all of the views or none.
     *
     * @param views the views to lock, never empty
     * @return the lock, or empty where another holder has at least one of the views
     * @throws LockUnavailableException if the store could not say
     */
    Optional<RefreshLock> tryAcquire(Set<ViewName> views) throws LockUnavailableException;
}
