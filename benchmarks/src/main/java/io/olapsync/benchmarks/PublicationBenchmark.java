package io.olapsync.benchmarks;

import io.olapsync.Publication;
import io.olapsync.SyncReport;
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
 * What does it cost to publish all views at once? A full run of the star with each publication, against the same statements
 * in one transaction, or stage by stage. Before each of them rows of one case in a hundred change.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 7)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@SuppressWarnings("NullAway.Init") // JMH calls the set-up
public class PublicationBenchmark {

    /** The size of the star. */
    @Param("S")
    public Scale scale;

    private StarRuns runs;

    @Setup(Level.Trial)
    public void setUp() throws Exception {
        setUp(scale.stakeholders());
    }

    void setUp(int stakeholders) throws Exception {
        runs = new StarRuns(stakeholders);
    }

    @TearDown(Level.Trial)
    public void tearDown() throws Exception {
        runs.close();
    }

    @Setup(Level.Invocation)
    public void change() {
        runs.change();
    }

    /** One snapshot, one commit. */
    @Benchmark
    public SyncReport together() {
        return runs.run(Publication.TOGETHER);
    }

    /** The statements in one REPEATABLE READ transaction. */
    @Benchmark
    public int bareTransaction() throws Exception {
        return runs.bare().together();
    }

    /** Each view on its own, beside each other. */
    @Benchmark
    public SyncReport each() {
        return runs.run(Publication.EACH);
    }

    /** The statements, each committed on its own. */
    @Benchmark
    public int bareStages() throws Exception {
        return runs.bare().run();
    }
}
