package io.olapsync.spi;

import org.jspecify.annotations.Nullable;

/** The source or the receiver of events cannot be reached now. Nothing is lost by it: what was not acknowledged stays. */
public class EventsUnavailableException extends Exception {

    private static final long serialVersionUID = 1L;

    /** A source or receiver that could not be reached. */
    public EventsUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
