package io.olapsync.spi;

import java.time.Duration;
import java.util.Objects;
import java.util.Set;

/**
 * Something went wrong: for an {@link IncidentStore}, which knows whether that is a new incident.
 *
 * @param key what it is about
 * @param cause what happened the last time
 * @param since how long ago it happened for the first time
 * @param age how long ago it happened for the last time
 * @param times how often it happened, at least 1
 * @param told the names of the notifiers that were told of it while the store was away
 */
public record IncidentReport(
        IncidentKey key, IncidentCause cause, Duration since, Duration age, long times, Set<String> told) {

    public IncidentReport {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(cause, "cause");
        if (age.isNegative() || since.compareTo(age) < 0 || times < 1) {
            throw new IllegalArgumentException("a report must be of the past and of at least one failure: since "
                    + since + ", last " + age + " ago, " + times + " times");
        }
        told = Set.copyOf(told);
    }

    /** It has happened just now. */
    public static IncidentReport now(IncidentKey key, IncidentCause cause) {
        return new IncidentReport(key, cause, Duration.ZERO, Duration.ZERO, 1, Set.of());
    }
}
