package io.olapsync.spi;

/**
 * Is told what happens in runs, as it happens.
 *
 * <p>Called by one thread at a time for each run, in order, on threads of the engine: be quick. What it throws is
 * logged, and changes nothing for the run. It must not close the engine: that waits for the run, which waits for it.
 */
@FunctionalInterface
public interface SyncListener {

    /** Something happened. */
    void on(SyncEvent event);
}
