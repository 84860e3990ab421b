package io.olapsync.spi;

import java.util.Objects;
import java.util.Optional;

/**
 * What went wrong, the last time that it did.
 *
 * @param run the run in which it did; empty where it was in none
 * @param attempts how often that run tried, the first included; 0 where it did not come to an attempt
 * @param error what happened, for people; never with a password
 * @param sqlState the SQLSTATE, where the store gave one
 * @param remedy what mends it, where that is known
 * @param process names the process that noticed it, for people
 */
public record IncidentCause(
        Optional<RunId> run,
        int attempts,
        String error,
        Optional<String> sqlState,
        Optional<String> remedy,
        String process) {

    public IncidentCause {
        Objects.requireNonNull(run, "run");
        Objects.requireNonNull(error, "error");
        Objects.requireNonNull(sqlState, "sqlState");
        Objects.requireNonNull(remedy, "remedy");
        Objects.requireNonNull(process, "process");
    }
}
