package io.olapsync.internal;

import java.time.Duration;

/**
 * The engine's settings, validated.
 *
 * @param maxConcurrentRefreshes units of work under way at once in this engine
 * @param retries further attempts after a transient failure
 * @param retryInterval the pause before each of them
 * @param contentionRetries further attempts, each time, while somebody else is in the way
 * @param contentionPause the first pause of those; it grows to {@code contentionMaxPause}
 * @param viewDeadline the most that one attempt at one view may take, where its plan says nothing else
 * @param runDeadline the most that a run may take, retries included
 * @param closeGrace how long {@code close()} lets running refreshes end before it cancels them
 * @param historyKeep how long the history is kept
 * @param heartbeat how often a run gives a sign of life
 * @param heartbeatSilence after how long without one a run counts as abandoned
 * @param staleAfter from which age on data counts as stale
 */
public record Settings(
        int maxConcurrentRefreshes,
        int retries,
        Duration retryInterval,
        int contentionRetries,
        Duration contentionPause,
        Duration contentionMaxPause,
        Duration viewDeadline,
        Duration runDeadline,
        Duration closeGrace,
        Duration historyKeep,
        Duration heartbeat,
        Duration heartbeatSilence,
        Duration staleAfter) {

    /** The defaults of the library. */
    public static final Settings DEFAULTS = new Settings(
            4,
            3,
            Duration.ofMinutes(5),
            60,
            Duration.ofMillis(100),
            Duration.ofSeconds(5),
            Duration.ofMinutes(30),
            Duration.ofHours(6),
            Duration.ofSeconds(30),
            Duration.ofDays(30),
            Duration.ofSeconds(5),
            Duration.ofSeconds(20),
            Duration.ofHours(25));

    public Settings {
        atLeast(1, maxConcurrentRefreshes, "maxConcurrentRefreshes");
        atLeast(0, retries, "retries");
        atLeast(0, contentionRetries, "contentionRetries");
        positive(retryInterval, "retryInterval");
        positive(contentionPause, "contentionPause");
        positive(contentionMaxPause, "contentionMaxPause");
        positive(viewDeadline, "viewDeadline");
        positive(runDeadline, "runDeadline");
        positive(historyKeep, "historyKeep");
        positive(heartbeat, "heartbeat");
        positive(heartbeatSilence, "heartbeatSilence");
        positive(staleAfter, "staleAfter");
        if (closeGrace.isNegative()) {
            throw new IllegalArgumentException("closeGrace must not be negative: " + closeGrace);
        }
        if (heartbeatSilence.compareTo(heartbeat.multipliedBy(2)) < 0) {
            throw new IllegalArgumentException("heartbeatSilence must be at least twice the heartbeat: "
                    + heartbeatSilence + " against " + heartbeat);
        }
    }

    public Settings withMaxConcurrentRefreshes(int most) {
        return new Settings(
                most,
                retries,
                retryInterval,
                contentionRetries,
                contentionPause,
                contentionMaxPause,
                viewDeadline,
                runDeadline,
                closeGrace,
                historyKeep,
                heartbeat,
                heartbeatSilence,
                staleAfter);
    }

    public Settings withRetry(int count, Duration interval) {
        return new Settings(
                maxConcurrentRefreshes,
                count,
                interval,
                contentionRetries,
                contentionPause,
                contentionMaxPause,
                viewDeadline,
                runDeadline,
                closeGrace,
                historyKeep,
                heartbeat,
                heartbeatSilence,
                staleAfter);
    }

    public Settings withContention(int count, Duration first, Duration longest) {
        return new Settings(
                maxConcurrentRefreshes,
                retries,
                retryInterval,
                count,
                first,
                longest,
                viewDeadline,
                runDeadline,
                closeGrace,
                historyKeep,
                heartbeat,
                heartbeatSilence,
                staleAfter);
    }

    public Settings withViewDeadline(Duration most) {
        return new Settings(
                maxConcurrentRefreshes,
                retries,
                retryInterval,
                contentionRetries,
                contentionPause,
                contentionMaxPause,
                most,
                runDeadline,
                closeGrace,
                historyKeep,
                heartbeat,
                heartbeatSilence,
                staleAfter);
    }

    public Settings withRunDeadline(Duration most) {
        return new Settings(
                maxConcurrentRefreshes,
                retries,
                retryInterval,
                contentionRetries,
                contentionPause,
                contentionMaxPause,
                viewDeadline,
                most,
                closeGrace,
                historyKeep,
                heartbeat,
                heartbeatSilence,
                staleAfter);
    }

    public Settings withCloseGrace(Duration most) {
        return new Settings(
                maxConcurrentRefreshes,
                retries,
                retryInterval,
                contentionRetries,
                contentionPause,
                contentionMaxPause,
                viewDeadline,
                runDeadline,
                most,
                historyKeep,
                heartbeat,
                heartbeatSilence,
                staleAfter);
    }

    public Settings withHistoryKeep(Duration keep) {
        return new Settings(
                maxConcurrentRefreshes,
                retries,
                retryInterval,
                contentionRetries,
                contentionPause,
                contentionMaxPause,
                viewDeadline,
                runDeadline,
                closeGrace,
                keep,
                heartbeat,
                heartbeatSilence,
                staleAfter);
    }

    public Settings withHeartbeat(Duration every, Duration silence) {
        return new Settings(
                maxConcurrentRefreshes,
                retries,
                retryInterval,
                contentionRetries,
                contentionPause,
                contentionMaxPause,
                viewDeadline,
                runDeadline,
                closeGrace,
                historyKeep,
                every,
                silence,
                staleAfter);
    }

    public Settings withStaleAfter(Duration age) {
        return new Settings(
                maxConcurrentRefreshes,
                retries,
                retryInterval,
                contentionRetries,
                contentionPause,
                contentionMaxPause,
                viewDeadline,
                runDeadline,
                closeGrace,
                historyKeep,
                heartbeat,
                heartbeatSilence,
                age);
    }

    private static void atLeast(int least, int value, String name) {
        if (value < least) {
            throw new IllegalArgumentException(name + " must be at least " + least + ", not " + value);
        }
    }

    private static void positive(Duration value, String name) {
        if (value.toMillis() < 1) {
            throw new IllegalArgumentException(name + " must be at least 1 ms, not " + value);
        }
    }
}
