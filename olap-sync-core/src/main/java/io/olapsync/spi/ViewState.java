package io.olapsync.spi;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

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
 * @param staleness the database's clock now, less {@code asOf.time()}, never negative
 * @param confirmedAt until when it is known that nothing had changed since that refresh ({@link ViewStates#confirmed}); empty where
 *     nobody has looked
 */
public record ViewState(
        ViewName view,
        DataAsOf asOf,
        long rows,
        Instant refreshedAt,
        Duration took,
        long lastChange,
        Duration staleness,
        Optional<Instant> confirmedAt) {

    /** A view that nobody has confirmed since its refresh. */
    public ViewState(
            ViewName view,
            DataAsOf asOf,
            long rows,
            Instant refreshedAt,
            Duration took,
            long lastChange,
            Duration staleness) {
        this(view, asOf, rows, refreshedAt, took, lastChange, staleness, Optional.empty());
    }

    public ViewState {
        Objects.requireNonNull(view, "view");
        Objects.requireNonNull(asOf, "asOf");
        Objects.requireNonNull(refreshedAt, "refreshedAt");
        Objects.requireNonNull(took, "took");
        Objects.requireNonNull(staleness, "staleness");
        Objects.requireNonNull(confirmedAt, "confirmedAt");
    }

    /** The moment of the sources that readers see: that of the refresh, or until when it is known to have shown everything. */
    public Instant current() {
        return confirmedAt.filter(moment -> moment.isAfter(asOf.time())).orElse(asOf.time());
    }

    /** The age of what readers see: the database's clock now, less {@link #current}, never negative. */
    public Duration age() {
        Duration age = staleness.minus(Duration.between(asOf.time(), current()));
        return age.isNegative() ? Duration.ZERO : age;
    }
}
