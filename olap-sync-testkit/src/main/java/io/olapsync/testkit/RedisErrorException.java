package io.olapsync.testkit;

/** Redis answered with an error; its text is the message, for instance {@code NOGROUP No such key}. */
public final class RedisErrorException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** An error with the text Redis sent. */
    public RedisErrorException(String message) {
        super(message);
    }
}
