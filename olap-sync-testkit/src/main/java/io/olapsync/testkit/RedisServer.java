package io.olapsync.testkit;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A Redis server a test may use: an embedded one, or one that runs elsewhere. Thread-safe.
 */
public interface RedisServer {

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
