package io.olapsync.internal;

import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits until readers of a view see a commit, whoever refreshes it: it shows it, and its cache has been told. Holds no
 * thread while it waits.
 */
final class Arrivals {

    private static final Logger log = LoggerFactory.getLogger(Arrivals.class);
    private static final long LOOK_EVERY_MILLIS = 200;

    private final EngineParts parts;
    private final ChangeLoop loop;
    private final Map<Object, CompletableFuture<Boolean>> waiting = new ConcurrentHashMap<>();
    private volatile boolean stopped;

    Arrivals(EngineParts parts, ChangeLoop loop) {
        this.parts = parts;
        this.loop = loop;
    }

    CompletableFuture<Boolean> covered(ViewName view, long transaction, Duration timeout) {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        Object ticket = new Object();
        waiting.put(ticket, answer);
        CompletableFuture<?> unused = answer.whenComplete((covered, failure) -> waiting.remove(ticket));
        if (stopped) {
            answer.complete(false);
            return answer;
        }
        long deadline = parts.clock().nanoTime() + timeout.toNanos();
        look(view, new Mark.Transaction(transaction), deadline, answer);
        return answer;
    }

    /** Nobody looks any more: whoever waits has seen nothing. */
    void stop() {
        stopped = true;
        waiting.values().forEach(answer -> answer.complete(false));
    }

    private void look(ViewName view, Mark mark, long deadline, CompletableFuture<Boolean> answer) {
        parts.dispatcher()
                .submitBeside(
                        () -> {
                            boolean covered = isCovered(view, mark);
                            if (covered || parts.clock().nanoTime() >= deadline) {
                                answer.complete(covered);
                            } else if (!answer.isDone()) {
                                later(view, mark, deadline, answer);
                            }
                        },
                        answer::completeExceptionally);
    }

    private void later(ViewName view, Mark mark, long deadline, CompletableFuture<Boolean> answer) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - parts.clock().nanoTime()) + 1;
        try {
            parts.scheduler()
                    .schedule(
                            () -> look(view, mark, deadline, answer),
                            Math.min(LOOK_EVERY_MILLIS, left),
                            TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closing) {
            answer.complete(false);
        }
    }

    private boolean isCovered(ViewName view, Mark mark) {
        try {
            Coverage coverage =
                    new Coverage(parts.plan(), parts.adapters().states().read(loop.beneath(Set.of(view))));
            Invalidations caches = parts.invalidations();
            return coverage.covers(view, mark)
                    && (!caches.enabled() || caches.pending(Set.of(view)).isEmpty());
        } catch (Throwable e) { // whatever an adapter throws, the one who waits must not wait for ever
            log.debug("The state of {} could not be read", view, e);
            return false;
        }
    }
}
