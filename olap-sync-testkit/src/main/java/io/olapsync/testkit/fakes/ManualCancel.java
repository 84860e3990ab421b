package io.olapsync.testkit.fakes;

import io.olapsync.spi.CancelSignal;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A cancel signal that a test gives. */
public final class ManualCancel implements CancelSignal {

    private final Set<Callback> waiting = new LinkedHashSet<>();
    private boolean given;

    /** A signal that is not given yet. */
    public ManualCancel() {}

    /** Gives the signal, on the calling thread. The second time does nothing. */
    public void cancel() {
        List<Callback> called;
        synchronized (this) {
            given = true;
            called = List.copyOf(waiting);
            waiting.clear();
        }
        called.forEach(Callback::call);
    }

    /** How many callbacks wait for the signal. */
    public synchronized int callbacks() {
        return waiting.size();
    }

    @Override
    public synchronized boolean isCancelled() {
        return given;
    }

    @Override
    public Registration onCancel(Runnable callback) {
        Callback registered = new Callback(callback);
        synchronized (this) {
            if (!given) {
                waiting.add(registered);
                return registered;
            }
        }
        registered.call();
        return registered;
    }

    private final class Callback implements Registration {

        private final Runnable action;
        private boolean over;

        Callback(Runnable action) {
            this.action = action;
        }

        synchronized void call() {
            if (!over) {
                over = true;
                action.run();
            }
        }

        @Override
        public void close() {
            synchronized (ManualCancel.this) {
                waiting.remove(this);
            }
            synchronized (this) { // waits for a call that is under way
                over = true;
            }
        }
    }
}
