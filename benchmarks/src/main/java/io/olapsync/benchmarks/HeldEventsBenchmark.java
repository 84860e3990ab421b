package io.olapsync.benchmarks;

import io.olapsync.OlapSync;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
 * How many events per second does the engine get done with where each has to wait for a refresh? In the midst of a backlog:
 * from when the first 50,000, which is as many as wait at once, are acknowledged, until so many more are, while others are
 * still to be read. So neither the start nor the wait for quiet after the last event counts, for nobody. Against a loop of
 * XREADGROUP and XACK on the same server, between the same two. The score is events per second.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@OperationsPerInvocation(HeldEventsBenchmark.EVENTS)
@Warmup(iterations = 3, time = 4)
@Measurement(iterations = 5, time = 4)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
public class HeldEventsBenchmark {

    /** A multiple of what waits at once: it is acknowledged together. */
    static final int EVENTS = 6 * EventStreams.MOST_WAITING;

    /** Before those that are measured, and after them. */
    private static final int ROUND = EventStreams.MOST_WAITING;

    /** The engine's default; in a backlog nobody waits for quiet. */
    private static final Duration QUIET = Duration.ofSeconds(10);

    /** The stream. */
    @State(Scope.Benchmark)
    @SuppressWarnings("NullAway.Init") // JMH calls the set-up
    public static class Backlog {

        private EventStreams streams;
        private int events;

        @Setup(Level.Trial)
        public void fill() throws Exception {
            fill(EVENTS);
        }

        void fill(int measured) throws Exception {
            events = ROUND + measured + ROUND;
            streams = new EventStreams();
            streams.fill(events);
        }

        /** So many messages are acknowledged when it is over. */
        private int measuredEnd() {
            return events - ROUND;
        }

        long pending() {
            return streams.pending();
        }

        @TearDown(Level.Trial)
        public void close() {
            streams.close();
        }
    }

    /** An engine that has acknowledged the first of them. */
    @State(Scope.Benchmark)
    @SuppressWarnings("NullAway.Init") // JMH calls the set-up
    public static class Engine {

        private EventWarehouse warehouse;
        private CountedSource source;
        private @Nullable OlapSync sync;

        @Setup(Level.Invocation)
        public void begin(Backlog backlog) throws Exception {
            backlog.streams.again();
            warehouse = new EventWarehouse();
            source = backlog.streams.source(warehouse, backlog.events);
            sync = EventStreams.engine(warehouse, source, QUIET);
            sync.start();
            source.awaitAcknowledged(ROUND);
        }

        /** Also before it has begun. */
        @TearDown(Level.Invocation)
        public void close() {
            if (sync != null) {
                sync.close();
            }
        }
    }

    /** A loop that has acknowledged the first of them. */
    @State(Scope.Benchmark)
    @SuppressWarnings("NullAway.Init") // JMH calls the set-up
    public static class Loop {

        private BareLoop loop;

        @Setup(Level.Invocation)
        public void begin(Backlog backlog) {
            backlog.streams.again();
            loop = backlog.streams.loop();
            loop.until(ROUND);
        }
    }

    /** None is covered before a refresh, which takes no time. */
    @Benchmark
    public int refreshed(Backlog backlog, Engine engine) throws Exception {
        engine.source.awaitAcknowledged(backlog.measuredEnd());
        return engine.warehouse.refreshes();
    }

    /** The loop. */
    @Benchmark
    public int bareLoop(Backlog backlog, Loop loop) {
        return loop.loop.until(backlog.measuredEnd());
    }
}
