package io.olapsync.internal.alert;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A task that is never under way twice; what is asked for meanwhile is done once more afterwards. */
final class OneAtATime {

    private static final Logger log = LoggerFactory.getLogger(OneAtATime.class);

    private final Runnable task;
    private final Executor executor;
    private final AtomicInteger requests = new AtomicInteger();

    OneAtATime(Runnable task, Executor executor) {
        this.task = task;
        this.executor = executor;
    }

    /** Returns at once, unless the executor runs it on this thread. */
    void request() {
        if (requests.getAndIncrement() != 0) {
            return;
        }
        try {
            executor.execute(this::run);
        } catch (RuntimeException | Error refused) { // shut down, or no thread can be created
            requests.set(0);
            log.debug("Not now: the executor refuses", refused);
        }
    }

    private void run() {
        int done;
        do {
            done = requests.get();
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                log.error("Alerting failed unexpectedly; please report this", e);
            }
        } while (requests.addAndGet(-done) != 0);
    }
}
