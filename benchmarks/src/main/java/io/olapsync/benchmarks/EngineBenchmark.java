package io.olapsync.benchmarks;

import io.olapsync.OlapSync;
import io.olapsync.PlannedView;
import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.ViewName;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
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
 * What does the engine itself cost? One full run of views whose refresh takes no time, against a hand-written graph of
 * futures that calls the same refreshes in the same order on as many threads.
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
    }

    @TearDown(Level.Trial)
    public void tearDown() {
        sync.close();
        pool.shutdownNow();
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
}
