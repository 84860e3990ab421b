package io.olapsync.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.RedisServer;
import io.olapsync.testkit.TestServers;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** Readers' caches and their invalidator under a prefix of the test's own. */
abstract class ViewCacheFixture {

    /** A test machine may be slow; no test here is about that. */
    static final Duration PATIENT = Duration.ofSeconds(20);

    static final ViewName FACT = ViewName.parse("mv_business_fact");
    static final ViewName DIM = ViewName.parse("dim_org");
    static final Set<ViewName> BOTH = Set.of(FACT, DIM);

    static RedisServer redis;
    static RedisClient client;
    static StatefulRedisConnection<String, String> plain;

    final ExecutorService pool = Executors.newCachedThreadPool();
    String prefix;
    RedisViewCache cache;
    RedisCacheInvalidator invalidator;

    @BeforeAll
    static void connect() {
        redis = TestServers.redis();
        client = RedisClient.create(redis.uri());
        plain = client.connect();
    }

    @AfterAll
    static void disconnect() {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }

    @BeforeEach
    void start() {
        prefix = redis.newPrefix();
        cache = newCache();
        invalidator = RedisCacheInvalidator.builder(RedisEndpoint.of(plain))
                .keyPrefix(prefix)
                .build();
    }

    @AfterEach
    void stop() {
        pool.shutdownNow();
        cache.close();
    }

    RedisViewCache newCache() {
        return RedisViewCache.builder(RedisEndpoint.of(client))
                .keyPrefix(prefix)
                .commandTimeout(PATIENT)
                .lease(Duration.ofMillis(600))
                .build();
    }

    String load(RedisViewCache from, String value) {
        return from.get(Set.of(FACT), "q", String.class, () -> value);
    }
}
