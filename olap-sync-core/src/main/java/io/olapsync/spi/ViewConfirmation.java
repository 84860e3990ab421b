package io.olapsync.spi;

import java.time.Duration;
import java.util.Objects;

/**
 * A refresh that was not needed, because it would have written what the view has.
 *
 * @param view the view
 * @param snapshot what it shows, as in {@link DataAsOf#snapshot}: another refresh since makes this meaningless
 * @param sinceRefresh how long after the commit of that refresh nothing had changed yet
 */
public record ViewConfirmation(ViewName view, String snapshot, Duration sinceRefresh) {

    /** @throws IllegalArgumentException if it was before the refresh */
    public ViewConfirmation {
        Objects.requireNonNull(view, "view");
        Objects.requireNonNull(snapshot, "snapshot");
        if (sinceRefresh.isNegative()) {
            throw new IllegalArgumentException(view + " cannot be confirmed before its refresh: " + sinceRefresh);
        }
    }
}
