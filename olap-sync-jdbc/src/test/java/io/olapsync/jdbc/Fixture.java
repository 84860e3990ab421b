package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.Fuse;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshCondition;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshFacts;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.RunId;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.testkit.PostgresServer;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** A database with the library's tables, a source table and views on it, and the adapters under test. */
final class Fixture implements AutoCloseable {

    /** The advisory lock that the views made by {@link #gatedView} wait for. */
    static final long GATE = 4711;

    static final ViewName MV = ViewName.parse("mv");
    static final Duration PATIENCE = Duration.ofSeconds(30);

    final TestDatabase db;
    final DataSource dataSource;
    final PostgresSettings settings;
    final PostgresLockProvider locks;
    final PostgresRefreshExecutor executor;
    final PostgresViewStates states;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<AutoCloseable> resources = new ArrayList<>();

    Fixture(TestDatabase db, DataSource dataSource, PostgresSettings settings) {
        this.db = db;
        this.dataSource = dataSource;
        this.settings = settings;
        PostgresSchema schema = PostgresSchema.of(dataSource);
        this.locks = new PostgresLockProvider(dataSource, settings, schema);
        this.executor = new PostgresRefreshExecutor(dataSource, settings, schema);
        this.states = new PostgresViewStates(dataSource, settings, schema);
    }

    static Fixture create() {
        return create(PostgresSettings.defaults());
    }

    static Fixture create(PostgresSettings settings) {
        return create(TestServers.postgres(), settings);
    }

    static Fixture create(PostgresServer server, PostgresSettings settings) {
        return of(server.newDatabase("fixture", Fixture::install), settings);
    }

    /** With what the beginning of this name adds, once for all tests. */
    static Fixture create(String name, Consumer<TestDatabase> beginning) {
        TestDatabase db = TestServers.postgres().newDatabase("fixture " + name, empty -> {
            install(empty);
            beginning.accept(empty);
        });
        return of(db, PostgresSettings.defaults());
    }

    /** On this database, which ends with it. */
    static Fixture of(TestDatabase db, PostgresSettings settings) {
        Fixture fixture = new Fixture(db, db.pooledDataSource(), settings);
        fixture.resources.add(db);
        return fixture;
    }

    /** The same database through another data source, or with other settings. */
    Fixture with(DataSource other, PostgresSettings otherSettings) {
        Fixture fixture = new Fixture(db, other, otherSettings);
        resources.add(fixture);
        return fixture;
    }

    static void install(TestDatabase db) {
        try {
            PostgresSchema.of(db.pooledDataSource()).ensure();
        } catch (RefreshException e) {
            throw new IllegalStateException(e);
        }
        db.execute(
                "CREATE TABLE t (a int PRIMARY KEY, b int)",
                "INSERT INTO t SELECT g, 0 FROM generate_series(1, 10) g",
                "CREATE FUNCTION gate() RETURNS int LANGUAGE plpgsql AS"
                        + " $$ BEGIN PERFORM pg_advisory_xact_lock_shared(" + GATE + "); RETURN 1; END $$");
    }

    /** The line of a run that has begun, for a history. */
    static HistoryEntry.Run begun(RunId run) {
        return new HistoryEntry.Run(
                run,
                "p",
                SyncKind.FULL,
                "test",
                RunStatus.RUNNING,
                Instant.EPOCH,
                Optional.empty(),
                "here",
                Optional.empty());
    }

    /** A populated view on the source table, with its unique index. */
    ViewName view(String name) {
        return view(name, "SELECT a, b FROM t");
    }

    ViewName view(String name, String definition) {
        return view(ViewName.of("public", name), definition);
    }

    ViewName view(ViewName view, String definition) {
        db.execute(
                "CREATE MATERIALIZED VIEW " + view.sql() + " AS " + definition,
                "CREATE UNIQUE INDEX ON " + view.sql() + " (a)");
        return view;
    }

    /** A populated view whose refresh waits at the gate while that is shut. */
    ViewName gatedView(String name) {
        return view(name, "SELECT a, b FROM t, (SELECT gate() OFFSET 0) g");
    }

    /** Shuts the gate until the result is closed. */
    Gate shutGate() {
        return new Gate(db.connect());
    }

