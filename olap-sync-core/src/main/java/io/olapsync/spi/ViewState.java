package io.olapsync.spi;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;

/**
 * What is known of a view since its last committed refresh.
 *
 * @param view the view
 * @param asOf the moment of the sources that it shows
 * @param rows the rows it has, 0 or more
 * @param refreshedAt when its last refresh was committed, by the database's clock
 * @param took how long that refresh took
 * @param lastChange the transaction of the last refresh that may have changed its rows: a view that reads this one is
 *     behind it until its own snapshot covers that
 * @param staleness the age of what readers see: the database's clock now, less {@code asOf.time()}, never negative
 */
public record ViewState(
        ViewName view,
        DataAsOf asOf,
        long rows,
        Instant refreshedAt,
        Duration took,
        long lastChange,
        Duration staleness) {

    public ViewState {
        Objects.requireNonNull(view, "view");
        Objects.requireNonNull(asOf, "asOf");
        Objects.requireNonNull(refreshedAt, "refreshedAt");
        Objects.requireNonNull(took, "took");
        Objects.requireNonNull(staleness, "staleness");
    }
}
