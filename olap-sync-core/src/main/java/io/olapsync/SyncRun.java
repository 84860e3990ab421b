package io.olapsync;

import io.olapsync.spi.RunId;
import java.util.concurrent.CompletableFuture;

/** A run that was started. Thread-safe. */
public interface SyncRun {

    /** Its identity, as in the history. */
    RunId id();

    /**
     * The report, when the run has ended, however it ended. It fails with {@link SyncRejectedException} where the run was
     * refused before anything was touched, and with a {@link java.util.concurrent.CancellationException} where the
     * library was closed and work of the run did not come back. Each call gives a future of its own: completing or cancelling that has
     * no effect on the run.
     */
    CompletableFuture<SyncReport> report();

    /**
     * Asks the run to stop: what has not begun is skipped, what is under way is cancelled on the server and rolled back.
     * Returns at once; the report tells when it is over. Does nothing to a run that has ended.
     */
    void cancel();
}
