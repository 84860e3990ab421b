package io.olapsync.jdbc;

import static io.olapsync.jdbc.Fixture.failure;
import static io.olapsync.jdbc.Fixture.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.testkit.TcpProxy;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@Tag("one-major")
class DdlWatchdogTest {

    private static final PostgresSettings QUICK = PostgresSettings.defaults()
            .withBlockingCheckInterval(Duration.ofMillis(100))
            .withConnectionCheckInterval(Duration.ofMillis(200))
            .withCancelGrace(Duration.ofMillis(400));

    private final Fixture fixture = Fixture.create(QUICK);

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    @Test
    void refresh_that_blocks_ddl_ends_itself_so_that_readers_are_not_stuck_behind() throws Exception {
        ViewName view = fixture.gatedView("mv");
        try (Fixture.Gate gate = fixture.shutGate();
                Connection owner = fixture.db.connect();
                Statement ddl = owner.createStatement()) {
            Future<List<ViewRefresh>> refresh = fixture.start(fixture.request(view));
            fixture.awaitAtGate(1);
            Future<Boolean> altered = fixture.async(() -> ddl.execute("ALTER TABLE t ADD COLUMN c int"));

            RefreshException failure = failure(refresh);

            assertThat(failure.kind()).isEqualTo(Kind.CONTENDED);
            assertThat(failure).hasMessageContaining("to change t");
            get(altered);
            assertThat(fixture.db.queryForLong("SELECT count(c) FROM t")).isZero();
            fixture.assertNothingLeft();
        }
        assertThat(fixture.refresh(view).rows()).isEqualTo(10);
    }

    @Test
    void group_that_blocks_ddl_ends_itself_too() throws Exception {
        ViewName first = fixture.view("first");
        ViewName second = fixture.gatedView("second");
        try (Fixture.Gate gate = fixture.shutGate()) {
            Future<List<ViewRefresh>> refresh = fixture.start(fixture.request(first, second));
            fixture.awaitAtGate(1);
            Future<?> altered = fixture.async(() -> {
                fixture.db.execute("ALTER TABLE t ADD COLUMN c int");
                return null;
            });

            assertThat(failure(refresh).kind()).isEqualTo(Kind.CONTENDED);
            get(altered);
            fixture.assertNothingLeft();
        }
    }

    @Test
    void lock_that_does_not_hurt_readers_does_not_end_a_refresh() throws Exception {
        ViewName view = fixture.gatedView("mv");
        AtomicInteger looks = new AtomicInteger();
        Fixture counting = fixture.with(counting(looks), QUICK);
        try (Fixture.Gate gate = fixture.shutGate();
                Connection other = fixture.db.connect();
                Statement statement = other.createStatement()) {
            Future<List<ViewRefresh>> refresh = counting.start(fixture.request(view));
            fixture.awaitAtGate(1);
            Future<Boolean> analyzed = fixture.async(() -> statement.execute("ANALYZE mv"));
            fixture.db.await("SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'mv'::regclass AND NOT granted)");
            int before = looks.get();
            await().until(() -> looks.get() > before + 2);
            assertThat(refresh.isDone()).isFalse();
            gate.close();
            get(refresh);
            get(analyzed);
        }
    }

    private PGSimpleDataSource counting(AtomicInteger connections) {
        PGSimpleDataSource dataSource = new PGSimpleDataSource() {
            private static final long serialVersionUID = 1L;

            @Override
            public Connection getConnection() throws SQLException {
                connections.incrementAndGet();
                return super.getConnection();
            }
        };
        dataSource.setURL(fixture.db.jdbcUrl());
        return dataSource;
    }

    @Test
    void cancelled_refresh_leaves_nothing_working_on_the_server() throws Exception {
        ViewName view = fixture.gatedView("mv");
        Cancel cancel = new Cancel();
        try (Fixture.Gate gate = fixture.shutGate()) {
            Future<List<ViewRefresh>> refresh = fixture.start(fixture.request(Fixture.PATIENCE, cancel, view));
            fixture.awaitAtGate(1);

            cancel.give();

            RefreshException failure = failure(refresh);
            assertThat(failure.kind()).isEqualTo(Kind.CANCELLED);
            fixture.assertNothingLeft();
        }
        assertThat(fixture.failureOf(fixture.request(Fixture.PATIENCE, cancel, view))
                        .kind())
                .as("already given")
                .isEqualTo(Kind.CANCELLED);
        assertThat(fixture.refresh(view).rows()).isEqualTo(10);
    }

