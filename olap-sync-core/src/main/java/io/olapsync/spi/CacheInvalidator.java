package io.olapsync.spi;

import java.util.Set;

/**
 * Makes cached results of views unreachable.
 *
 * <p>Thread-safe, and harmless when called twice.
 */
public interface CacheInvalidator {

    /**
     * Invalidates everything cached from these views. It is called after the commit that changed them; when it returns,
     * no reader is served older data.
     *
     * @param views the views that changed, never empty
     * @throws CacheUnavailableException if it could not be done for all of them; the engine keeps it and tries again
     */
    void invalidate(Set<ViewName> views) throws CacheUnavailableException;
}
