package io.olapsync.examples;

import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.SyncListener;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Keeps the events of runs, and waits for one. */
final class SeenEvents implements SyncListener {

    private final List<SyncEvent> events = new ArrayList<>();

    @Override
    public synchronized void on(SyncEvent event) {
        events.add(event);
        notifyAll();
    }

    /** The first event of this type that is wanted, as soon as there is one. */
    synchronized <E extends SyncEvent> E await(Class<E> type, Predicate<? super E> wanted) throws InterruptedException {
        long deadline = System.nanoTime() + Warehouse.PATIENCE.toNanos();
        while (true) {
            for (SyncEvent event : events) {
                if (type.isInstance(event) && wanted.test(type.cast(event))) {
                    return type.cast(event);
                }
            }
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new AssertionError("No such " + type.getSimpleName() + " among " + events);
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }

    SyncEvent.StepRetrying awaitRetry(String step) throws InterruptedException {
        return await(SyncEvent.StepRetrying.class, event -> event.step().equals(step));
    }
}
