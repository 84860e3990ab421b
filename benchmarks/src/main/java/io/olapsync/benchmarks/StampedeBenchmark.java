package io.olapsync.benchmarks;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.olapsync.redis.RedisCacheInvalidator;
import io.olapsync.redis.RedisClients;
import io.olapsync.redis.RedisEndpoint;
import io.olapsync.redis.RedisViewCache;
import io.olapsync.spi.CacheUnavailableException;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How often is a result loaded that 200 readers ask for at once, right after its view was refreshed? They come by four caches,
 * as those of four processes; each of these has a connection of its own and knows nothing of the others. A load takes 50 ms.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3)
@Measurement(iterations = 10)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@SuppressWarnings("NullAway.Init") // JMH calls the set-up
public class StampedeBenchmark {

    static final int READERS = 200;

    private static final int CACHES = 4;
    private static final long LOAD_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final Set<ViewName> VIEWS = Set.of(ViewName.parse("mv_business_fact"));

    private final AtomicInteger loads = new AtomicInteger();
    private final List<RedisViewCache> caches = new ArrayList<>();
    private RedisClient client;
    private RedisCacheInvalidator invalidator;
    private ExecutorService readers;

    @Setup(Level.Trial)
    public void setUp() {
        client = RedisClient.create(RedisURI.create(TestServers.redis().uri()));
        client.setOptions(RedisClients.recommendedOptions());
        String prefix = TestServers.redis().newPrefix();
        for (int i = 0; i < CACHES; i++) {
            caches.add(RedisViewCache.builder(RedisEndpoint.of(client))
                    .keyPrefix(prefix)
                    .build());
        }
        invalidator = RedisCacheInvalidator.builder(RedisEndpoint.of(client))
                .keyPrefix(prefix)
                .build();
        readers = Executors.newFixedThreadPool(READERS);
    }

    @Setup(Level.Invocation)
    public void refreshed() throws CacheUnavailableException {
        invalidator.invalidate(VIEWS);
    }

    @TearDown(Level.Trial)
    public void tearDown() {
        readers.shutdownNow();
        caches.forEach(RedisViewCache::close);
        invalidator.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }

    /** Until the last of them has been served; returns how many loads there were. */
    @Benchmark
    public int stampede() throws Exception {
        int before = loads.get();
        CountDownLatch go = new CountDownLatch(1);
        List<Future<Integer>> served = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
            RedisViewCache cache = caches.get(i % CACHES);
            served.add(readers.submit(() -> {
                go.await();
                return cache.get(VIEWS, "report", Integer.class, this::load);
            }));
        }
        go.countDown();
        for (Future<Integer> each : served) {
            each.get();
        }
        return loads.get() - before;
    }

    /** What one of them waits for at least. */
    @Benchmark
    public int load() {
        long end = System.nanoTime() + LOAD_NANOS;
        for (long left = LOAD_NANOS; left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
        return loads.incrementAndGet();
    }
}
