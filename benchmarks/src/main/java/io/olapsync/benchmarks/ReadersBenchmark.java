package io.olapsync.benchmarks;

import io.olapsync.OlapSync;
import io.olapsync.Publication;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.jdbc.PostgresPlugin;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SyncKind;
import io.olapsync.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
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
 * How long do readers of the business fact wait while it is refreshed? JMH samples one reader who asks again as soon as he
 * is served, so a wait delays his next question and counts once; {@link ReadersQuestion} has readers who come at fixed times.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 5)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@SuppressWarnings("NullAway.Init") // JMH calls the set-up
public class ReadersBenchmark {

    private static final double SHARE = 0.01;
    private static final long LONG_NANOS = TimeUnit.MILLISECONDS.toNanos(800);

    /** What goes on beside the readers. */
    public enum Beside {
        /** Nothing. */
        NOTHING("idle"),
        /** A query that computes what the view shows. */
        QUERY("beside a query"),
        /** A full run, every view on its own. */
        EACH("EACH"),
        /** A full run, all views at once. */
        TOGETHER("TOGETHER"),
        /** The same view as a delta table, refreshed by what has changed. */
        DELTA("delta table"),
        /** {@code REFRESH MATERIALIZED VIEW}. */
        PLAIN("plain REFRESH");

        private final String label;

        Beside(String label) {
            this.label = label;
        }

        String label() {
            return label;
        }
    }

    /** What goes on. */
    @Param
    public Beside beside;

    /** The size of the star. */
    @Param("S")
    public Scale scale;

    private Star star;
    private OlapSync sync;
    private Connection other;
    private String definition;
    private TestDatabase deltaDatabase;
    private DeltaStar deltas;
    private Readers ofView;
    private Readers ofDelta;
    private ExecutorService background;

    @Setup
    public void setUp() throws Exception {
        setUp(scale.stakeholders());
        background = Executors.newSingleThreadExecutor();
        background.submit(() -> {
            while (true) {
                prepare(beside);
                run(beside);
            }
        });
    }

    void setUp(int stakeholders) throws Exception {
        star = Star.create(stakeholders);
        // one statement, one processor, so that there is one for readers on a machine with two
        onePerStatement(star.database());
        star.pool().getHikariPoolMXBean().softEvictConnections();
        sync = OlapSync.builder(Star.plan())
                .install(PostgresPlugin.of(star.pool()))
                .maxConcurrentRefreshes(1)
                .build();
        other = star.database().connect();
        definition = Objects.requireNonNull(
                star.database()
                        .queryForString(
                                "SELECT pg_catalog.rtrim(pg_catalog.pg_get_viewdef('public.mv_business_fact'::regclass), ';')"));
        deltaDatabase = LoadedStar.open(stakeholders);
        onePerStatement(deltaDatabase);
        deltas = DeltaStar.open(deltaDatabase.jdbcUrl(), DeltaShape.JOIN_FACT);
        ofView = new Readers(star.database().dataSource(), stakeholders / 4);
        ofDelta = new Readers(deltaDatabase.dataSource(), stakeholders / 4);
        sync.run(SyncRequest.full());
    }

    private static void onePerStatement(TestDatabase database) {
        database.execute("ALTER DATABASE " + database.name() + " SET max_parallel_workers_per_gather = 0");
    }

    @TearDown
    public void tearDown() throws Exception {
        if (background != null) {
            background.shutdownNow();
            background.awaitTermination(1, TimeUnit.MINUTES);
        }
        ofView.close();
        ofDelta.close();
        deltas.close();
        deltaDatabase.close();
        other.close();
        sync.close();
        star.close();
    }

    /** One read. */
    @Benchmark
    public void read() throws SQLException {
        readers(beside).readOnce();
    }

    Readers readers(Beside what) {
        return what == Beside.DELTA ? ofDelta : ofView;
    }

    /** So that there is something to refresh: rows of one case in a hundred change. */
    void prepare(Beside what) throws SQLException {
        if (what == Beside.DELTA) {
            deltas.change(SHARE);
            deltas.quiet();
        } else if (what != Beside.NOTHING) {
            star.change(SHARE);
            star.quiet();
        }
    }

    /** Does it once, or what is no refresh for as long as one may take. */
    Object run(Beside what) throws Exception {
        return switch (what) {
            case NOTHING -> pause();
            case QUERY -> query();
            case EACH -> full(Publication.EACH);
            case TOGETHER -> full(Publication.TOGETHER);
            case DELTA -> deltas.delta(SyncKind.INCREMENTAL);
            case PLAIN -> execute("REFRESH MATERIALIZED VIEW public.mv_business_fact");
        };
    }

    private static Object pause() {
        long end = System.nanoTime() + LONG_NANOS;
        for (long left = LONG_NANOS; left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
        return end;
    }

    private Object query() throws SQLException {
        long end = System.nanoTime() + LONG_NANOS;
        do {
            execute("SELECT pg_catalog.count(d.*) FROM (" + definition + ") d");
        } while (System.nanoTime() - end < 0);
        return end;
    }

    /** A plain refresh that is committed a moment later, so that readers do come upon its lock. */
    Object locked() throws SQLException {
        return execute(
                "BEGIN; REFRESH MATERIALIZED VIEW public.mv_business_fact; SELECT pg_catalog.pg_sleep(0.1); COMMIT");
    }

    private Object execute(String sql) throws SQLException {
        try (var statement = other.createStatement()) {
            return statement.execute(sql);
        }
    }

    private SyncReport full(Publication publication) {
        SyncReport report = sync.run(SyncRequest.full().withPublication(publication));
        if (report.status() != RunStatus.COMPLETED) {
            throw new IllegalStateException(report.toString());
        }
        return report;
    }
}
