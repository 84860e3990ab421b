package io.olapsync.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.olapsync.jdbc.PostgresLockProvider;
import io.olapsync.spi.LockProvider;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import io.olapsync.testkit.fakes.InMemoryLocks;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
 * What does a lock cost? Taking it and giving it back: PostgreSQL's advisory lock on a pooled connection, with the settings of
 * the transaction that the refresh goes on with, against the bare statements; and a lock within the process.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@SuppressWarnings("NullAway.Init") // JMH calls the set-up
public class LockBenchmark {

    /** How many views at once. */
    @Param({"1", "6"})
    public int views;

    /** Whether somebody else holds them, so that the answer is no. */
    @Param({"false", "true"})
    public boolean taken;

    private TestDatabase database;
    private HikariDataSource pool;
    private Set<ViewName> names;
    private LockProvider postgres;
    private LockProvider inMemory;
    private RefreshLock elsewhere;
    private RefreshLock inProcess;
    private Connection holder;
    private String bareLock;
    private String bareUnlock;

    @Setup(Level.Trial)
    public void setUp() throws Exception {
        database = TestServers.postgres().newDatabase();
        HikariConfig config = new HikariConfig();
        config.setDataSource(database.dataSource());
        config.setMaximumPoolSize(4);
        pool = new HikariDataSource(config);
        names = IntStream.range(0, views)
                .mapToObj(i -> ViewName.of("public", "view_" + i))
                .collect(Collectors.toSet());
        postgres = new PostgresLockProvider(pool);
        inMemory = new InMemoryLocks();
        String keys = IntStream.range(0, views).mapToObj(String::valueOf).collect(Collectors.joining(","));
        bareLock = "SELECT pg_catalog.pg_try_advisory_lock(k) FROM unnest('{" + keys + "}'::bigint[]) k";
        bareUnlock = "SELECT pg_catalog.pg_advisory_unlock(k) FROM unnest('{" + keys + "}'::bigint[]) k";
        holder = database.connect();
        if (taken) {
            elsewhere = postgres.tryAcquire(names).orElseThrow();
            inProcess = inMemory.tryAcquire(names).orElseThrow();
            answers(holder, bareLock);
        }
    }

    @TearDown(Level.Trial)
    public void tearDown() throws Exception {
        if (taken) {
            elsewhere.close();
            inProcess.close();
        }
        holder.close();
        pool.close();
        database.close();
    }

    /** The library's, across processes. */
    @Benchmark
    public boolean postgres() throws Exception {
        return takeAndGive(postgres);
    }

    /** The statements on a pooled connection, in autocommit. */
    @Benchmark
    public boolean bareStatements() throws SQLException {
        try (Connection connection = pool.getConnection()) {
            boolean held = answers(connection, bareLock);
            return !held || answers(connection, bareUnlock);
        }
    }

    /** Within the process, as the fakes of the testkit have it: what is left where no server is asked. */
    @Benchmark
    public boolean inMemory() throws Exception {
        return takeAndGive(inMemory);
    }

    private boolean takeAndGive(LockProvider locks) throws Exception {
        Optional<RefreshLock> lock = locks.tryAcquire(names);
        if (lock.isPresent() == taken) {
            throw new IllegalStateException("held by somebody else: " + taken + ", acquired: " + lock.isPresent());
        }
        lock.ifPresent(RefreshLock::close);
        return lock.isPresent();
    }

    private static boolean answers(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            boolean all = true;
            while (row.next()) {
                all &= row.getBoolean(1);
            }
            return all;
        }
    }
}
