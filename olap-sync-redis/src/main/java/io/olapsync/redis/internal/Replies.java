package io.olapsync.redis.internal;

import io.lettuce.core.RedisCommandInterruptedException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for an answer of Redis, always with a limit, whatever the options of the host's client are. */
public final class Replies {

    private Replies() {}

    /**
     * The answer. A command that did not answer in time is cancelled, so that a client that queues while it is
     * disconnected does not send it later.
     *
     * @throws RedisException if the command failed, did not answer in time, or the wait was interrupted (the flag is
     *     set again)
     */
    public static <T> T await(Future<T> reply, Duration limit) {
        try {
            return reply.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            reply.cancel(true);
            throw new RedisCommandTimeoutException("no answer within " + limit.toMillis() + " ms");
        } catch (InterruptedException e) {
            reply.cancel(true);
            Thread.currentThread().interrupt();
            throw new RedisCommandInterruptedException(e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw cause instanceof RedisException known ? known : new RedisException(cause);
        } catch (CancellationException e) {
            throw new RedisException("the command was cancelled", e);
        }
    }

    /** What to say of a failure: its message, and that of its innermost cause. */
    public static String reason(Throwable cause) {
        Throwable root = cause;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root == cause || root.getMessage() == null
                ? String.valueOf(cause.getMessage())
                : cause.getMessage() + " (" + root.getMessage() + ")";
    }
}
