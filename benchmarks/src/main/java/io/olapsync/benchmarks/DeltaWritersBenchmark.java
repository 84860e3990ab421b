package io.olapsync.benchmarks;

import io.olapsync.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
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
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** What does the capture of changes cost those who write? Four clients that write single rows, with it, without it, and with triggers of one's own. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Threads(4)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@SuppressWarnings("NullAway.Init") // JMH calls the set-up
public class DeltaWritersBenchmark {

    /** Whose triggers are enabled. */
    @Param({"BY_LIBRARY", "NOT", "BY_HAND"})
    public Captured captured;

    @Param("20000")
    public int stakeholders;

    private TestDatabase database;
    private DeltaStar star;

    @Setup
    public void setUp() throws Exception {
        database = LoadedStar.open(stakeholders);
        star = DeltaStar.open(database.jdbcUrl(), DeltaShape.AGGREGATE);
        star.capture(captured);
    }

    @TearDown
    public void tearDown() throws SQLException {
        star.close();
        database.close();
    }

    /** One of the clients. */
    @State(Scope.Thread)
    @SuppressWarnings("NullAway.Init") // JMH calls the set-up
    public static class Client {
        private Connection connection;
        private PreparedStatement update;
        private SplittableRandom random;

        @Setup
        public void connect(DeltaWritersBenchmark benchmark) throws SQLException {
            connection = benchmark.star.pool().getConnection();
            update = connection.prepareStatement(
                    "UPDATE public.cash_flow_entries SET amount = amount + 1 WHERE entry_id = ?");
            random = new SplittableRandom(System.nanoTime());
        }

        @TearDown
        public void close() throws SQLException {
            connection.close();
        }
    }

    @Benchmark
    public int update(Client client) throws SQLException {
        client.update.setLong(1, client.random.nextLong(1, stakeholders));
        return client.update.executeUpdate();
    }
}
