package io.olapsync.internal;

import java.time.Duration;

/** Words for people. */
final class Texts {

    private Texts() {}

    /** A duration as in {@code 2h 5m} or {@code 1.5s}; in seconds from one minute on, in milliseconds below. */
    static String of(Duration duration) {
        Duration shown = duration.compareTo(Duration.ofMinutes(1)) >= 0
                ? Duration.ofSeconds(duration.toSeconds())
                : Duration.ofMillis(duration.toMillis());
        return shown.toString().substring(2).replaceAll("([HM])(?=.)", "$1 ").toLowerCase(java.util.Locale.ROOT);
    }
}
