package io.olapsync.benchmarks;

import io.olapsync.OlapSync;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does a backlog cost in memory? Fills a stream, lets an engine read all of it, and looks at the used heap after a
 * collection, before it begins and each time another tenth has been delivered. The most that was found is the counter
 * {@code mostBytes}; it is to be compared with that of another number of events.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 0)
@Measurement(iterations = 1)
@Fork(value = 1, jvmArgsAppend = "-Xmx192m")
public class BacklogBenchmark {

    private static final int POINTS = 10;

    /** The engine's default: events come all the time, so as many wait as the engine takes. */
    private static final Duration QUIET = Duration.ofSeconds(10);

    private static final Duration SHORT = Duration.ofMillis(50);

    /** How many wait when the engine starts. */
    @Param({"100000", "1000000"})
    public int events;

    /** What was found. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Most {
        public long mostBytes;
    }

    /**
     * One look.
     *
     * @param acknowledged how many events were done with
     * @param usedBytes heap in use after a collection
     */
    record Look(long acknowledged, long usedBytes) {}

    @Benchmark
    public int backlog(Most most) throws Exception {
        List<Look> looks = looks(events, false);
        looks.forEach(look -> most.mostBytes = Math.max(most.mostBytes, look.usedBytes()));
        return looks.size();
    }

    /** Eleven looks: before it begins, nine on the way, and at the end. */
    List<Look> looks(int count, boolean shortDebounce) throws Exception {
        List<Look> looks = new ArrayList<>();
        try (EventStreams streams = new EventStreams()) {
            streams.fill(count);
            EventWarehouse warehouse = new EventWarehouse();
            CountedSource source = streams.source(warehouse, count);
            try (OlapSync sync = EventStreams.engine(warehouse, source, shortDebounce ? SHORT : QUIET)) {
                looks.add(look(source));
                sync.start();
                for (int point = 1; point < POINTS; point++) {
                    source.awaitDelivered((long) count * point / POINTS);
                    looks.add(look(source));
                }
                source.awaitAll();
                looks.add(look(source));
                if (streams.pending() > 0) {
                    throw new IllegalStateException(streams.pending() + " events are still pending");
                }
            }
        }
        return looks;
    }

    private static Look look(CountedSource source) {
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        memory.gc();
        return new Look(source.acknowledged(), memory.getHeapMemoryUsage().getUsed());
    }
}
