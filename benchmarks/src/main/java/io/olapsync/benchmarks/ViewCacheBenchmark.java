package io.olapsync.benchmarks;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.olapsync.redis.RedisClients;
import io.olapsync.redis.RedisEndpoint;
import io.olapsync.redis.RedisViewCache;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.TestServers;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/**
 * How many cached results does a process read per second? From the cache, whose answer depends on the versions of two views,
 * against a bare GET of the same text by the same client from as many threads; and against one whose text is read as JSON,
 * too, which a cache's reader does not have to do any more.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Threads(ViewCacheBenchmark.READERS)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@SuppressWarnings("NullAway.Init") // JMH calls the set-up
public class ViewCacheBenchmark {

    static final int READERS = 8;

    private static final Set<ViewName> VIEWS =
            Set.of(ViewName.parse("mv_business_fact"), ViewName.parse("dim_case_type"));
    private static final TypeReference<List<Row>> ROWS = new TypeReference<>() {};

    /** A row of a result. */
    public record Row(String caseType, long cases, BigDecimal claims) {}

    /** How many rows the result has. */
    @Param({"1", "20"})
    public int rows;

    private final String prefix = TestServers.redis().newPrefix();
    private final String bareKey = prefix + "bare";
    private RedisClient client;
    private StatefulRedisConnection<String, String> connection;
    private RedisViewCache cache;
    private ObjectReader reader;

    @Setup
    public void setUp() {
        client = RedisClient.create(RedisURI.create(TestServers.redis().uri()));
        client.setOptions(RedisClients.recommendedOptions());
        connection = client.connect();
        cache = RedisViewCache.builder(RedisEndpoint.of(client))
                .keyPrefix(prefix)
                .build();
        JsonMapper mapper = JsonMapper.shared();
        reader = mapper.readerFor(mapper.constructType(ROWS.getType()));
        List<Row> result = IntStream.range(0, rows)
                .mapToObj(i -> new Row("회생 사건 " + i, 1_042 + i, new BigDecimal("913045882.50")))
                .toList();
        connection.sync().set(bareKey, mapper.writeValueAsString(result));
        cache.get(VIEWS, "caseloads", ROWS, () -> result);
        while (cache.stats().hits() == 0) { // what was loaded is stored a moment later
            cache.get(VIEWS, "caseloads", ROWS, () -> result);
        }
    }

    @TearDown
    public void tearDown() {
        cache.close();
        connection.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }

    /** From the cache. */
    @Benchmark
    public List<Row> hit() {
        List<Row> result = cache.get(VIEWS, "caseloads", ROWS, () -> {
            throw new IllegalStateException("it is in the cache");
        });
        if (result == null) {
            throw new IllegalStateException("there is a result");
        }
        return result;
    }

    /** The text. */
    @Benchmark
    public String bareGet() {
        return connection.sync().get(bareKey);
    }

    /** The text, read as JSON. */
    @Benchmark
    public List<Row> bareGetOfRows() {
        return reader.readValue(bareGet());
    }
}
