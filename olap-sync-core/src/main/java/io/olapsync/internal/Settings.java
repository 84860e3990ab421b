package io.olapsync.internal;

import java.time.Duration;

/**
 * The engine's settings, validated; each {@code with} gives a changed copy.
 *
 * @param maxConcurrentRefreshes units of work under way at once in this engine
 * @param staleAfter from which age on data counts as stale
 * @param between what holds between full runs
 */
public record Settings(
        int maxConcurrentRefreshes,
        Retry retry,
        Contention contention,
        Deadlines deadlines,
        History log,
        Duration staleAfter,
        Between between) {

    /** The longest duration that any setting takes: more than anybody waits, and no arithmetic overflows. */
    private static final Duration LONGEST = Duration.ofDays(36_500);

    /** The defaults of the library. */
    public static final Settings DEFAULTS = new Settings(
            4,
            new Retry(3, Duration.ofMinutes(5)),
            new Contention(60, Duration.ofMillis(100), Duration.ofSeconds(5)),
            new Deadlines(Duration.ofMinutes(30), Duration.ofHours(6), Duration.ofSeconds(30)),
            new History(Duration.ofDays(30), Duration.ofSeconds(5), Duration.ofSeconds(20)),
            Duration.ofHours(25),
            new Between(Duration.ofMinutes(5), Duration.ofSeconds(10), Duration.ofMinutes(1), Duration.ZERO, 5));

    /**
     * After a transient failure.
     *
     * @param retries further attempts
     * @param interval the pause before each
     */
    public record Retry(int retries, Duration interval) {
        public Retry {
            atLeast(0, retries, "retries");
            positive(interval, "the retry interval");
        }
    }

    /**
     * While somebody else is in the way.
     *
     * @param retries further attempts before that counts as a transient failure
     * @param firstPause the pause before the first of them; it grows
     * @param longestPause what it grows to
     */
    public record Contention(int retries, Duration firstPause, Duration longestPause) {
        public Contention {
            atLeast(0, retries, "contention retries");
            positive(firstPause, "the first pause of a contention");
            positive(longestPause, "the longest pause of a contention");
            if (longestPause.compareTo(firstPause) < 0) {
                throw new IllegalArgumentException(
                        "the longest pause of a contention must not be shorter than the first: " + longestPause
                                + " against " + firstPause);
            }
        }
    }

    /**
     * The most that things may take.
     *
     * @param view one attempt at one view, where its plan says nothing else
     * @param run a run, retries included
     * @param close running refreshes once {@code close()} was called, before they are cancelled
     */
    public record Deadlines(Duration view, Duration run, Duration close) {
        public Deadlines {
            positive(view, "viewDeadline");
            positive(run, "runDeadline");
            if (close.isNegative() || close.compareTo(LONGEST) > 0) {
                throw new IllegalArgumentException("closeGrace must be between 0 and 100 years, not " + close);
            }
        }

        /** The same with another deadline for a view. */
        public Deadlines withView(Duration most) {
            return new Deadlines(most, run, close);
        }

        /** The same with another deadline for a run. */
        public Deadlines withRun(Duration most) {
            return new Deadlines(view, most, close);
        }

        /** The same with another grace for closing. */
        public Deadlines withClose(Duration most) {
            return new Deadlines(view, run, most);
        }
    }

    /**
     * The history.
     *
     * @param keep how long it is kept
     * @param heartbeat how often a run gives a sign of life
     * @param silence after how long without one a run counts as abandoned
     */
    public record History(Duration keep, Duration heartbeat, Duration silence) {
        public History {
            positive(keep, "historyKeep");
            positive(heartbeat, "the heartbeat");
            if (silence.compareTo(heartbeat.multipliedBy(2)) < 0) {
                throw new IllegalArgumentException(
                        "the silence after which a run is abandoned must be at least twice the" + " heartbeat: "
                                + silence + " against " + heartbeat);
            }
        }

        /** The same, kept for another time. */
        public History withKeep(Duration other) {
            return new History(other, heartbeat, silence);
        }

        /** The same with another heartbeat. */
        public History withHeartbeat(Duration every, Duration silent) {
            return new History(keep, every, silent);
        }
    }

    /**
     * Syncs between full runs.
     *
     * @param minInterval how long after a refresh a call does not refresh the view again
     * @param debounce how long no event may come for a view before it is refreshed
     * @param longestWait how long an event waits at most, however many follow it
     * @param eventInterval how long after a refresh events do not refresh the view again, but wait
     * @param suspendAfter how many failures in a row suspend a view
     */
    public record Between(
            Duration minInterval, Duration debounce, Duration longestWait, Duration eventInterval, int suspendAfter) {
        public Between {
            notNegative(minInterval, "minInterval");
            notNegative(debounce, "the debounce");
            notNegative(eventInterval, "eventInterval");
            positive(longestWait, "the longest wait of an event");
            atLeast(1, suspendAfter, "suspendAfter");
            if (longestWait.compareTo(debounce) < 0) {
                throw new IllegalArgumentException(
                        "the longest wait of an event must not be shorter than the debounce: " + longestWait
                                + " against " + debounce);
            }
        }

        /** The same with another interval for calls. */
        public Between withMinInterval(Duration interval) {
            return new Between(interval, debounce, longestWait, eventInterval, suspendAfter);
        }

        /** The same with another debounce. */
        public Between withDebounce(Duration quiet, Duration longest) {
            return new Between(minInterval, quiet, longest, eventInterval, suspendAfter);
        }

        /** The same with another interval for events. */
        public Between withEventInterval(Duration interval) {
            return new Between(minInterval, debounce, longestWait, interval, suspendAfter);
        }

        /** The same with another patience with failures. */
        public Between withSuspendAfter(int failures) {
            return new Between(minInterval, debounce, longestWait, eventInterval, failures);
        }
    }

    public Settings {
        atLeast(1, maxConcurrentRefreshes, "maxConcurrentRefreshes");
        positive(staleAfter, "staleAfter");
    }

    /** The same with another bound. */
    public Settings withMaxConcurrentRefreshes(int most) {
        return new Settings(most, retry, contention, deadlines, log, staleAfter, between);
    }

    /** The same with other retries. */
    public Settings with(Retry other) {
        return new Settings(maxConcurrentRefreshes, other, contention, deadlines, log, staleAfter, between);
    }

    /** The same with another patience. */
    public Settings with(Contention other) {
        return new Settings(maxConcurrentRefreshes, retry, other, deadlines, log, staleAfter, between);
    }

    /** The same with other deadlines. */
    public Settings with(Deadlines other) {
        return new Settings(maxConcurrentRefreshes, retry, contention, other, log, staleAfter, between);
    }

    /** The same with another history. */
    public Settings with(History other) {
        return new Settings(maxConcurrentRefreshes, retry, contention, deadlines, other, staleAfter, between);
    }

    /** The same with other rules between full runs. */
    public Settings with(Between other) {
        return new Settings(maxConcurrentRefreshes, retry, contention, deadlines, log, staleAfter, other);
    }

    /** The same with another limit of age. */
    public Settings withStaleAfter(Duration age) {
        return new Settings(maxConcurrentRefreshes, retry, contention, deadlines, log, age, between);
    }

    private static void atLeast(int least, int value, String name) {
        if (value < least) {
            throw new IllegalArgumentException(name + " must be at least " + least + ", not " + value);
        }
    }

    private static void notNegative(Duration value, String name) {
        if (value.isNegative() || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(name + " must be between 0 and 100 years, not " + value);
        }
    }

    private static void positive(Duration value, String name) {
        if (value.compareTo(Duration.ofMillis(1)) < 0 || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(name + " must be at least 1 ms and at most 100 years, not " + value);
        }
    }
}
