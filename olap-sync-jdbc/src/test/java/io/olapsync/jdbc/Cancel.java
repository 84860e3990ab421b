package io.olapsync.jdbc;

import io.olapsync.spi.CancelSignal;
import java.util.ArrayList;
import java.util.List;

/** A signal that a test gives. */
final class Cancel implements CancelSignal {

    private final List<Runnable> callbacks = new ArrayList<>();
    private boolean given;

    synchronized void give() {
        given = true;
        List.copyOf(callbacks).forEach(Runnable::run);
    }

    @Override
    public synchronized boolean isCancelled() {
        return given;
    }

    @Override
    public synchronized Registration onCancel(Runnable callback) {
        if (given) {
            callback.run();
        }
        callbacks.add(callback);
        return () -> {
            synchronized (this) {
                callbacks.remove(callback);
            }
        };
    }
}
