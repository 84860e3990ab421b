package io.olapsync.spi;

import org.jspecify.annotations.Nullable;

/**
 * The lock store could not be asked, so nobody knows who holds the lock. Not the same as a lock that somebody holds.
 */
public class LockUnavailableException extends RefreshException {

    private static final long serialVersionUID = 1L;

    /**
     * A lock store that could not be asked.
     *
     * @param kind {@link RefreshException.Kind#PERMANENT} where asking again cannot help, else mostly {@code TRANSIENT}
     */
    public LockUnavailableException(
            Kind kind, String message, @Nullable String sqlState, @Nullable String remedy, @Nullable Throwable cause) {
        super(kind, message, null, sqlState, remedy, cause);
    }
}
