package io.olapsync.redis;

import org.jspecify.annotations.Nullable;

/**
 * Reads a result from the views, when the cache does not have it.
 *
 * <p>It must read with a snapshot that begins after it was called: a transaction opened earlier in REPEATABLE READ would
 * put older data under the current version. On a plain connection, or at READ COMMITTED, each statement does so by itself.
 *
 * @param <T> the type of the result
 */
@FunctionalInterface
public interface ViewLoader<T> {

    /** The result; null is a result, too. Called on the thread that asked the cache. */
    @Nullable
    T load() throws Exception;
}
