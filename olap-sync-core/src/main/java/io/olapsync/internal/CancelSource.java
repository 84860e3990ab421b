package io.olapsync.internal;

import io.olapsync.spi.CancelSignal;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The giving side of a {@link CancelSignal}. */
final class CancelSource implements CancelSignal {

    private static final Logger log = LoggerFactory.getLogger(CancelSource.class);

    private final Set<Callback> callbacks = new LinkedHashSet<>();
    private boolean cancelled;

    /** Gives the signal. The second time does nothing. */
    void cancel() {
        List<Callback> waiting;
        synchronized (this) {
            if (cancelled) {
                return;
            }
            cancelled = true;
            waiting = List.copyOf(callbacks);
            callbacks.clear();
        }
        waiting.forEach(Callback::call);
    }

    @Override
    public synchronized boolean isCancelled() {
        return cancelled;
    }

    @Override
    public Registration onCancel(Runnable callback) {
        Callback registered = new Callback(callback);
        boolean late;
        synchronized (this) {
            late = cancelled;
            if (!late) {
                callbacks.add(registered);
            }
        }
        if (late) {
            registered.call();
        }
        return registered;
    }

    private final class Callback implements Registration {

        private final Runnable action;
        private boolean closed;

        Callback(Runnable action) {
            this.action = action;
        }

        synchronized void call() {
            if (closed) {
                return;
            }
            closed = true;
            try {
                action.run();
            } catch (RuntimeException e) {
                log.warn("A callback for a cancellation failed", e);
            }
        }

        @Override
        public void close() {
            synchronized (CancelSource.this) {
                callbacks.remove(this);
            }
            synchronized (this) { // waits for a call that is under way
                closed = true;
            }
        }
    }
}
