package io.olapsync.internal;

import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.SyncListener;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the listeners; none of them can hurt the run or another listener. */
final class Events {

    private static final Logger log = LoggerFactory.getLogger(Events.class);

    private final List<SyncListener> listeners;

    Events(List<SyncListener> listeners) {
        this.listeners = listeners;
    }

    void publish(SyncEvent event) {
        for (SyncListener listener : listeners) {
            try {
                listener.on(event);
            } catch (Throwable e) { // an assertion of a test, or a checked exception of Kotlin, too
                log.warn("Listener {} failed on {}", listener.getClass().getName(), event, e);
            }
        }
    }
}
