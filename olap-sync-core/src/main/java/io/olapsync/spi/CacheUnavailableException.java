package io.olapsync.spi;

/** The cache could not be reached; the invalidation is kept by the engine and tried again. */
public class CacheUnavailableException extends Exception {

    private static final long serialVersionUID = 1L;

    /** A cache that could not be reached. */
    public CacheUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
