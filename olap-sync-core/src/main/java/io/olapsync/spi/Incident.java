package io.olapsync.spi;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * A time in which something was wrong, from its first failure to the success that ended it; repetitions are counted. Times
 * are by the store's clock.
 *
 * @param id the store's number of it
 * @param key what it is about
 * @param cause the last failure
 * @param openedAt when it failed for the first time
 * @param lastAt when it failed for the last time
 * @param resolvedAt when it succeeded again; empty while it is open
 * @param times how often it failed, at least 1
 */
public record Incident(
        long id,
        IncidentKey key,
        IncidentCause cause,
        Instant openedAt,
        Instant lastAt,
        Optional<Instant> resolvedAt,
        long times) {

    public Incident {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(cause, "cause");
        Objects.requireNonNull(openedAt, "openedAt");
        Objects.requireNonNull(lastAt, "lastAt");
        Objects.requireNonNull(resolvedAt, "resolvedAt");
    }

    /** Whether it has not ended. */
    public boolean isOpen() {
        return resolvedAt.isEmpty();
    }
}
