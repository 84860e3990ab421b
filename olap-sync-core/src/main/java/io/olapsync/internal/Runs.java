package io.olapsync.internal;

import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.spi.ViewName;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Starts runs of the engine. */
@FunctionalInterface
interface Runs {

    /**
     * Starts a run and returns at once.
     *
     * @param viewEnded told of each view that was refreshed, or left alone on purpose, while others of the run may still be
     *     under way; must not block
     * @throws IllegalStateException if the engine has been closed
     */
    CompletableFuture<SyncReport> begin(SyncRequest request, Demand demand, Consumer<ViewName> viewEnded);
}
