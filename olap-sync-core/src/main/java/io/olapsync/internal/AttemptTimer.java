package io.olapsync.internal;

import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.RefreshException;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * Gives one attempt its own cancel signal: given when the run is cancelled, and, for adapters that do not keep the timeout
 * they were told, a little after it has passed.
 */
final class AttemptTimer {

    private static final Duration GRACE = Duration.ofSeconds(5);

    /** The work of an attempt. */
    @FunctionalInterface
    interface Body<T> {
        T run(CancelSignal signal) throws RefreshException;
    }

    private AttemptTimer() {}

    /** @param what names the work in a message */
    static <T> T run(
            ScheduledExecutorService scheduler,
            CancelSource runCancel,
            Duration timeout,
            Supplier<String> what,
            Body<T> body)
            throws RefreshException {
        CancelSource attempt = new CancelSource();
        AtomicBoolean late = new AtomicBoolean();
        Future<?> timer = schedule(scheduler, timeout, () -> {
            late.set(true);
            attempt.cancel();
        });
        try (CancelSignal.Registration link = runCancel.onCancel(attempt::cancel)) {
            return body.run(attempt);
        } catch (RefreshException e) {
            if (late.get() && e.kind() == RefreshException.Kind.CANCELLED && !runCancel.isCancelled()) {
                throw new RefreshException(
                        RefreshException.Kind.TIMED_OUT,
                        what.get() + " did not end within its deadline of " + timeout + " and was cancelled",
                        e);
            }
            throw e;
        } finally {
            timer.cancel(false);
        }
    }

    private static Future<?> schedule(ScheduledExecutorService scheduler, Duration timeout, Runnable action)
            throws RefreshException {
        try {
            return scheduler.schedule(action, timeout.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            throw new RefreshException(
                    RefreshException.Kind.CANCELLED, "the scheduler takes no tasks any more: it was shut down", e);
        }
    }
}
