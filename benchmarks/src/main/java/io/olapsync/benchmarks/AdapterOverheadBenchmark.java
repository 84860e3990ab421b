package io.olapsync.benchmarks;

import io.olapsync.OlapSync;
import io.olapsync.SyncReport;
import io.olapsync.spi.RunStatus;
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
 * What do engine and adapters add to the SQL? One full run of small views on a durable PostgreSQL and a Redis, against
 * the bare statements on as many plain connections. Before each of either one source row changes, so that each view has
 * something to publish and its cache to be invalidated.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 2)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@SuppressWarnings("NullAway.Init") // JMH calls the set-up
public class AdapterOverheadBenchmark {

    private static final int PARALLELISM = 4;

    /** How many views; of each six, two read the other four. */
    @Param({"6", "60"})
    public int views;

    private SmallStars stars;
    private OlapSync sync;
    private BareRefresh bare;

    @Setup(Level.Trial)
    public void setUp() throws Exception {
        stars = SmallStars.create(views / SmallStars.VIEWS);
        sync = OlapSync.builder(stars.plan())
                .install(stars.postgres())
                .install(stars.redis())
                .maxConcurrentRefreshes(PARALLELISM)
                .build();
        bare = new BareRefresh(stars.unpooled(), stars.twins(), PARALLELISM);
    }

    @TearDown(Level.Trial)
    public void tearDown() throws Exception {
        bare.close();
        sync.close();
        stars.close();
    }

    @Setup(Level.Invocation)
    public void changeSource() throws Exception {
        stars.changeOneRow();
    }

    /** The library: checks, locks, refreshes, states, history, invalidation, report. */
    @Benchmark
    public SyncReport olapSync() {
        SyncReport report = sync.runFull();
        if (report.status() != RunStatus.COMPLETED
                || !report.pendingInvalidations().isEmpty()) {
            throw new IllegalStateException(report.toString());
        }
        return report;
    }

    /** The statements alone, first those that the others read. */
    @Benchmark
    public int bareStatements() throws Exception {
        return bare.run();
    }
}
