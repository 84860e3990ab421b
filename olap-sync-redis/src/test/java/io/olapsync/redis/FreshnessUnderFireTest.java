package io.olapsync.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.RedisServer;
import io.olapsync.testkit.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One view that is refreshed without pause, a server that loses keys, and readers in two processes: whatever is served is
 * at least as new as the last invalidation that had returned when the reader asked.
 */
class FreshnessUnderFireTest {

    private static final ViewName FACT = ViewName.parse("mv_business_fact");
    private static final ViewName DIM = ViewName.parse("dim_org");
    private static final int REFRESHES = 1_500;

    /** The readers go on: now that nothing is invalidated any more, what one has loaded is served to another. */
    private static void awaitHit(List<RedisViewCache> caches) {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (caches.stream().allMatch(cache -> cache.stats().hits() == 0) && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 20260228})
    void nobody_is_served_what_an_invalidation_had_made_unreachable(long seed) throws Exception {
        RedisServer redis = TestServers.redis();
        RedisClient client = RedisClient.create(redis.uri());
        String prefix = redis.newPrefix();
        ExecutorService pool = Executors.newCachedThreadPool();
        AtomicLong committed = new AtomicLong();
        AtomicLong invalidated = new AtomicLong();
        AtomicBoolean done = new AtomicBoolean();
        List<RedisViewCache> caches = List.of(cache(client, prefix), cache(client, prefix));
        try (RedisCacheInvalidator invalidator = RedisCacheInvalidator.builder(RedisEndpoint.of(client))
                .keyPrefix(prefix)
                .commandTimeout(Duration.ofSeconds(20))
                .build()) {
            List<Future<Long>> readers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                readers.add(pool.submit(reader(caches.get(i % 2), committed, invalidated, done, seed)));
            }
            Random random = new Random(seed);
            for (int i = 0; i < REFRESHES; i++) {
                long now = committed.incrementAndGet();
                invalidator.invalidate(Set.of(FACT));
                invalidated.set(now);
                if (random.nextInt(20) == 0) {
                    redis.command("DEL", prefix + "ver:" + (random.nextBoolean() ? FACT : DIM));
                }
            }
            awaitHit(caches);
            done.set(true);
            long served = 0;
            for (Future<Long> reader : readers) {
                served += reader.get();
            }
            long hits = caches.stream().mapToLong(c -> c.stats().hits()).sum();
            assertThat(hits).as("seed %d, %d answers", seed, served).isPositive();
        } finally {
            done.set(true);
            pool.shutdown();
            caches.forEach(RedisViewCache::close);
            client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        }
    }

    private static RedisViewCache cache(RedisClient client, String prefix) {
        return RedisViewCache.builder(RedisEndpoint.of(client))
                .keyPrefix(prefix)
                .commandTimeout(Duration.ofSeconds(20))
                .build();
    }

    /** Long enough between the snapshot and the answer for a refresh to come in between. */
    private static long slowly(AtomicLong committed) {
        long snapshot = committed.get();
        LockSupport.parkNanos(1_000_000);
        return snapshot;
    }

    private static Callable<Long> reader(
            RedisViewCache cache, AtomicLong committed, AtomicLong invalidated, AtomicBoolean done, long seed) {
        return () -> {
            long answers = 0;
            while (!done.get()) {
                long floor = invalidated.get();
                Long seen = cache.get(Set.of(FACT, DIM), "n", Long.class, () -> slowly(committed));
                assertThat(seen).as("seed %d", seed).isGreaterThanOrEqualTo(floor);
                answers++;
            }
            return answers;
        };
    }
}
