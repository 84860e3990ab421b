package io.olapsync.spi;

import java.time.Duration;
import java.util.Objects;

/**
 * A refresh that was asked for and must not be forgotten: it is kept by the store until readers see what it asks for.
 *
 * @param id the store's id of it, unique
 * @param view the view
 * @param transaction the transaction that recorded it: what the view and all views beneath it show must cover that
 * @param dueIn how long until it may be done; zero or less: now
 * @param reason who or what asked for it
 */
public record RefreshOrder(long id, ViewName view, long transaction, Duration dueIn, String reason) {

    public RefreshOrder {
        Objects.requireNonNull(view, "view");
        Objects.requireNonNull(dueIn, "dueIn");
        Objects.requireNonNull(reason, "reason");
    }
}
