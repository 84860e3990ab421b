package io.olapsync.redis;

import java.time.Duration;
import java.util.Objects;

/** Checks that the builders share. */
final class Settings {

    private Settings() {}

    static Duration positive(Duration value, String what) {
        Objects.requireNonNull(value, what);
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException("a " + what + " of " + value + " is not positive");
        }
        return value;
    }

    static String named(String value, String what) {
        if (value.isEmpty()) {
            throw new IllegalArgumentException("a " + what + " needs a name");
        }
        return value;
    }
}
