package io.olapsync.redis;

/** A loader failed with a checked exception, which is the cause. */
public class ViewLoadException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** A load that failed. */
    public ViewLoadException(String message, Throwable cause) {
        super(message, cause);
    }
}
