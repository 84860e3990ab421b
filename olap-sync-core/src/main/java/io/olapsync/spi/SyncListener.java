package io.olapsync.spi;

import java.time.Duration;
import java.util.List;

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

    /**
     * Readers of a view now see what these events of its have changed, through the views beneath it as well. Called by one
     * thread at a time, outside of any run: a refresh by another process counts, too. By default does nothing.
     *
     * @param events how many that were, of those that this process has read
     * @param longest how long the first of them had been here
     */
    default void covered(ViewName view, int events, Duration longest) {}

    /**
     * A thread begins to work for these steps of a run, of which there are several where they are done as one: whatever it
     * calls until the scope is closed, on the same thread, belongs to them. For contexts that are bound to threads, such as
     * traces. Called for each attempt, before the attempt has its lock and so before {@link SyncEvent.StepStarted}. By default
     * does nothing.
     */
    default Scope working(RunId run, List<String> steps) {
        return () -> {};
    }

    /** Something that is open on a thread until it is closed there. */
    @FunctionalInterface
    interface Scope extends AutoCloseable {

        @Override
        void close();
    }
}
