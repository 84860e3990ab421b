package io.olapsync.testkit;

import io.olapsync.testkit.internal.ExternalRedis;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A Redis server a test may use: an embedded one, or one that runs elsewhere. Thread-safe.
 */
public interface RedisServer {

    /**
     * A server that runs already, and goes on running.
     *
     * @param uri {@code redis://}, with user, password and number of the database where it has them
     * @throws IllegalArgumentException where this is not such a URI
     */
    static RedisServer at(String uri) {
        return new ExternalRedis(uri);
    }

    /** Its URI, for instance {@code redis://127.0.0.1:16379}. */
    String uri();

    /**
     * Sends one command on a connection of its own and returns the answer: a {@code String}, a {@code Long}, a
     * {@code List} of these, or null for nil. An error answer is a {@link RedisErrorException}.
     */
    @Nullable
    Object command(String... words);

    /** A prefix no other test has, for the keys, streams and channels of a test on a shared server. */
    default String newPrefix() {
        return "t" + UUID.randomUUID().toString().replace("-", "").substring(0, 12) + ":";
    }
}
