package io.olapsync.spi;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A message was not taken by its receiver. The text is for people, and without secrets. */
public class NotificationException extends Exception {

    private static final long serialVersionUID = 1L;

    private final boolean permanent;
    private final @Nullable Duration retryAfter;

    private NotificationException(
            String message, boolean permanent, @Nullable Duration retryAfter, @Nullable Throwable cause) {
        super(message, cause);
        this.permanent = permanent;
        this.retryAfter = retryAfter;
    }

    /** The receiver is away or busy: the same message may be taken later. */
    public static NotificationException transientFailure(String message, @Nullable Throwable cause) {
        return new NotificationException(message, false, null, cause);
    }

    /** The receiver says when to try again. */
    public static NotificationException tooEarly(String message, Duration retryAfter) {
        return new NotificationException(message, false, retryAfter, null);
    }

    /** The same message will not be taken until somebody mends something. */
    public static NotificationException permanentFailure(String message, @Nullable Throwable cause) {
        return new NotificationException(message, true, null, cause);
    }

    /** Whether the same message may be taken if it is sent again. */
    public final boolean mayBeRetried() {
        return !permanent;
    }

    /** The least time to wait before that, where the receiver said so. */
    public final Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }
}
