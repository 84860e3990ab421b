package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RunId;
import io.olapsync.spi.StepStatus;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.TcpProxy;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** How often the server is asked; on one connection that stays open, as in a pool. */
@Timeout(60)
@Tag("one-major")
class RoundTripsTest {

    private interface Action {
        void run() throws Exception;
    }

    private final TestDatabase db = TestServers.postgres().newDatabase();
    private final URI server = URI.create(db.jdbcUrl().substring("jdbc:".length()));
    private final TcpProxy link = TcpProxy.to(server.getHost(), server.getPort());
    private Connection kept;
    private Fixture fixture;
    private DataSource pool;

    @BeforeEach
    void connect() throws Exception {
        Fixture.install(db);
        PGSimpleDataSource linked = new PGSimpleDataSource();
        linked.setURL(db.jdbcUrl().replaceFirst("//[^/]*/", "//127.0.0.1:" + link.port() + "/"));
        kept = linked.getConnection();
        Connection unclosed = proxy(Connection.class, kept, "close", () -> null);
        Thread here = Thread.currentThread();
        pool = proxy(
                DataSource.class,
                linked,
                "getConnection",
                // What is cleaned up behind a refresh needs another connection.
                () -> Thread.currentThread() == here
                        ? unclosed
                        : db.dataSource().getConnection());
        fixture = new Fixture(db, pool, PostgresSettings.defaults());
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
        kept.close();
        link.close();
        db.close();
    }

    private static <T> T proxy(Class<T> type, T target, String replaced, Callable<@Nullable Object> answer) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, args) -> {
            if (method.getName().equals(replaced)) {
                return answer.call();
            }
            try {
                return method.invoke(target, args);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }));
    }

    /** The fewest of some: on a busy machine the server may begin to answer before all of a long question is there. */
    private long trips(Action action) throws Exception {
        action.run(); // what is asked once
        long fewest = Long.MAX_VALUE;
        for (int i = 0; i < 20; i++) {
            long before = link.roundTrips();
            action.run();
            fewest = Math.min(fewest, link.roundTrips() - before);
        }
        return fewest;
    }

    @Test
    void refresh_is_four_round_trips_beside_the_refresh_itself() throws Exception {
        ViewName view = fixture.view("mv");
        fixture.refresh(view);

        assertThat(trips(() -> fixture.refresh(view))).isEqualTo(4 + 1);
    }

    @Test
    void what_is_a_transaction_of_its_own_is_one_round_trip() throws Exception {
        ViewName view = fixture.view("mv");
        fixture.refresh(view);
        PostgresHistory history = new PostgresHistory(pool, PostgresSchema.of(pool));
        PostgresCatalog catalog = new PostgresCatalog(pool);

        assertThat(trips(() -> history.write(lines())))
                .as("a write of the history")
                .isOne();
        assertThat(trips(() -> catalog.inspect(Set.of(view))))
                .as("an inspection")
                .isOne();
        assertThat(trips(() -> catalog.upstreams(Set.of(view))))
                .as("the upstreams")
                .isOne();
        assertThat(trips(() -> catalog.look(Set.of(view), Set.of(view))))
                .as("both")
                .isOne();
        assertThat(trips(() -> fixture.states.read(List.of(view))))
                .as("the states")
                .isOne();
        assertThat(trips(() -> fixture.states.look(List.of(view), Map.of(view, Set.of()))))
                .as("all that a sync asks first")
                .isOne();
        var pending = fixture.states.pendingInvalidations(List.of(view));
        assertThat(pending).isNotEmpty();
        assertThat(trips(() -> fixture.states.invalidated(pending)))
                .as("forgetting invalidations")
                .isOne();
        assertThat(fixture.states.pendingInvalidations(List.of(view))).isEmpty();
    }

    @Test
    void delta_table_that_needs_nothing_is_six_round_trips() throws Exception {
        ViewName view = deltaTable();

        assertThat(trips(() -> fixture.refresh(DeltaFixture.request(SyncKind.INCREMENTAL, view))))
                .as("lock, look, count, sources, state, commit")
                .isEqualTo(6);
    }

    @Test
    void delta_table_of_which_a_key_has_changed_is_nine_round_trips() throws Exception {
        ViewName view = deltaTable();

        assertThat(trips(() -> {
                    db.execute("UPDATE source SET amount = amount + 1");
                    var done = fixture.refresh(DeltaFixture.request(SyncKind.INCREMENTAL, view));
                    assertThat(done.get(0).incremental().orElseThrow().way()).isEqualTo(DeltaRefresh.Way.KEYS);
                }))
                .as("lock, look, count; lock for the session with all looks again, keys, rows, state, commit, unlock")
                .isEqualTo(9);
    }

    private ViewName deltaTable() throws Exception {
        ViewName view = ViewName.parse("kept");
        db.execute(
                "CREATE TABLE source (id int PRIMARY KEY, amount int)",
                "INSERT INTO source VALUES (1, 1)",
                "CREATE MATERIALIZED VIEW kept AS SELECT id, amount FROM source",
                "CREATE UNIQUE INDEX ON kept (id)");
        PostgresDeltaTables.of(db.dataSource())
                .convert(Map.of(view, DeltaSpec.key("id").source("source", "id")));
        fixture.refresh(DeltaFixture.request(SyncKind.INCREMENTAL, view));
        return view;
    }

    @Test
    void plan_of_what_the_catalog_is_asked_is_made_once() throws Exception {
        ViewName view = fixture.view("mv");
        PostgresCatalog catalog = new PostgresCatalog(pool);
        for (int i = 0; i < 20; i++) { // the driver prepares what it has seen five times
            catalog.look(Set.of(view), Set.of(view));
        }

        try (Statement statement = kept.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*), sum(custom_plans), min(generic_plans)"
                        + " FROM pg_prepared_statements WHERE statement ~ 'has_maintain|walk'")) {
            row.next();
            assertThat(row.getInt(1)).as("prepared").isEqualTo(2);
            assertThat(row.getInt(2)).as("plans made for the parameters").isZero();
            assertThat(row.getInt(3)).as("executions by the one plan").isPositive();
        }
    }

    private static List<HistoryEntry> lines() {
        RunId run = RunId.random();
        List<HistoryEntry> lines = new ArrayList<>();
        lines.add(Fixture.begun(run));
        for (int i = 0; i < 6; i++) {
            lines.add(new HistoryEntry.Step(
                    run,
                    "step " + i,
                    Optional.empty(),
                    StepStatus.RUNNING,
                    Instant.EPOCH,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    1,
                    Optional.empty(),
                    Optional.empty()));
        }
        return lines;
    }
}
