package io.olapsync.benchmarks;

import io.olapsync.OlapSync;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How many events per second does the engine take from a Redis Stream? From its start until the last is acknowledged,
 * against a loop of XREADGROUP and XACK on the same server, in batches of the same size. The score is events per second.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@OperationsPerInvocation(EventThroughputBenchmark.EVENTS)
@Warmup(iterations = 3, time = 4)
@Measurement(iterations = 5, time = 4)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@SuppressWarnings("NullAway.Init") // JMH calls the set-up
public class EventThroughputBenchmark {

    static final int EVENTS = 100_000;

    /** Short beside the rest of a measurement, and longer than the pauses of a collection. */
    static final Duration QUIET = Duration.ofMillis(50);

    private EventStreams streams;
    private int events;
    private EventWarehouse warehouse;
    private CountedSource source;
    private OlapSync sync;

    @Setup(Level.Trial)
    public void setUp() throws Exception {
        setUp(EVENTS);
    }

    void setUp(int count) throws Exception {
        events = count;
        streams = new EventStreams();
        streams.fill(count);
    }

    /** The same events, unread, and an engine that has not begun to read. */
    @Setup(Level.Invocation)
    public void begin() {
        streams.again();
        warehouse = new EventWarehouse();
        source = streams.source(warehouse, events);
        sync = EventStreams.engine(warehouse, source, QUIET);
    }

    @TearDown(Level.Invocation)
    public void closeEngine() {
        sync.close();
    }

    @TearDown(Level.Trial)
    public void tearDown() {
        streams.close();
    }

    /** Every event is covered already: source, router and queue, and nothing to wait for. */
    @Benchmark
    public int covered() throws Exception {
        warehouse.shows(EventStreams.views(), EventWarehouse.ALL);
        return readAll();
    }

    /**
     * None is covered before a refresh, which takes no time. With all that happens once in a burst: the wait for quiet after the last
     * event, the run, and the acknowledgement of all that waited for it.
     */
    @Benchmark
    public int burst() throws Exception {
        return readAll();
    }

    private int readAll() throws InterruptedException {
        sync.start();
        source.awaitAll();
        return warehouse.refreshes();
    }

    /** The loop. */
    @Benchmark
    public int bareLoop() {
        return streams.loop().untilTheEnd();
    }

    /** How long after the last read that brought anything the last was acknowledged. */
    Duration sinceLastRead() {
        return source.sinceLastRead();
    }

    long pending() {
        return streams.pending();
    }
}
