package io.olapsync;

import io.olapsync.spi.Notifier;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * Who is told what fails, and when; for {@link OlapSync.Builder#alerts}. Immutable; each method gives a changed copy.
 *
 * @param notifiers each is told everything, independently of the others; their names differ
 * @param gather how long something must have failed, and must then have worked, before it is told, so that what happens at
 *     once is told at once and what is over soon is not told at all; 30 seconds by default, zero or more
 * @param most how many incidents a notifier is told of one by one within ten times {@code gather}; what is more becomes one
 *     summary in that time; 5 by default
 * @param staleness whether a view that is older than its limit is an incident although nothing failed; true by default
 * @param storeAway for how long the store may be away before that is told; 2 minutes by default
 * @param executor where notifiers and the store of incidents are called; empty: on threads of the engine's own
 */
public record Alerts(
        List<Notifier> notifiers,
        Duration gather,
        int most,
        boolean staleness,
        Duration storeAway,
        Optional<Executor> executor) {

    private static final Duration LONGEST = Duration.ofDays(1);
    private static final int LONGEST_NAME = 100;

    public Alerts {
        notifiers = List.copyOf(notifiers);
        Objects.requireNonNull(executor, "executor");
        Set<String> names = new HashSet<>();
        for (Notifier notifier : notifiers) {
            String name = notifier.name();
            if (name.isBlank() || name.length() > LONGEST_NAME) {
                throw new IllegalArgumentException("the name of a notifier must have 1 to 100 characters, not '" + name
                        + "' of " + notifier.getClass().getName());
            }
            if (!names.add(name)) {
                throw new IllegalArgumentException("two notifiers are named '" + name
                        + "'; what was told is remembered by name: give one another");
            }
        }
        if (gather.isNegative() || gather.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("the time to gather must be between 0 and a day, not " + gather);
        }
        if (most < 1) {
            throw new IllegalArgumentException("at least 1 incident is told on its own, not " + most);
        }
        if (storeAway.isNegative() || storeAway.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("the store may be away for between 0 and a day, not " + storeAway);
        }
    }

    /** Tells these. */
    public static Alerts to(Notifier... notifiers) {
        return new Alerts(List.of(notifiers), Duration.ofSeconds(30), 5, true, Duration.ofMinutes(2), Optional.empty());
    }

    /** The same with another time to gather. */
    public Alerts gathering(Duration time) {
        return new Alerts(notifiers, time, most, staleness, storeAway, executor);
    }

    /** The same, with more than so many incidents at about the same time told as one summary. */
    public Alerts summingUpOver(int incidents) {
        return new Alerts(notifiers, gather, incidents, staleness, storeAway, executor);
    }

    /** The same for failures alone: that a view is too old is not told. */
    public Alerts withoutStaleness() {
        return new Alerts(notifiers, gather, most, false, storeAway, executor);
    }

    /** The same with another patience with a store that is away. */
    public Alerts storeAwayAfter(Duration time) {
        return new Alerts(notifiers, gather, most, staleness, time, executor);
    }

    /** The same with the caller's executor, which stays the caller's; notifiers block its threads while they send. */
    public Alerts on(Executor threads) {
        return new Alerts(notifiers, gather, most, staleness, storeAway, Optional.of(threads));
    }
}
