package io.olapsync;

import io.olapsync.spi.CheckSpec;
import java.util.Objects;

/**
 * A check of a plan: it passes before any view is refreshed, or none is.
 *
 * @param name the name of its step, unique in the plan, not blank
 * @param spec what it does
 */
public record PlannedCheck(String name, CheckSpec spec) {

    /** @throws IllegalArgumentException if the name is blank */
    public PlannedCheck {
        Objects.requireNonNull(spec, "spec");
        if (name.isBlank()) {
            throw new IllegalArgumentException("a check's name must not be blank");
        }
    }
}