    record Gate(Connection connection) implements AutoCloseable {
        Gate {
            try (Statement statement = connection.createStatement()) {
                statement.execute("SELECT pg_advisory_lock(" + GATE + ")");
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() {
            try {
                connection.close();
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Waits until this many backends wait at the gate. */
    void awaitAtGate(int backends) {
        db.await("SELECT count(*) = " + backends
                + " FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid =" + " " + GATE);
    }

    RefreshRequest request(ViewName... views) {
        return request(PATIENCE, CancelSignal.never(), views);
    }

    RefreshRequest request(Duration timeout, CancelSignal cancel, ViewName... views) {
        return new RefreshRequest(RunId.random(), SyncKind.FULL, List.of(views), timeout, Map.of(), true, cancel);
    }

    RefreshRequest request(Fuse fuse, ViewName view) {
        return new RefreshRequest(
                RunId.random(), SyncKind.FULL, List.of(view), PATIENCE, Map.of(view, fuse), true, CancelSignal.never());
    }

    /** The same with a condition. */
    static RefreshRequest only(RefreshCondition condition, RefreshRequest request) {
        return new RefreshRequest(
                request.run(),
                request.kind(),
                request.views(),
                request.timeout(),
                request.fuses(),
                request.recordsInvalidations(),
                request.verifies(),
                condition,
                request.cancel());
    }

    /** What a condition is told about the view under its lock. */
    <T> T fact(ViewName view, FactReader<T> reader) {
        List<T> read = new ArrayList<>();
        RefreshCondition condition = facts -> {
            read.add(reader.read(facts));
            return false;
        };
        assertThat(refresh(only(condition, request(view)))).isEmpty();
        return read.get(0);
    }

    @FunctionalInterface
    interface FactReader<T> {
        T read(RefreshFacts facts) throws RefreshException;
    }

    /** Refreshes one view under its lock, which must be free. */
    ViewRefresh refresh(ViewName view) {
        return refresh(request(view)).get(0);
    }

    List<ViewRefresh> refresh(RefreshRequest request) {
        try {
            return tryRefresh(request);
        } catch (RefreshException e) {
            throw new IllegalStateException(e);
        }
    }

    List<ViewRefresh> tryRefresh(RefreshRequest request) throws RefreshException {
        try (RefreshLock lock = lock(request)) {
            return executor.refresh(request, lock);
        }
    }

    RefreshLock lock(RefreshRequest request) throws RefreshException {
        return locks.tryAcquire(new LinkedHashSet<>(request.views()))
                .orElseThrow(() -> new IllegalStateException("another holds the lock on " + request.views()));
    }

    /** Refreshes on another thread. */
    Future<List<ViewRefresh>> start(RefreshRequest request) {
        return async(() -> tryRefresh(request));
    }

    <T> Future<T> async(Callable<T> task) {
        return threads.submit(task);
    }

    static <T> T get(Future<T> future) {
        try {
            return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** The refresh exception that this ends with. */
    static RefreshException failure(Future<?> future) {
        try {
            future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RefreshException expected) {
                return expected;
            }
            throw new AssertionError(e.getCause());
        } catch (TimeoutException | InterruptedException e) {
            throw new AssertionError(e);
        }
        throw new AssertionError("it succeeded");
    }

    static RefreshException failure(ThrowingCallable call) {
        return Assertions.catchThrowableOfType(RefreshException.class, call);
    }

    RefreshException failureOf(RefreshRequest request) {
        RefreshException failure = failure(() -> tryRefresh(request));
        assertThat(failure).as("the refresh must fail").isNotNull();
        return failure;
    }

    /** No session of ours works, no lock of ours is held, and no transaction is left open. */
    void assertNothingLeft() {
        db.await("SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND objid <> "
                + GATE + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))");
        db.await("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <>"
                + " pg_backend_pid() AND query LIKE 'REFRESH%' AND state NOT IN ('idle', 'idle in"
                + " transaction (aborted)'))");
    }

    void addResource(AutoCloseable resource) {
        resources.add(resource);
    }

    @Override
    public void close() throws Exception {
        executor.close();
        threads.shutdownNow();
        for (int i = resources.size() - 1; i >= 0; i--) {
            resources.get(i).close();
        }
    }
}
