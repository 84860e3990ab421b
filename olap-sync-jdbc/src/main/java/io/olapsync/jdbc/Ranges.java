package io.olapsync.jdbc;

import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.Objects;

/** What settings may be. */
final class Ranges {

    private static final Duration LONGEST = Duration.ofDays(3_650);

    private Ranges() {}

    static Duration require(Duration value, String name, Duration least) {
        Objects.requireNonNull(value, name);
        if (value.compareTo(least) < 0 || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    name + " must be between " + least + " and " + LONGEST.toDays() + " days, not " + value);
        }
        return value;
    }

    /** A channel is named by an identifier. */
    static String requireChannel(String channel) {
        try {
            return ViewName.of("public", channel).name();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + channel + "' is not the name of a channel: " + e.getMessage(), e);
        }
    }
}
