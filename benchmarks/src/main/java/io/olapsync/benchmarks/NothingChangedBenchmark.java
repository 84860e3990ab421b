package io.olapsync.benchmarks;

import io.olapsync.OlapSync;
import io.olapsync.RefreshOptions;
import io.olapsync.RefreshResult;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
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
 * What does a run cost in which nothing has changed? An incremental sync of all views, against the same {@code REFRESH
 * CONCURRENTLY} statements, which find no difference.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 2)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@SuppressWarnings("NullAway.Init") // JMH calls the set-up
public class NothingChangedBenchmark {

    private static final int PARALLELISM = 4;

    /** How many views; of each six, two read the other four. */
    @Param({"6", "60"})
    public int views;

    private SmallStars stars;
    private OlapSync sync;
    private BareRefresh bare;
    private String[] names;
    private int refreshed;

    @Setup(Level.Trial)
    public void setUp() throws Exception {
        stars = SmallStars.create(views / SmallStars.VIEWS);
        sync = OlapSync.builder(stars.plan())
                .install(stars.postgres())
                .install(stars.redis())
                .maxConcurrentRefreshes(PARALLELISM)
                .minInterval(Duration.ZERO) // else a view that has just been refreshed would not be asked for at all
                .build();
        bare = new BareRefresh(stars.unpooled(), stars.stages(), PARALLELISM);
        names = stars.plan().views().stream()
                .map(view -> view.name())
                .map(ViewName::toString)
                .toArray(String[]::new);
        settle();
        refreshed = 0;
    }

    @TearDown(Level.Trial)
    public void tearDown() throws Exception {
        bare.close();
        sync.close();
        stars.close();
    }

    /** The whole run, until each view has its answer. */
    @Benchmark
    public List<RefreshResult> olapSync() {
        List<RefreshResult> results = sync.refresh(RefreshOptions.DEFAULTS, names);
        for (RefreshResult result : results) {
            if (!result.reason().equals(Optional.of(SkipReason.NOTHING_CHANGED))) {
                refreshed++;
            }
        }
        return results;
    }

    /** The statements alone, first those that the others read. */
    @Benchmark
    public int bareStatements() throws Exception {
        return bare.run();
    }

    /** Runs until nothing has changed: the bare statements are writers like any other. */
    boolean settle() {
        int before = refreshed;
        int found;
        do {
            found = refreshed;
            olapSync();
        } while (refreshed > found);
        refreshed = before;
        return true;
    }

    /** How many views were refreshed since the set-up although nothing of ours had changed, as after the server's own ANALYZE. */
    int refreshed() {
        return refreshed;
    }
}
