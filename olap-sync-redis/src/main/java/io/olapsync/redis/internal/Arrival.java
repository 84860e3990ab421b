package io.olapsync.redis.internal;

import io.lettuce.core.RedisException;
import io.lettuce.core.XReadArgs;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Waits until a stream goes on, without taking anything from it.
 *
 * <p>On a connection of its own, which only the thread that reads sends on. A connection of the host must not be blocked:
 * there it only lets a moment pass.
 */
public final class Arrival implements AutoCloseable {

    private static final Duration PAUSE = Duration.ofMillis(50);

    private final RedisLink link;
    private final Duration timeout;
    private final Duration slice;
    private final String key;
    private final CountDownLatch closed = new CountDownLatch(1);

    /** @param slice the longest wait of one command; shorter than the command timeout of the client */
    public Arrival(RedisLink link, Duration timeout, Duration slice, String key) {
        this.link = link;
        this.timeout = timeout;
        this.slice = slice;
        this.key = key;
    }

    /** Returns when there is an entry after this id, when the source is closed, or when a slice of the time is over. */
    @SuppressWarnings("unchecked") // a generic varargs parameter of Lettuce
    void await(String id, Duration atMost) throws InterruptedException {
        Duration time = atMost.compareTo(slice) < 0 ? atMost : slice;
        if (!link.isOwn()) {
            pause(time);
            return;
        }
        try {
            Replies.await(
                    link.commands(timeout)
                            .xread(
                                    XReadArgs.Builder.count(1).block(Math.max(1, time.toMillis())),
                                    XReadArgs.StreamOffset.from(key, id)),
                    time.plus(timeout));
        } catch (RedisException e) {
            pause(time); // whether Redis is away, the next read will tell
        }
    }

    private void pause(Duration atMost) throws InterruptedException {
        closed.await(Math.min(PAUSE.toNanos(), atMost.toNanos()), TimeUnit.NANOSECONDS);
    }

    public boolean isClosed() {
        return closed.getCount() == 0;
    }

    @Override
    public void close() {
        closed.countDown();
        link.close();
    }
}
