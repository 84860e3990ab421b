package io.olapsync.testkit.fakes;

import io.olapsync.spi.EventSource;
import io.olapsync.spi.EventsUnavailableException;
import java.time.Duration;
import java.util.Collection;
import java.util.Set;

/** A consumer of an {@link InMemoryQueue}. */
public final class InMemoryEventSource implements EventSource {

    private final InMemoryQueue queue;
    private volatile boolean closed;
    private volatile long gapsToldOf;

    InMemoryEventSource(InMemoryQueue queue) {
        this.queue = queue;
    }

    @Override
    public String name() {
        return "in-memory queue";
    }

    @Override
    public Batch poll(int most, Duration wait) throws EventsUnavailableException {
        if (most < 1 || wait.isNegative()) {
            throw new IllegalArgumentException("at least 1 message and no negative wait, not " + most + ", " + wait);
        }
        requireOpen();
        return queue.poll(this, most, wait, () -> closed);
    }

    @Override
    public void gapRecorded() throws EventsUnavailableException {
        requireOpen();
        queue.gapRecorded(gapsToldOf);
    }

    @Override
    public void acknowledge(Collection<String> ids) throws EventsUnavailableException {
        requireOpen();
        queue.acknowledge(Set.copyOf(ids));
    }

    @Override
    public void keep(Collection<String> ids) throws EventsUnavailableException {
        requireOpen();
        queue.keep(this, Set.copyOf(ids));
    }

    @Override
    public Duration patience() {
        return queue.patience();
    }

    /** Whether it was closed. */
    public boolean isClosed() {
        return closed;
    }

    @Override
    public void close() {
        closed = true;
        queue.wake();
    }

    void toldOf(long gaps) {
        gapsToldOf = gaps;
    }

    private void requireOpen() throws EventsUnavailableException {
        if (closed) {
            throw new EventsUnavailableException("the source has been closed", null);
        }
    }
}
