package io.olapsync.jdbc;

import java.time.Duration;
import java.util.Objects;

/**
 * How the PostgreSQL adapters treat their connections: what they wait for, and for how long.
 *
 * <p>Every setting is applied to the library's own transactions only and is gone when they end. Start from
 * {@link #defaults()} and change one with the {@code with…} methods.
 *
 * @param lockTimeout how long a refresh waits for a lock on the view or its sources ({@code lock_timeout}); default
 *     10 s, at least 1 ms
 * @param connectionCheckInterval how often the server looks whether the client of a running refresh is still there
 *     ({@code client_connection_check_interval}); default 2 s; zero: never. A server whose platform cannot do it is used
 *     without
 * @param blockingCheckInterval how often the library looks whether a running refresh stands in the way of somebody's DDL,
 *     in which case the refresh cancels itself; default 1 s; zero: never
 * @param cancelGrace how long a cancelled refresh may take to end before its backend is terminated, and after that its
 *     connection cut; default 5 s, at least 1 ms
 * @param responseTimeout how long the library waits for the answer to a statement that needs no time (a lock, a look at the catalog,
 *     the state of a view) before it takes the connection for dead; default 30 s, at least 1 s
 * @param vacuum when a refreshed view is vacuumed
 */
public record PostgresSettings(
        Duration lockTimeout,
        Duration connectionCheckInterval,
        Duration blockingCheckInterval,
        Duration cancelGrace,
        Duration responseTimeout,
        VacuumPolicy vacuum) {

    private static final PostgresSettings DEFAULTS = new PostgresSettings(
            Duration.ofSeconds(10),
            Duration.ofSeconds(2),
            Duration.ofSeconds(1),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            VacuumPolicy.defaults());

    /** @throws IllegalArgumentException if a duration is out of its range; the message names it */
    public PostgresSettings {
        require(lockTimeout, "lockTimeout", Duration.ofMillis(1));
        require(connectionCheckInterval, "connectionCheckInterval", Duration.ZERO);
        require(blockingCheckInterval, "blockingCheckInterval", Duration.ZERO);
        require(cancelGrace, "cancelGrace", Duration.ofMillis(1));
        require(responseTimeout, "responseTimeout", Duration.ofSeconds(1));
        Objects.requireNonNull(vacuum, "vacuum");
    }

    /** The defaults named above. */
    public static PostgresSettings defaults() {
        return DEFAULTS;
    }

    /** These settings with another {@link #lockTimeout()}. */
    public PostgresSettings withLockTimeout(Duration timeout) {
        return new PostgresSettings(
                timeout, connectionCheckInterval, blockingCheckInterval, cancelGrace, responseTimeout, vacuum);
    }

    /** These settings with another {@link #connectionCheckInterval()}. */
    public PostgresSettings withConnectionCheckInterval(Duration interval) {
        return new PostgresSettings(lockTimeout, interval, blockingCheckInterval, cancelGrace, responseTimeout, vacuum);
    }

    /** These settings with another {@link #blockingCheckInterval()}. */
    public PostgresSettings withBlockingCheckInterval(Duration interval) {
        return new PostgresSettings(
                lockTimeout, connectionCheckInterval, interval, cancelGrace, responseTimeout, vacuum);
    }

    /** These settings with another {@link #cancelGrace()}. */
    public PostgresSettings withCancelGrace(Duration grace) {
        return new PostgresSettings(
                lockTimeout, connectionCheckInterval, blockingCheckInterval, grace, responseTimeout, vacuum);
    }

    /** These settings with another {@link #responseTimeout()}. */
    public PostgresSettings withResponseTimeout(Duration timeout) {
        return new PostgresSettings(
                lockTimeout, connectionCheckInterval, blockingCheckInterval, cancelGrace, timeout, vacuum);
    }

    /** These settings with another {@link #vacuum()}. */
    public PostgresSettings withVacuum(VacuumPolicy policy) {
        return new PostgresSettings(
                lockTimeout, connectionCheckInterval, blockingCheckInterval, cancelGrace, responseTimeout, policy);
    }

    private static void require(Duration value, String name, Duration least) {
        Objects.requireNonNull(value, name);
        if (value.compareTo(least) < 0 || value.compareTo(Duration.ofDays(20)) > 0) {
            throw new IllegalArgumentException(name + " must be between " + least + " and 20 days, not " + value);
        }
    }
}
