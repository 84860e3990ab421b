package io.olapsync.benchmarks;

import io.olapsync.OlapSync;
import io.olapsync.PlannedView;
import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.ViewName;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
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
 * What does the engine itself cost? One full run of views whose refresh takes no time, against two graphs written by hand
 * that call the same refreshes in the same order on as many threads: of futures and nothing else, and one that does some of
 * what the engine does beside that.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@SuppressWarnings("NullAway.Init") // JMH calls the set-up
public class EngineBenchmark {

    private static final int PARALLELISM = 4;

    @Param({"WIDE", "LAYERED"})
    public PlanShape shape;

    @Param({"10", "100", "10000"})
    public int views;

    private SyncPlan plan;
    private OlapSync sync;
    private ExecutorService pool;
    private ExecutorService prioritised;
    private ScheduledThreadPoolExecutor deadlines;
    private final Told told = new Told();

    /** Counts what it is told. */
    private static final class Told implements HandWrittenGraph.Listener {
        private final LongAdder events = new LongAdder();

        @Override
        public void began(ViewName view, Instant now) {
            events.increment();
        }

        @Override
        public void ended(HandWrittenGraph.Result result) {
            events.increment();
        }
    }

    @Setup(Level.Trial)
    public void setUp() {
        plan = shape.plan(views);
        Map<ViewName, Set<ViewName>> upstreams = new LinkedHashMap<>();
        plan.views().forEach(view -> upstreams.put(view.name(), view.upstreams()));
        sync = OlapSync.builder(plan)
                .install(new NoOpPlugin(upstreams))
                .maxConcurrentRefreshes(PARALLELISM)
                .build();
        pool = Executors.newFixedThreadPool(PARALLELISM);
        prioritised =
                new ThreadPoolExecutor(PARALLELISM, PARALLELISM, 0, TimeUnit.SECONDS, new PriorityBlockingQueue<>());
        deadlines = new ScheduledThreadPoolExecutor(1);
        deadlines.setRemoveOnCancelPolicy(true);
    }

    @TearDown(Level.Trial)
    public void tearDown() {
        sync.close();
        pool.shutdownNow();
        prioritised.shutdownNow();
        deadlines.shutdownNow();
    }

    /** The engine, with everything it does beside calling its adapters: report, history, deadlines, retries. */
    @Benchmark
    public SyncReport engine() {
        SyncReport report = sync.runFull();
        if (report.status() != RunStatus.COMPLETED) {
            throw new IllegalStateException(report.toString());
        }
        return report;
    }

    /** The graph of futures: order and parallelism, and nothing else. */
    @Benchmark
    public int futures() {
        Map<ViewName, CompletableFuture<?>> futures = new HashMap<>();
        for (PlannedView view : plan.views()) {
            CompletableFuture<?>[] upstreams =
                    view.upstreams().stream().map(futures::get).toArray(CompletableFuture[]::new);
            futures.put(
                    view.name(),
                    CompletableFuture.allOf(upstreams)
                            .thenApplyAsync(ready -> NoOpPlugin.refreshed(view.name()), pool));
        }
        CompletableFuture.allOf(futures.values().toArray(CompletableFuture[]::new))
                .join();
        return futures.size();
    }

    /** The graph that somebody writes by hand who needs a part of what the engine does. */
    @Benchmark
    public int handWritten() {
        Collection<HandWrittenGraph.Result> results =
                new HandWrittenGraph(plan.views(), prioritised, deadlines, told).run();
        if (results.stream().anyMatch(result -> result.refreshed() == null)) {
            throw new IllegalStateException(results.toString());
        }
        return results.size();
    }
}
