package io.olapsync.spi;

import java.util.Optional;

/**
 * A held lock. Work and lock should share their fate: where the store allows it, the lock lives on the connection that
 * does the work, and {@link #unwrap} hands that connection over.
 *
 * <p>Used by one thread at a time, except {@link #close}, which any thread may call.
 */
public interface RefreshLock extends AutoCloseable {

    /**
     * The resource that holds the lock, such as a {@code java.sql.Connection}, where there is one of this type. It
     * belongs to the lock: the caller must not close it.
     */
    <T> Optional<T> unwrap(Class<T> type);

    /** Whether the lock is still held. Asks the store, never the local clock; false where the store cannot be asked. */
    boolean isHeld();

    /** Gives the lock back. May be called twice; never throws. */
    @Override
    void close();
}
