package io.olapsync.internal;

import io.olapsync.spi.RunId;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.SyncListener;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the listeners; none of them can hurt the run or another listener. */
final class Events {

    private static final Logger log = LoggerFactory.getLogger(Events.class);

    private final List<SyncListener> listeners;

    Events(List<SyncListener> listeners) {
        this.listeners = new CopyOnWriteArrayList<>(listeners);
    }

    void add(SyncListener listener) {
        listeners.add(listener);
    }

    void publish(SyncEvent event) {
        tell(listener -> listener.on(event), event);
    }

    /** Events of this view are covered. */
    void covered(ViewName view, int events, Duration longest) {
        tell(listener -> listener.covered(view, events, longest), view);
    }

    /** This thread begins to work for these steps. */
    SyncListener.Scope working(RunId run, List<Step> steps) {
        if (listeners.isEmpty() || steps.isEmpty()) {
            return () -> {};
        }
        List<String> names = steps.stream().map(step -> step.name).toList();
        Deque<SyncListener.Scope> open = new ArrayDeque<>();
        tell(listener -> open.push(listener.working(run, names)), names);
        return () -> open.forEach(scope -> {
            try {
                scope.close();
            } catch (Throwable e) {
                log.warn("{} could not be closed", scope.getClass().getName(), e);
            }
        });
    }

    private void tell(Consumer<SyncListener> what, Object about) {
        for (SyncListener listener : listeners) {
            try {
                what.accept(listener);
            } catch (Throwable e) { // an assertion of a test, or a checked exception of Kotlin, too
                log.warn("Listener {} failed on {}", listener.getClass().getName(), about, e);
            }
        }
    }
}
