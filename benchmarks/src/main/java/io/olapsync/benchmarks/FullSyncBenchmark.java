package io.olapsync.benchmarks;

import io.olapsync.Publication;
import io.olapsync.SyncReport;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long does a full sync of the star take? The whole run of the library, against its six statements stage by stage, and
 * one after the other. Before each of them rows of one case in a hundred change.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 7)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
public class FullSyncBenchmark extends StarBenchmark {

    /** The library, each view committed on its own as soon as those that it reads are. */
    @Benchmark
    public SyncReport olapSync() {
        return runs.run(Publication.EACH);
    }

    /** The statements as a scheduler of stages starts them: the facts once the last dimension is there. */
    @Benchmark
    public int stageByStage() throws Exception {
        return runs.bare().run();
    }

    /** The statements on one connection; each alone on the machine, so that its time is its work. */
    @Benchmark
    public Map<String, Double> oneAfterTheOther() throws Exception {
        return runs.bare().oneAfterTheOther();
    }
}
