package io.olapsync.redis.internal;

import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Duration;
import java.util.Optional;
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

    /**
     * Another link to the same place whose connection ends when it is cut: what was sent on it is never sent again, and the
     * next use opens another. A connection of the host, and one to a cluster, stay what they are.
     */
    RedisLink withoutReconnect();

    /**
     * The connection, where it can bear a transaction: to one server, nobody else's, and never made again under the
     * commands.
     *
     * @param timeout as above
     * @throws RedisException if there should be one and is not
     */
    Optional<StatefulRedisConnection<String, String>> exclusive(Duration timeout);

    /** Gives up an {@linkplain #exclusive exclusive} connection, whatever is under way on it. Does not block. */
    void drop(StatefulRedisConnection<String, String> connection);

    /** Host and port, for messages; never a password. */
    String address();

    /** Closes the connection if this link opened it. Idempotent, never throws. */
    @Override
    void close();
}
