package io.olapsync.spi;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * What a committed refresh did to one view.
 *
 * @param view the view
 * @param delta the rows written; empty where the store did not count them, which must be read as "perhaps changed"
 * @param rows the rows the view has now, 0 or more
 * @param asOf the moment of the sources that the view shows
 * @param took how long this view's part of the work took
 * @param invalidation what the commit has left to be invalidated; empty where nothing changed, or the request did not ask
 *     for it
 * @param incremental how it was refreshed where it is a delta table; empty for a materialized view
 */
public record ViewRefresh(
        ViewName view,
        Optional<RowDelta> delta,
        long rows,
        DataAsOf asOf,
        Duration took,
        Optional<PendingInvalidation> invalidation,
        Optional<DeltaRefresh> incremental) {

    /** What a refresh did to a view that is recomputed whole. */
    public ViewRefresh(
            ViewName view,
            Optional<RowDelta> delta,
            long rows,
            DataAsOf asOf,
            Duration took,
            Optional<PendingInvalidation> invalidation) {
        this(view, delta, rows, asOf, took, invalidation, Optional.empty());
    }

    /** @throws IllegalArgumentException if the rows are negative */
    public ViewRefresh {
        Objects.requireNonNull(view, "view");
        Objects.requireNonNull(delta, "delta");
        Objects.requireNonNull(asOf, "asOf");
        Objects.requireNonNull(took, "took");
        Objects.requireNonNull(invalidation, "invalidation");
        Objects.requireNonNull(incremental, "incremental");
        if (rows < 0) {
            throw new IllegalArgumentException(view + ": rows must not be negative: " + rows);
        }
    }

    /** Whether readers may see other rows than before. */
    public boolean mayHaveChanged() {
        return delta.map(d -> !d.isEmpty()).orElse(true);
    }
}
