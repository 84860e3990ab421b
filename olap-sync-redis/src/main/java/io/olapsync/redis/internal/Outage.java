package io.olapsync.redis.internal;

import io.lettuce.core.RedisCommandTimeoutException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Remembers that Redis did not answer in time, so that not every reader waits as long to learn the same.
 *
 * <p>After a timeout Redis is left alone for a while; then one reader tries again, the others go past until it has an
 * answer. A refusal costs nothing and is not remembered.
 */
final class Outage {

    private final long pauseNanos;
    private final LongSupplier nanoTime;
    private final AtomicLong until = new AtomicLong();
    private volatile boolean away;

    Outage(Duration pause, LongSupplier nanoTime) {
        this.pauseNanos = pause.toNanos();
        this.nanoTime = nanoTime;
    }

    /** Whether this reader should ask Redis. */
    boolean mayAsk() {
        if (!away) {
            return true;
        }
        long now = nanoTime.getAsLong();
        long end = until.get();
        return now - end >= 0 && until.compareAndSet(end, now + pauseNanos + TimeUnit.SECONDS.toNanos(1));
    }

    void answered() {
        if (away) {
            away = false;
        }
    }

    void failed(RuntimeException why) {
        if (why instanceof RedisCommandTimeoutException) {
            until.set(nanoTime.getAsLong() + pauseNanos);
            away = true;
        }
    }
}
