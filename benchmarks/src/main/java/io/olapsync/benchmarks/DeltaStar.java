package io.olapsync.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.olapsync.examples.star.StarSchema;
import io.olapsync.jdbc.PostgresDeltaTables;
import io.olapsync.jdbc.PostgresLockProvider;
import io.olapsync.jdbc.PostgresRefreshExecutor;
import io.olapsync.jdbc.PostgresSchema;
import io.olapsync.jdbc.PostgresSettings;
import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.RunId;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewRefresh;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * The example's star with one definition three times: as a delta table, and as two materialized views, for the plain refresh
 * and the concurrent one. All three read the same rows; the dimensions are tables here, so that a refresh is that of the one
 * view alone.
 */
final class DeltaStar implements AutoCloseable {

    private static final long SEED = 20_260_301;
    private static final int CONNECTIONS = 10;

    private final HikariDataSource pool;
    private final Connection connection;
    private final PostgresLockProvider locks;
    private final PostgresRefreshExecutor executor;
    private final PostgresDeltaTables deltas;
    private final SplittableRandom random = new SplittableRandom(SEED);
    private final DeltaShape shape;
    private final long cases;

    private DeltaStar(String jdbcUrl, DeltaShape shape) throws Exception {
        this.shape = shape;
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(jdbcUrl);
        config.setMaximumPoolSize(CONNECTIONS);
        this.pool = new HikariDataSource(config);
        PostgresSchema schema = PostgresSchema.of(pool);
        this.locks = new PostgresLockProvider(pool, PostgresSettings.defaults(), schema);
        this.executor = new PostgresRefreshExecutor(pool, PostgresSettings.defaults(), schema);
        this.deltas = PostgresDeltaTables.of(pool);
        this.connection = pool.getConnection();
        if (isTrue("SELECT relkind = 'm' FROM pg_catalog.pg_class WHERE oid = 'public.dim_org'::regclass")) {
            prepare();
        }
        if (!isTrue("SELECT pg_catalog.to_regclass('public." + shape.plain() + "') IS NOT NULL")) {
            dropOthers();
            createViews();
        }
        this.cases = number("SELECT max(case_id) FROM public.cases");
    }

    /** Opens the star in the database of a {@link LoadedStar}. */
    static DeltaStar open(String jdbcUrl, DeltaShape shape) throws Exception {
        return new DeltaStar(jdbcUrl, shape);
    }

    private void prepare() throws SQLException {
        Map<String, String> definitions = new LinkedHashMap<>();
        for (String fact : StarSchema.FACTS) {
            definitions.put(fact, text("SELECT pg_catalog.pg_get_viewdef('public." + fact + "'::regclass)"));
            execute("DROP MATERIALIZED VIEW public." + fact);
        }
        for (String dimension : StarSchema.DIMENSIONS) {
            execute(
                    "CREATE TABLE public.kept AS TABLE public." + dimension,
                    "DROP MATERIALIZED VIEW public." + dimension,
                    "ALTER TABLE public.kept RENAME TO " + dimension,
                    "ANALYZE public." + dimension);
        }
        definitions.put(DeltaShape.WINDOW_FACT.view().name(), DeltaShape.CLAIM_RANK);
        for (Map.Entry<String, String> definition : definitions.entrySet()) {
            execute("CREATE VIEW public." + definition.getKey() + "_definition AS " + definition.getValue());
        }
        execute("VACUUM ANALYZE");
    }

    private void dropOthers() throws Exception {
        for (DeltaShape other : DeltaShape.values()) {
            deltas.revert(
                    isTrue("SELECT pg_catalog.to_regclass('" + other.view().sql() + "') IS NOT NULL")
                            ? List.of(other.view())
                            : List.of());
            for (String view :
                    List.of(other.plain(), other.concurrent(), other.view().name())) {
                execute("DROP MATERIALIZED VIEW IF EXISTS public." + view);
            }
        }
    }

    private void createViews() throws Exception {
        String name = shape.view().name();
        for (String view : List.of(shape.plain(), shape.concurrent(), name)) {
            execute("CREATE MATERIALIZED VIEW public." + view + " AS "
                    + text("SELECT pg_catalog.pg_get_viewdef('public." + name + "_definition'::regclass)"));
            for (int i = 0; i < shape.indexes().size(); i++) {
                execute("CREATE " + (i == 0 ? "UNIQUE " : "") + "INDEX ON public." + view + " ("
                        + shape.indexes().get(i) + ")");
            }
            execute("ANALYZE public." + view);
        }
        deltas.convert(Map.of(shape.view(), shape.spec()));
        execute("VACUUM ANALYZE " + shape.view().sql());
        delta(SyncKind.INCREMENTAL);
    }

    DeltaShape shape() {
        return shape;
    }

    HikariDataSource pool() {
        return pool;
    }

