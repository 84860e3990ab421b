package io.olapsync.internal;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks again and again, on workers and never twice at once; each look says when the next one is wanted. */
final class Recurring {

    private static final Logger log = LoggerFactory.getLogger(Recurring.class);
    private static final Duration AFTER_AN_ERROR = Duration.ofSeconds(30);
    private static final Duration SHORTEST = Duration.ofMillis(20);

    /** One look. Blocks for as long as servers take. */
    @FunctionalInterface
    interface Look {
        /** Returns how long until the next look. */
        Duration now();
    }

    private final EngineParts parts;
    private final String what;
    private final Look look;
    private volatile @Nullable Long lookedNanos;
    private volatile boolean stopped;

    Recurring(EngineParts parts, String what, Look look) {
        this.parts = parts;
        this.what = what;
        this.look = look;
    }

    void start() {
        lookedNanos = parts.clock().nanoTime();
        handOver();
    }

    void stop() {
        stopped = true;
    }

    /** Whether nothing is to be begun any more. */
    boolean isStopped() {
        return stopped;
    }

    /** How long ago the last look ended, or was asked for the first time; empty where none ever was. */
    Optional<Duration> silence() {
        Long last = lookedNanos;
        return last == null
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(parts.clock().nanoTime() - last));
    }

    private void handOver() {
        if (!stopped) {
            parts.dispatcher().submitBeside(this::once, refused -> again(AFTER_AN_ERROR));
        }
    }

    private void once() {
        Duration pause = AFTER_AN_ERROR;
        try {
            if (!stopped) {
                pause = look.now();
                lookedNanos = parts.clock().nanoTime();
            }
        } catch (RuntimeException e) {
            log.error("{} failed unexpectedly, and goes on; please report this", what, e);
        } finally {
            again(pause);
        }
    }

    private void again(Duration pause) {
        if (stopped) {
            return;
        }
        try {
            long millis = Math.max(pause.toMillis(), SHORTEST.toMillis());
            parts.scheduler().schedule(this::handOver, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("{} has ended: the scheduler was shut down", what, e);
        }
    }
}
