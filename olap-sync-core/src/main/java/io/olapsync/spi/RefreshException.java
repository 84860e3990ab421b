package io.olapsync.spi;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An attempt that did not succeed: what failed, and whether another attempt can.
 *
 * <p>Adapters translate every error of their store into one of these. The message names the view, what happened and how
 * long it took, and never carries a password.
 */
public class RefreshException extends Exception {

    private static final long serialVersionUID = 1L;

    /** What a failure means for the next attempt. */
    public enum Kind {
        /** Fails again until somebody mends something: never retried. */
        PERMANENT,
        /** The server or the network; retried after the long interval. */
        TRANSIENT,
        /** Somebody else was in the way (lock, deadlock, serialization); retried after a short, growing pause. */
        CONTENDED,
        /** Our own deadline passed: not retried. */
        TIMED_OUT,
        /** Cancelled by us: not retried. */
        CANCELLED
    }

    private final Kind kind;
    private final @Nullable ViewName view;
    private final @Nullable String sqlState;
    private final @Nullable String remedy;

    /** A failure of this kind with nothing further known. */
    public RefreshException(Kind kind, String message, @Nullable Throwable cause) {
        this(kind, message, null, null, null, cause);
    }

    /**
     * A failure with all that is known of it.
     *
     * @param view the view it happened on, or null
     * @param sqlState the five characters of the SQLSTATE, or null
     * @param remedy the DDL, GRANT or setting that mends it, or null
     */
    public RefreshException(
            Kind kind,
            String message,
            @Nullable ViewName view,
            @Nullable String sqlState,
            @Nullable String remedy,
            @Nullable Throwable cause) {
        super(message, cause);
        this.kind = Objects.requireNonNull(kind, "kind");
        this.view = view;
        this.sqlState = sqlState;
        this.remedy = remedy;
    }

    /** What the failure means for the next attempt. */
    public final Kind kind() {
        return kind;
    }

    /** The view it happened on; empty where it concerns all views of the attempt alike. */
    public final Optional<ViewName> view() {
        return Optional.ofNullable(view);
    }

    /** The SQLSTATE, where the store gave one. */
    public final Optional<String> sqlState() {
        return Optional.ofNullable(sqlState);
    }

    /** What mends it, where that is known. */
    public final Optional<String> remedy() {
        return Optional.ofNullable(remedy);
    }

    /** What mends it, where that is known and the message does not say so. */
    public final Optional<String> unsaidRemedy() {
        String message = String.valueOf(getMessage());
        return remedy().filter(known -> !message.contains(known));
    }

    /** What failed and what mends it, for where there is one text for both. */
    public final String described() {
        return getMessage() + unsaidRemedy().map(known -> "; remedy: " + known).orElse("");
    }
}
