package io.olapsync.jdbc;

import java.time.Duration;
import java.util.Objects;

/**
 * When a view is vacuumed after a refresh, between two refreshes, outside of their transactions.
 *
 * <p>A refresh holds a lock that makes autovacuum skip the view, so a view refreshed often is never reached by it and
 * grows. Dead rows are those that refreshes deleted since the library last vacuumed the view. A vacuum never fails the
 * refresh that came before it, and never waits for a lock.
 *
 * @param enabled whether views are vacuumed at all, and analyzed after their first population
 * @param deadShare dead rows as a share of the view's rows, above which it is vacuumed; default 0.2, not negative
 * @param minDeadRows the dead rows below which it never is; default 1,000, not negative
 * @param timeout how long a vacuum may take before it is given up; default 1 minute, at least 1 s
 */
public record VacuumPolicy(boolean enabled, double deadShare, long minDeadRows, Duration timeout) {

    private static final VacuumPolicy DEFAULTS = new VacuumPolicy(true, 0.2, 1_000, Duration.ofMinutes(1));

    /** @throws IllegalArgumentException if a value is out of its range; the message names it */
    public VacuumPolicy {
        Objects.requireNonNull(timeout, "timeout");
        if (!(deadShare >= 0) || Double.isInfinite(deadShare)) {
            throw new IllegalArgumentException("deadShare must be 0 or more and finite, not " + deadShare);
        }
        if (minDeadRows < 0) {
            throw new IllegalArgumentException("minDeadRows must not be negative: " + minDeadRows);
        }
        if (timeout.compareTo(Duration.ofSeconds(1)) < 0 || timeout.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("a vacuum's timeout must be between 1 s and 1 day, not " + timeout);
        }
    }

    /** More than 20 % and at least 1,000 dead rows; given up after a minute. */
    public static VacuumPolicy defaults() {
        return DEFAULTS;
    }

    /** Never: for a host that vacuums by itself. */
    public static VacuumPolicy off() {
        return new VacuumPolicy(false, DEFAULTS.deadShare, DEFAULTS.minDeadRows, DEFAULTS.timeout);
    }

    /** Whether this many dead rows among this many live ones call for a vacuum. */
    public boolean isDue(long deadRows, long rows) {
        return enabled && deadRows > 0 && deadRows >= minDeadRows && deadRows > deadShare * rows;
    }
}
