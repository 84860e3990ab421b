package io.olapsync.spi;

import java.util.Objects;

/**
 * A committed change of a view whose cached results have not been invalidated yet.
 *
 * @param id the store's id of it, unique
 * @param view the view that changed
 */
public record PendingInvalidation(long id, ViewName view) {

    public PendingInvalidation {
        Objects.requireNonNull(view, "view");
    }
}
