package io.olapsync.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.olapsync.jdbc.PostgresLockProvider;
import io.olapsync.jdbc.PostgresRefreshExecutor;
import io.olapsync.jdbc.PostgresSchema;
import io.olapsync.jdbc.PostgresSettings;
import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.RunId;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.testkit.TcpProxy;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * What do lock, state and the counting of changed rows add to one refresh? The lock of {@code PostgresLockProvider} and
 * the refresh of {@code PostgresRefreshExecutor}, against the bare statement; both take a connection from the same pool. The
 * view has 100 rows, one of which has changed.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 2)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@SuppressWarnings("NullAway.Init") // JMH calls the set-up
public class RefreshOverheadBenchmark {

    private static final ViewName VIEW = ViewName.of("public", "mv");

    /** The same view for the bare statement: the library finds out that somebody else has refreshed a view, and counts its rows anew. */
    private static final ViewName TWIN = ViewName.of("public", "twin");

    private static final int COUNTED = 20;

    private TestDatabase database;
    private Connection writer;
    private Way direct;

    /** A pool and the adapters on it. */
    private static final class Way implements AutoCloseable {
        private final HikariDataSource pool;
        private final PostgresLockProvider locks;
        private final PostgresRefreshExecutor executor;

        Way(String jdbcUrl) {
            PGSimpleDataSource server = new PGSimpleDataSource();
            server.setURL(jdbcUrl);
            server.setAssumeMinServerVersion("9.0");
            HikariConfig config = new HikariConfig();
            config.setDataSource(server);
            config.setMaximumPoolSize(2);
            config.setMinimumIdle(1);
            pool = new HikariDataSource(config);
            PostgresSchema schema = PostgresSchema.of(pool);
            locks = new PostgresLockProvider(pool, PostgresSettings.defaults(), schema);
            executor = new PostgresRefreshExecutor(pool, PostgresSettings.defaults(), schema);
        }

        ViewRefresh refresh() throws Exception {
            try (RefreshLock lock = locks.tryAcquire(Set.of(VIEW)).orElseThrow()) {
                RefreshRequest request = new RefreshRequest(
                        RunId.random(),
                        SyncKind.FULL,
                        List.of(VIEW),
                        Duration.ofMinutes(1),
                        Map.of(),
                        true,
                        CancelSignal.never());
                return executor.refresh(request, lock).get(0);
            }
        }

        boolean bare() throws SQLException {
            try (Connection connection = pool.getConnection();
                    Statement statement = connection.createStatement()) {
                return statement.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY " + TWIN.sql());
            }
        }

        @Override
        public void close() {
            executor.close();
            pool.close();
        }
    }

    @Setup(Level.Trial)
    public void setUp() throws Exception {
        database = TestServers.postgres().newDatabase();
        database.execute(
                "CREATE TABLE source (id int PRIMARY KEY, amount bigint NOT NULL)",
                "INSERT INTO source SELECT id, id FROM generate_series(1, 100) id",
                "CREATE MATERIALIZED VIEW mv AS SELECT id, sum(amount) AS amount FROM source GROUP BY id",
                "CREATE UNIQUE INDEX ON mv (id)",
                "CREATE MATERIALIZED VIEW twin AS SELECT id, sum(amount) AS amount FROM source GROUP BY id",
                "CREATE UNIQUE INDEX ON twin (id)",
                "ANALYZE");
        writer = database.connect();
        direct = new Way(database.jdbcUrl());
    }

    @TearDown(Level.Trial)
    public void tearDown() throws Exception {
        direct.close();
        writer.close();
        database.close();
    }

    @Setup(Level.Invocation)
    public void changeSource() throws SQLException {
        try (Statement statement = writer.createStatement()) {
            statement.execute("UPDATE source SET amount = amount + 1 WHERE id = 1");
        }
    }

    /** Lock, look, refresh, count, state, invalidation to be done, commit. */
    @Benchmark
    public ViewRefresh adapters() throws Exception {
        return direct.refresh();
    }

    /** The statement, in a transaction of its own. */
    @Benchmark
    public boolean bareStatement() throws SQLException {
        return direct.bare();
    }

    private interface Call {
        Object call() throws Exception;
    }

    /** How often the server is asked: by the adapters, and by the bare statement; each the fewest of twenty calls. */
    long[] roundTrips() throws Exception {
        URI server = URI.create(database.jdbcUrl().substring("jdbc:".length()));
        try (TcpProxy link = TcpProxy.to(server.getHost(), server.getPort());
                Way linked = new Way(database.jdbcUrl().replaceFirst("//[^/]*/", "//127.0.0.1:" + link.port() + "/"))) {
            return new long[] {trips(link, linked::refresh), trips(link, linked::bare)};
        }
    }

    private static long trips(TcpProxy link, Call call) throws Exception {
        call.call(); // what is asked once
        long fewest = Long.MAX_VALUE;
        for (int i = 0; i < COUNTED; i++) {
            long before = link.roundTrips();
            call.call();
            fewest = Math.min(fewest, link.roundTrips() - before);
        }
        return fewest;
    }
}