    /**
     * Changes rows of some cases, in one statement, and lets the server analyse and clean up behind it.
     *
     * @param share of all cases, drawn at random, at least one; 0: none
     */
    void change(double share) throws SQLException {
        change(share == 0 ? 0 : (int) Math.max(1, Math.round(cases * share)));
    }

    /** Changes rows of so many cases. */
    void change(int count) throws SQLException {
        if (count == 0) {
            return;
        }
        Long[] changed = random.longs(count, 1, cases + 1).distinct().boxed().toArray(Long[]::new);
        try (PreparedStatement update = connection.prepareStatement(shape.change())) {
            update.setArray(1, connection.createArrayOf("int8", changed));
            update.executeUpdate();
        }
        if (count > 1000) {
            execute("VACUUM ANALYZE public." + shape.source());
        }
    }

    /** Refreshes the delta table, as the engine does, by a role with the default settings; returns once it is committed. */
    ViewRefresh delta(SyncKind kind) throws RefreshException {
        try (RefreshLock lock = locks.tryAcquire(Set.of(shape.view())).orElseThrow()) {
            return executor.refresh(
                            new RefreshRequest(
                                    RunId.random(),
                                    kind,
                                    List.of(shape.view()),
                                    Duration.ofMinutes(10),
                                    Map.of(),
                                    false,
                                    CancelSignal.never()),
                            lock)
                    .get(0);
        }
    }

    void plain() throws SQLException {
        execute("REFRESH MATERIALIZED VIEW public." + shape.plain());
    }

    void concurrently() throws SQLException {
        execute("REFRESH MATERIALIZED VIEW CONCURRENTLY public." + shape.concurrent());
    }

    /** Waits until nothing else works in this database: the library prunes and vacuums behind a refresh. */
    void quiet() throws SQLException {
        while (!isTrue("SELECT pg_catalog.count(*) = 0 FROM pg_catalog.pg_stat_activity WHERE datname ="
                + " pg_catalog.current_database() AND state <> 'idle' AND pid <> pg_catalog.pg_backend_pid()")) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** How many rows of the delta table are other than the definition's, either way. */
    long differences() throws SQLException {
        String view = shape.view().name();
        String definition = "public." + view + "_definition";
        return number("SELECT (SELECT count(*) FROM (TABLE " + definition + " EXCEPT ALL TABLE public." + view
                + ") m) + (SELECT count(*) FROM (TABLE public." + view + " EXCEPT ALL TABLE " + definition + ") s)");
    }

    /** The bytes of the delta table's rows, and of its indexes. */
    long[] bytes() throws SQLException {
        String view = "'" + shape.view().sql() + "'";
        return new long[] {
            number("SELECT pg_catalog.pg_relation_size(" + view + ")"),
            number("SELECT pg_catalog.pg_indexes_size(" + view + ")")
        };
    }

    /** Lets one capture the changes of its source, and nobody else. */
    void capture(Captured captured) throws SQLException {
        String source = "public." + shape.source();
        execute(
                "DROP TRIGGER IF EXISTS by_hand_insert ON " + source,
                "DROP TRIGGER IF EXISTS by_hand_update ON " + source);
        List<String> triggers = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT pg_catalog.quote_ident(tgname) FROM pg_catalog.pg_trigger WHERE tgrelid = '" + source
                                + "'::regclass AND NOT tgisinternal")) {
            while (rows.next()) {
                triggers.add(
                        (captured == Captured.BY_LIBRARY ? "ENABLE" : "DISABLE") + " TRIGGER " + rows.getString(1));
            }
        }
        execute("ALTER TABLE " + source + " " + String.join(", ", triggers));
        if (captured == Captured.BY_HAND) {
            captureByHand(source);
        }
    }

    private void captureByHand(String source) throws SQLException {
        execute(
                "DROP TABLE IF EXISTS public.changed_rows",
                "CREATE TABLE public.changed_rows AS SELECT *, true AS gone FROM " + source + " LIMIT 0",
                """
                CREATE OR REPLACE FUNCTION public.keep_inserted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                INSERT INTO public.changed_rows SELECT *, false FROM came; RETURN NULL; END $$""",
                """
                CREATE OR REPLACE FUNCTION public.keep_updated() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                INSERT INTO public.changed_rows SELECT *, true FROM went UNION ALL SELECT *, false FROM came; RETURN NULL; END $$""",
                "CREATE TRIGGER by_hand_insert AFTER INSERT ON " + source
                        + " REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION public.keep_inserted()",
                "CREATE TRIGGER by_hand_update AFTER UPDATE ON " + source
                        + " REFERENCING OLD TABLE AS went NEW TABLE AS came"
                        + " FOR EACH STATEMENT EXECUTE FUNCTION public.keep_updated()");
    }

    void execute(String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    long number(String sql) throws SQLException {
        return Long.parseLong(text(sql));
    }

    private boolean isTrue(String sql) throws SQLException {
        return text(sql).equals("t");
    }

    private String text(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return String.valueOf(row.getString(1));
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
        executor.close();
        pool.close();
    }
}
