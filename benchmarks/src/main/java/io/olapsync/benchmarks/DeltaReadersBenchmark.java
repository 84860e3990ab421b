package io.olapsync.benchmarks;

import io.olapsync.spi.SyncKind;
import io.olapsync.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.AuxCounters;
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
 * How long does one wait for 100 rows of a delta table at most, while it is refreshed after a change of one case in a
 * hundred, and beside nothing? The time of the benchmark is that of the refresh; what counts is the longest read.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 10)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@SuppressWarnings("NullAway.Init") // JMH calls the set-up
public class DeltaReadersBenchmark {

    private static final double SHARE = 0.01;
    private static final long IDLE_NANOS = 300_000_000;

    @Param("20000")
    public int stakeholders;

    private TestDatabase database;
    private DeltaStar star;

    /** What was found. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Longest {
        public double longestReadMillis;
    }

    private interface Work {
        void run() throws Exception;
    }

    @Setup
    public void setUp() throws Exception {
        database = LoadedStar.open(stakeholders);
        use(DeltaStar.open(database.jdbcUrl(), DeltaShape.JOIN_FACT));
    }

    /** Reads that star, which stays the caller's. */
    void use(DeltaStar opened) {
        star = opened;
    }

    @Setup(Level.Invocation)
    public void change() throws SQLException {
        star.change(SHARE);
        star.quiet();
    }

    @TearDown
    public void tearDown() throws SQLException {
        star.close();
        database.close();
    }

    @Benchmark
    public void besideRefresh(Longest longest) throws Exception {
        longest.longestReadMillis = besideRefresh();
    }

    @Benchmark
    public void besideNothing(Longest longest) throws Exception {
        longest.longestReadMillis = besideNothing();
    }

    double besideRefresh() throws Exception {
        return longest(() -> star.delta(SyncKind.INCREMENTAL));
    }

    double besideNothing() throws Exception {
        star.quiet();
        return longest(() -> {
            long end = System.nanoTime() + IDLE_NANOS;
            while (System.nanoTime() < end) {
                LockSupport.parkNanos(end - System.nanoTime());
            }
        });
    }

    private double longest(Work work) throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService reader = Executors.newSingleThreadExecutor();
        try {
            Callable<Double> reading = () -> read(done);
            Future<Double> longest = reader.submit(reading);
            work.run();
            done.set(true);
            return longest.get();
        } finally {
            reader.shutdownNow();
        }
    }

    private double read(AtomicBoolean done) throws Exception {
        double longest = 0;
        String sql = "SELECT * FROM " + star.shape().view().sql() + " ORDER BY "
                + star.shape().indexes().get(0) + " LIMIT 100";
        try (Connection connection = star.pool().getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            boolean first = true;
            do {
                long start = System.nanoTime();
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        rows.getObject(1);
                    }
                }
                longest = first ? 0 : Math.max(longest, (System.nanoTime() - start) / 1e6);
                first = false; // which parses and plans
            } while (!done.get());
        }
        return longest;
    }
}
