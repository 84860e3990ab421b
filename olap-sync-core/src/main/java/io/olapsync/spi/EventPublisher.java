package io.olapsync.spi;

import java.util.List;

/** Sends change events to where an {@link EventSource} finds them. Thread-safe. */
public interface EventPublisher extends AutoCloseable {

    /**
     * Sends the messages in this order and returns once all of them are safe. Where it fails, any of them may have been
     * sent; the caller sends all of them again.
     *
     * @throws EventsUnavailableException if the receiver cannot be reached
     */
    void publish(List<ChangeEvent> events) throws EventsUnavailableException;

    /** Lets go of the connections. A second call does nothing. */
    @Override
    void close();
}
