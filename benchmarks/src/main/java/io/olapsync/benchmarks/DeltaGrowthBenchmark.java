package io.olapsync.benchmarks;

import io.olapsync.spi.SyncKind;
import io.olapsync.testkit.TestDatabase;
import java.sql.SQLException;
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
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How much larger is a delta table after many refreshes, each after a change of one case in a hundred? What counts is the
 * growth; the time of the benchmark is that of all changes and refreshes together.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 0)
@Measurement(iterations = 1)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@SuppressWarnings("NullAway.Init") // JMH calls the set-up
public class DeltaGrowthBenchmark {

    private static final double SHARE = 0.01;

    @Param({"JOIN_FACT", "AGGREGATE"})
    public DeltaShape shape;

    @Param("20000")
    public int stakeholders;

    /** How many. */
    @Param("50")
    public int refreshes;

    private TestDatabase database;
    private DeltaStar star;

    /** What was found, of what it was before. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Growth {
        public double rows;
        public double indexes;
    }

    /** Bytes of the rows and of the indexes, each before and after. */
    record Bytes(long rowsBefore, long rowsAfter, long indexesBefore, long indexesAfter) {}

    @Setup
    public void setUp() throws Exception {
        database = LoadedStar.open(stakeholders);
        star = DeltaStar.open(database.jdbcUrl(), shape);
    }

    /** Refreshes that star, which stays the caller's, so many times. */
    void use(DeltaStar opened, int times) {
        star = opened;
        refreshes = times;
    }

    @TearDown
    public void tearDown() throws SQLException {
        star.close();
        database.close();
    }

    @Benchmark
    public void growth(Growth growth) throws Exception {
        Bytes bytes = growth();
        growth.rows = (double) bytes.rowsAfter() / bytes.rowsBefore();
        growth.indexes = (double) bytes.indexesAfter() / bytes.indexesBefore();
    }

    Bytes growth() throws Exception {
        star.execute("VACUUM FULL " + star.shape().view().sql());
        long[] before = star.bytes();
        for (int i = 0; i < refreshes; i++) {
            star.change(SHARE);
            star.delta(SyncKind.INCREMENTAL);
            star.quiet();
        }
        long[] after = star.bytes();
        return new Bytes(before[0], after[0], before[1], after[1]);
    }
}
