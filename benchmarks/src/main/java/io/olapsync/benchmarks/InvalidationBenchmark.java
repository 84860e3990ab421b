package io.olapsync.benchmarks;

import io.olapsync.redis.RedisCacheInvalidator;
import io.olapsync.spi.CacheUnavailableException;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it take to make the cached results of a view unreachable? A tenth of the keys are its own. By a version, by a
 * pattern, and by the fastest loop of SCAN and UNLINK that we know how to write.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 10)
@Measurement(iterations = 15)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@SuppressWarnings("NullAway.Init") // JMH calls the set-up
public class InvalidationBenchmark {

    /** How many keys one SCAN of the loop looks at: as many as the library's, which is a millisecond of the server's time. */
    private static final int LOOK = 1_000;

    /** How many keys are in the database. */
    @Param({"10000", "1000000"})
    public int keys;

    private CachedKeys cached;
    private RedisCacheInvalidator byVersion;
    private RedisCacheInvalidator byPattern;

    @Setup(Level.Trial)
    public void setUp() {
        cached = new CachedKeys(keys);
        byVersion = cached.byVersion();
        byPattern = cached.byPattern();
    }

    /** So that each of them has all of the view's keys to delete. */
    @Setup(Level.Invocation)
    public void fill() {
        cached.fill();
    }

    @TearDown(Level.Trial)
    public void tearDown() {
        byVersion.close();
        byPattern.close();
        cached.close();
    }

    /** The default: results stay where they are, and nobody is served them again. */
    @Benchmark
    public void version() throws CacheUnavailableException {
        byVersion.invalidate(Set.of(CachedKeys.VIEW));
    }

    /** For keys of the host's own. */
    @Benchmark
    public void pattern() throws CacheUnavailableException {
        byPattern.invalidate(Set.of(CachedKeys.VIEW));
    }

    /** By hand. */
    @Benchmark
    public long bareLoop() {
        long deleted = cached.sweep(LOOK);
        if (deleted != cached.ofView()) {
            throw new IllegalStateException(deleted + " of " + cached.ofView() + " keys were deleted");
        }
        return deleted;
    }

    /** What raising a number takes. */
    @Benchmark
    public long bareIncrement() {
        return cached.increment();
    }

    long left() {
        return cached.left();
    }
}
