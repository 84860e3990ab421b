package io.olapsync.metrics;

import io.olapsync.spi.EventSource;
import io.olapsync.spi.EventsUnavailableException;
import io.olapsync.testkit.fakes.InMemoryEventSource;
import java.time.Duration;
import java.util.Collection;

/** Never waits for a message: on a manual clock nothing comes while the thread waits. */
record Unblocking(InMemoryEventSource source) implements EventSource {

    @Override
    public String name() {
        return source.name();
    }

    @Override
    public Batch poll(int most, Duration wait) throws EventsUnavailableException {
        return source.poll(most, Duration.ZERO);
    }

    @Override
    public void gapRecorded() throws EventsUnavailableException {
        source.gapRecorded();
    }

    @Override
    public void acknowledge(Collection<String> ids) throws EventsUnavailableException {
        source.acknowledge(ids);
    }

    @Override
    public void keep(Collection<String> ids) throws EventsUnavailableException {
        source.keep(ids);
    }

    @Override
    public Duration patience() {
        return source.patience();
    }

    @Override
    public void close() {
        source.close();
    }
}