    @Test
    void cancellation_needs_no_second_connection() throws Exception {
        ViewName view = fixture.gatedView("mv");
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(fixture.db.jdbcUrl());
        config.setMaximumPoolSize(1);
        config.setConnectionTimeout(1_000);
        Cancel cancel = new Cancel();
        try (HikariDataSource pool = new HikariDataSource(config);
                Fixture.Gate gate = fixture.shutGate()) {
            Fixture pooled = fixture.with(pool, QUICK);
            Future<List<ViewRefresh>> refresh = pooled.start(pooled.request(Fixture.PATIENCE, cancel, view));
            fixture.awaitAtGate(1);

            cancel.give();

            assertThat(failure(refresh).kind()).isEqualTo(Kind.CANCELLED);
            fixture.assertNothingLeft();
        }
    }

    @Test
    void refresh_ends_at_its_timeout() throws Exception {
        ViewName view = fixture.gatedView("mv");
        try (Fixture.Gate gate = fixture.shutGate()) {
            RefreshException failure =
                    fixture.failureOf(fixture.request(Duration.ofMillis(500), CancelSignal.never(), view));

            assertThat(failure.kind()).isEqualTo(Kind.TIMED_OUT);
            assertThat(failure.sqlState()).contains("57014");
            fixture.assertNothingLeft();
        }
    }

    @Test
    void closing_the_executor_ends_what_runs() throws Exception {
        ViewName view = fixture.gatedView("mv");
        try (Fixture.Gate gate = fixture.shutGate()) {
            Future<List<ViewRefresh>> refresh = fixture.start(fixture.request(view));
            fixture.awaitAtGate(1);

            fixture.executor.close();
            fixture.executor.close();

            assertThat(failure(refresh).kind()).isEqualTo(Kind.CANCELLED);
            fixture.assertNothingLeft();
        }
    }

    @Test
    void refresh_over_a_silent_link_can_be_cancelled_and_its_backend_is_ended_from_the_side() throws Exception {
        ViewName view = fixture.gatedView("mv");
        Cancel cancel = new Cancel();
        try (TcpProxy proxy = proxy();
                Fixture.Gate gate = fixture.shutGate()) {
            PostgresLockProvider locks =
                    new PostgresLockProvider(through(proxy), QUICK, PostgresSchema.of(fixture.dataSource));
            RefreshRequest request = fixture.request(Fixture.PATIENCE, cancel, view);
            Future<List<ViewRefresh>> refresh = fixture.async(() -> {
                try (RefreshLock lock = locks.tryAcquire(Set.of(view)).orElseThrow()) {
                    return fixture.executor.refresh(request, lock);
                }
            });
            fixture.awaitAtGate(1);
            proxy.blackhole();

            cancel.give();

            assertThat(failure(refresh).kind()).isEqualTo(Kind.CANCELLED);
            // The link is still silent: neither end of it told the server.
            fixture.assertNothingLeft();
        }
        assertThat(fixture.refresh(view).rows()).isEqualTo(10);
    }

    @Test
    void refresh_over_a_silent_network_ends_by_its_deadline_on_both_sides() throws Exception {
        ViewName view = fixture.gatedView("mv");
        try (TcpProxy proxy = proxy();
                Fixture.Gate gate = fixture.shutGate()) {
            Fixture remote = fixture.with(through(proxy), QUICK.withResponseTimeout(Duration.ofSeconds(1)));
            Future<List<ViewRefresh>> refresh =
                    remote.start(remote.request(Duration.ofSeconds(2), CancelSignal.never(), view));
            fixture.awaitAtGate(1);

            proxy.blackhole();

            assertThat(failure(refresh).kind()).isEqualTo(Kind.TIMED_OUT);
            fixture.assertNothingLeft();
            assertThat(fixture.refresh(fixture.view("other")).rows()).isEqualTo(10);
        }
    }

    private TcpProxy proxy() {
        URI server = URI.create(fixture.db.jdbcUrl().substring("jdbc:".length()));
        return TcpProxy.to(server.getHost(), server.getPort());
    }

    private PGSimpleDataSource through(TcpProxy proxy) {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setURL(fixture.db.jdbcUrl().replaceFirst("//[^/]*/", "//127.0.0.1:" + proxy.port() + "/")
                + "&loginTimeout=2&cancelSignalTimeout=1");
        return dataSource;
    }
}
