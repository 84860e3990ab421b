package io.olapsync.redis.internal;

import io.lettuce.core.RedisException;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;

/** One connection to Redis, opened when it is first needed. Thread-safe. */
public interface RedisLink extends AutoCloseable {

    /**
     * The commands of the connection.
     *
     * @param timeout how long to wait for a connection that has yet to be made; zero: not at all
     * @throws RedisException if there is none
     */
    RedisClusterAsyncCommands<String, String> commands(Duration timeout);

    /** Where non-blocking work can be timed: the event executors of the connected client. */
    ScheduledExecutorService timer(Duration timeout);

    /** Runs this, which must not block, on each reconnect; on some thread of the client. */
    void onReconnect(Runnable hook);

    /** Whether nobody else uses the connection, so that a command may block it. */
    boolean isOwn();

    /** Host and port, for messages; never a password. */
    String address();

    /** Closes the connection if this link opened it. Idempotent, never throws. */
    @Override
    void close();
}
