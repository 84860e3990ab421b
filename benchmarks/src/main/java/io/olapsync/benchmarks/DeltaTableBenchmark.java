package io.olapsync.benchmarks;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.testkit.TestDatabase;
import java.sql.SQLException;
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
 * What does a refresh cost when only some rows have changed? A delta table against materialized views of the same
 * definition, refreshed plainly and concurrently. Before each of them rows of so many cases change; a refresh that has
 * nothing to do is the share 0. The profiles compare all three after one and the same change.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 5)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@SuppressWarnings("NullAway.Init") // JMH calls the set-up
public class DeltaTableBenchmark {

    /** What the view shows. */
    @Param
    public DeltaShape shape;

    /** The size of the star; for 1,000,000 it takes minutes to fill it. */
    @Param("100000")
    public int stakeholders;

    /** The share of the cases that change before each refresh; the least above 0 is one of them. */
    @Param({"0", "0.000001", "0.0001", "0.001", "0.01", "0.1"})
    public double share;

    private TestDatabase database;
    private DeltaStar star;

    @Setup
    public void setUp() throws Exception {
        database = LoadedStar.open(stakeholders);
        star = DeltaStar.open(database.jdbcUrl(), shape);
    }

    @Setup(Level.Invocation)
    public void change() throws SQLException {
        star.change(share);
        star.quiet();
    }

    @TearDown
    public void tearDown() throws SQLException {
        star.close();
        database.close();
    }

    /** The delta table, with its lock. */
    @Benchmark
    public ViewRefresh delta() throws RefreshException {
        return star.delta(SyncKind.INCREMENTAL);
    }

    /** {@code REFRESH MATERIALIZED VIEW}, for which readers wait. */
    @Benchmark
    public void plain() throws SQLException {
        star.plain();
    }

    /** {@code REFRESH MATERIALIZED VIEW CONCURRENTLY}. */
    @Benchmark
    public void concurrently() throws SQLException {
        star.concurrently();
    }

    /** How many rows of the delta table are other than the definition's. */
    long differences() throws SQLException {
        return star.differences();
    }
}
