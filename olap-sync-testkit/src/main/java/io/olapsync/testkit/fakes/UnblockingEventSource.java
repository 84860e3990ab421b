package io.olapsync.testkit.fakes;

import io.olapsync.spi.EventSource;
import io.olapsync.spi.EventsUnavailableException;
import java.time.Duration;
import java.util.Collection;

/**
 * Another source that is never waited for: on a manual clock nothing comes while the thread waits.
 *
 * @param source what is polled, without waiting
 */
public record UnblockingEventSource(EventSource source) implements EventSource {

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
