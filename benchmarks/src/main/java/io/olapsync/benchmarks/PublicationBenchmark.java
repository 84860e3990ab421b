package io.olapsync.benchmarks;

import io.olapsync.Publication;
import io.olapsync.SyncReport;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost to publish all views at once? A full run of the star with each publication, against the same statements
 * in one transaction, or stage by stage. Before each of them rows of one case in a hundred change.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 7)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
public class PublicationBenchmark extends StarBenchmark {

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
