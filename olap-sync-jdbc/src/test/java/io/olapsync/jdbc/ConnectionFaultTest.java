package io.olapsync.jdbc;

import static io.olapsync.jdbc.Fixture.failure;
import static io.olapsync.jdbc.Fixture.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.LockUnavailableException;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.testkit.ChildJvm;
import io.olapsync.testkit.TcpProxy;
import java.net.URI;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

class ConnectionFaultTest {

    private static final String END_AT_GATE =
            "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = "
                    + Fixture.GATE + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

    private final Fixture fixture =
            Fixture.create(PostgresSettings.defaults().withConnectionCheckInterval(Duration.ofMillis(200)));

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    private RefreshRequest request(boolean together) {
        ViewName gated = fixture.gatedView("mv");
        return together ? fixture.request(fixture.view("other"), gated) : fixture.request(gated);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void backend_killed_in_mid_refresh_is_transient_and_the_next_attempt_works(boolean together) throws Exception {
        RefreshRequest request = request(together);
        try (Fixture.Gate gate = fixture.shutGate()) {
            Future<List<ViewRefresh>> refresh = fixture.start(request);
            fixture.awaitAtGate(1);

            assertThat(fixture.db.queryForLong(END_AT_GATE)).isOne();

            RefreshException failure = failure(refresh);
            assertThat(failure.kind()).isEqualTo(Kind.TRANSIENT);
            assertThat(failure.sqlState()).contains("57P01");
            fixture.assertNothingLeft();
        }
        assertThat(fixture.refresh(request)).hasSameSizeAs(request.views());
    }

    @Tag("one-major")
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void link_cut_in_mid_refresh_is_transient_and_nothing_works_on_when_it_is_thrown(boolean together)
            throws Exception {
        RefreshRequest request = request(together);
        URI server = URI.create(fixture.db.jdbcUrl().substring("jdbc:".length()));
        try (TcpProxy proxy = TcpProxy.to(server.getHost(), server.getPort());
                Fixture.Gate gate = fixture.shutGate()) {
            PGSimpleDataSource linked = new PGSimpleDataSource();
            linked.setURL(fixture.db.jdbcUrl().replaceFirst("//[^/]*/", "//127.0.0.1:" + proxy.port() + "/"));
            // Without the server's own look at the client: what is shown is that the library confirms the end.
            PostgresLockProvider locks = new PostgresLockProvider(
                    linked,
                    PostgresSettings.defaults().withConnectionCheckInterval(Duration.ZERO),
                    PostgresSchema.of(linked));
            Fixture blind = fixture.with(
                    fixture.dataSource, PostgresSettings.defaults().withConnectionCheckInterval(Duration.ZERO));
            Future<Long> leftWorking = fixture.async(() -> {
                try (RefreshLock lock =
                        locks.tryAcquire(Set.copyOf(request.views())).orElseThrow()) {
                    RefreshException failure = Fixture.failure(() -> blind.executor.refresh(request, lock));
                    assertThat(failure.kind()).isEqualTo(Kind.TRANSIENT);
                    return fixture.db.queryForLong(
                            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'REFRESH%' AND datname ="
                                    + " current_database() AND state = 'active'");
                }
            });
            fixture.awaitAtGate(1);

            proxy.cut();

            assertThat(get(leftWorking)).isZero();
            fixture.assertNothingLeft();
        }
        assertThat(fixture.refresh(request)).hasSameSizeAs(request.views());
    }

    @Tag("one-major")
    @Test
    void connection_that_dies_during_the_commit_leaves_the_outcome_unknown() throws Exception {
        ViewName view = fixture.view("mv");
        fixture.db.execute(
                "CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM gate(); RETURN NULL;"
                        + " END $$",
                "CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT OR UPDATE ON olap_sync.view_state DEFERRABLE"
                        + " INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_at_gate()");
        try (Fixture.Gate gate = fixture.shutGate()) {
            Future<List<ViewRefresh>> refresh = fixture.start(fixture.request(view));
            fixture.awaitAtGate(1);

            fixture.db.queryForLong(END_AT_GATE);

            RefreshException failure = failure(refresh);
            assertThat(failure.kind()).isEqualTo(Kind.TRANSIENT);
            assertThat(failure).hasMessageContaining("the outcome is unknown");
            fixture.assertNothingLeft();
        }
        assertThat(fixture.refresh(view).rows()).isEqualTo(10);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void killed_process_frees_its_views_within_the_check_interval(boolean together) throws Exception {
        RefreshRequest request = request(together);
        try (Fixture.Gate gate = fixture.shutGate();
                ChildJvm child = ChildJvm.of(RefreshingMain.class)
                        .args(fixture.db.jdbcUrl())
                        .args(request.views().stream().map(ViewName::toString).toArray(String[]::new))
                        .start()) {
            fixture.awaitAtGate(1);
            assertThat(fixture.locks.tryAcquire(Set.copyOf(request.views()))).isEmpty();

            child.kill();

            // The gate stays shut: the backend does not end because it has finished.
            fixture.assertNothingLeft();
        }
        assertThat(fixture.refresh(request)).hasSameSizeAs(request.views());
    }

    @Tag("one-major")
    @Test
    void database_that_is_away_is_not_a_lock_that_somebody_holds() {
        PGSimpleDataSource nowhere = new PGSimpleDataSource();
        nowhere.setURL("jdbc:postgresql://127.0.0.1:1/none?user=nobody&password=s3cret");
        PostgresLockProvider locks = new PostgresLockProvider(nowhere);

        RefreshException failure = failure(() -> locks.tryAcquire(Set.of(Fixture.MV)));

        assertThat(failure).isInstanceOf(LockUnavailableException.class);
        assertThat(failure.kind()).isEqualTo(Kind.TRANSIENT);
        assertThat(failure.sqlState()).contains("08001");
        assertThat(failure.getMessage()).doesNotContain("s3cret");
    }

    /** A process that refreshes the views it is told, and is killed while it does. */
    static final class RefreshingMain {

        private RefreshingMain() {}

        public static void main(String[] args) throws Exception {
            PGSimpleDataSource dataSource = new PGSimpleDataSource();
            dataSource.setURL(args[0]);
            // Nothing but the server's look at its client may end the wait at the gate.
            PostgresSettings settings = PostgresSettings.defaults()
                    .withConnectionCheckInterval(Duration.ofMillis(200))
                    .withLockTimeout(Duration.ofMinutes(5));
            ViewName[] views = List.of(args).subList(1, args.length).stream()
                    .map(ViewName::parse)
                    .toArray(ViewName[]::new);
            RefreshRequest request = new RefreshRequest(
                    io.olapsync.spi.RunId.random(),
                    io.olapsync.spi.SyncKind.FULL,
                    List.of(views),
                    Duration.ofMinutes(5),
                    java.util.Map.of(),
                    true,
                    io.olapsync.spi.CancelSignal.never());
            PostgresSchema schema = PostgresSchema.of(dataSource);
            try (PostgresRefreshExecutor executor = new PostgresRefreshExecutor(dataSource, settings, schema);
                    RefreshLock lock = new PostgresLockProvider(dataSource, settings, schema)
                            .tryAcquire(Set.of(views))
                            .orElseThrow()) {
                Connection held = lock.unwrap(Connection.class).orElseThrow();
                System.out.println("locked by " + held);
                executor.refresh(request, lock);
            }
        }
    }
}
