package io.olapsync;

import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * How an incremental sync of one view went.
 *
 * @param view the view
 * @param status how it ended
 * @param reason why it was skipped; empty otherwise
 * @param asOf the moment of the sources that the view shows now; empty where it was never refreshed, or nobody knows
 * @param delta the rows written; empty where it was not refreshed, or the store did not count them
 * @param took how long the work on this view took
 * @param error why it failed; empty otherwise
 * @param deferred whether it will be refreshed later, because it was too recent and the caller asked for that
 * @param incremental how it was refreshed where it was, and is a delta table
 */
public record RefreshResult(
        ViewName view,
        Status status,
        Optional<SkipReason> reason,
        Optional<DataAsOf> asOf,
        Optional<RowDelta> delta,
        Duration took,
        Optional<RefreshException> error,
        boolean deferred,
        Optional<DeltaRefresh> incremental) {

    /** How it ended. */
    public enum Status {
        /** Refreshed and committed. */
        COMPLETED,
        /** Left as it is. */
        SKIPPED,
        /** Failed for good; the view is as it was. */
        FAILED
    }

    public RefreshResult {
        Objects.requireNonNull(view, "view");
        Objects.requireNonNull(status, "status");
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(asOf, "asOf");
        Objects.requireNonNull(delta, "delta");
        Objects.requireNonNull(took, "took");
        Objects.requireNonNull(error, "error");
        Objects.requireNonNull(incremental, "incremental");
    }
}
