package io.olapsync.jdbc;

import static io.olapsync.jdbc.Fixture.failure;
import static io.olapsync.jdbc.Fixture.get;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.olapsync.jdbc.internal.LockKeys;
import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.Fuse;
import io.olapsync.spi.LockUnavailableException;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("one-major")
class LockProviderTest {

    private static final ViewName A = ViewName.parse("a");
    private static final ViewName B = ViewName.parse("b");
    private static final ViewName C = ViewName.parse("other.c");

    private final Fixture fixture = Fixture.create();

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    private Optional<RefreshLock> take(ViewName... views) throws LockUnavailableException {
        return fixture.locks.tryAcquire(new LinkedHashSet<>(List.of(views)));
    }

    private RefreshLock taken(ViewName... views) throws LockUnavailableException {
        return take(views).orElseThrow();
    }

    @Test
    void key_of_a_view_is_the_same_in_every_version() {
        assertThat(LockKeys.of(ViewName.parse("mv_business_fact"))).isEqualTo(7786992838672220244L);
        assertThat(LockKeys.of(ViewName.of("a", "b.c"))).isNotEqualTo(LockKeys.of(ViewName.of("a.b", "c")));
    }

    @Test
    void lock_on_one_view_and_lock_on_several_exclude_each_other() throws Exception {
        try (RefreshLock one = taken(A)) {
            assertThat(take(A)).isEmpty();
            assertThat(take(A, B)).isEmpty();
            taken(B, C).close();
            assertThat(one.isHeld()).isTrue();
        }
        try (RefreshLock several = taken(A, B)) {
            assertThat(take(A)).isEmpty();
            assertThat(take(B, C)).isEmpty();
            taken(C).close();
            assertThat(several.isHeld()).isTrue();
        }
        taken(A, B, C).close();
        fixture.assertNothingLeft();
    }

    @Test
    void failed_attempt_at_several_leaves_none_of_them_locked() throws Exception {
        for (ViewName held : List.of(A, B, C)) {
            try (RefreshLock one = taken(held)) {
                assertThat(take(A, B, C)).isEmpty();
                for (ViewName other : List.of(A, B, C)) {
                    assertThat(take(other).map(lock -> {
                                lock.close();
                                return true;
                            }))
                            .isEqualTo(other.equals(held) ? Optional.empty() : Optional.of(true));
                }
                assertThat(one.isHeld()).isTrue();
            }
        }
        fixture.assertNothingLeft();
    }

    @Test
    void of_several_rivals_one_always_gets_through_and_never_two() throws Exception {
        AtomicInteger inside = new AtomicInteger();
        int rounds = 30;
        for (int round = 0; round < rounds; round++) {
            CountDownLatch start = new CountDownLatch(1);
            CountDownLatch tried = new CountDownLatch(3);
            List<Future<Boolean>> rivals = new ArrayList<>();
            for (List<ViewName> wanted : List.of(List.of(A, B, C), List.of(C, B, A), List.of(B, A, C))) {
                rivals.add(fixture.async(() -> {
                    start.await();
                    Optional<RefreshLock> lock = take(wanted.toArray(ViewName[]::new));
                    if (lock.isPresent()) {
                        assertThat(inside.incrementAndGet()).isOne();
                    }
                    tried.countDown();
                    tried.await();
                    lock.ifPresent(held -> {
                        inside.decrementAndGet();
                        held.close();
                    });
                    return lock.isPresent();
                }));
            }
            start.countDown();
            int won = 0;
            for (Future<Boolean> rival : rivals) {
                won += get(rival) ? 1 : 0;
            }
            assertThat(won).as("round %d", round).isOne();
        }
        fixture.assertNothingLeft();
    }

    @Test
    void lock_says_that_it_is_lost_when_its_backend_is_gone() throws Exception {
        for (Set<ViewName> views : List.of(Set.of(A), Set.of(A, B))) {
            RefreshLock lock = fixture.locks.tryAcquire(views).orElseThrow();
            assertThat(lock.isHeld()).isTrue();
            fixture.db.queryForLong(
                    "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname ="
                            + " current_database() AND pid <> pg_backend_pid()");

            assertThat(lock.isHeld()).isFalse();
            lock.close();
            lock.close();
            assertThat(lock.isHeld()).isFalse();
            fixture.assertNothingLeft();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void closing_from_another_thread_ends_the_work_and_frees_the_lock(boolean together) throws Exception {
        ViewName gated = fixture.gatedView("mv");
        RefreshRequest request = together ? fixture.request(fixture.view("x"), gated) : fixture.request(gated);
        try (Fixture.Gate gate = fixture.shutGate()) {
            RefreshLock lock = fixture.lock(request);
            Future<?> refresh = fixture.async(() -> fixture.executor.refresh(request, lock));
            fixture.awaitAtGate(1);

            lock.close();

            assertThat(failure(refresh).kind()).isNotNull();
            fixture.assertNothingLeft();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void connection_goes_back_as_it_came(boolean autoCommit) throws Exception {
        ViewName view = fixture.view("mv");
        ViewName other = fixture.view("other");
        try (Connection session = fixture.db.connect()) {
            session.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
            session.setAutoCommit(autoCommit);
            session.setNetworkTimeout(Runnable::run, 123_456);
            String before = settingsOf(session);
            Fixture same = fixture.with(
                    new OneConnection(session),
                    fixture.settings.withBlockingCheckInterval(Duration.ZERO).withVacuum(VacuumPolicy.off()));

            same.refresh(view);
            fixture.db.execute("UPDATE t SET b = b + 1");
            same.refresh(view);
            same.refresh(same.request(view, other));
            same.failureOf(same.request(Fuse.ofChangedShare(0.1), updated(view)));
            same.failureOf(same.request(view, ViewName.parse("missing")));

            assertThat(session.getAutoCommit()).isEqualTo(autoCommit);
            assertThat(session.getNetworkTimeout()).isEqualTo(123_456);
            assertThat(settingsOf(session)).isEqualTo(before);
            assertThat(fixture.db.queryForLong("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))
                    .isZero();
        }
    }

    private ViewName updated(ViewName view) {
        fixture.db.execute("UPDATE t SET b = b + 1");
        return view;
    }

    private static String settingsOf(Connection session) throws SQLException {
        try (Statement statement = session.createStatement();
                ResultSet row = statement.executeQuery("SELECT string_agg(name || '=' || setting, E'\\n' ORDER BY name)"
                        + " FROM pg_settings WHERE name NOT IN ('transaction_isolation')")) {
            row.next();
            String settings = row.getString(1);
            if (!session.getAutoCommit()) {
                session.rollback();
            }
            return settings;
        }
    }

    @Test
    void pool_gets_no_connection_back_that_is_broken_or_holds_a_lock() throws Exception {
        ViewName view = fixture.gatedView("mv");
        ViewName second = fixture.view("second");
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(fixture.db.jdbcUrl());
        config.setMaximumPoolSize(3);
        config.setAutoCommit(false);
        config.setTransactionIsolation("TRANSACTION_REPEATABLE_READ");
        try (HikariDataSource pool = new HikariDataSource(config)) {
            Fixture pooled = fixture.with(pool, fixture.settings.withCancelGrace(Duration.ofMillis(500)));
            for (RefreshRequest request : List.of(pooled.request(view), pooled.request(second, view))) {
                pooled.refresh(request);
                killedInMidRefresh(pooled, request);
                cancelledInMidRefresh(pooled, request);
                pooled.failureOf(pooled.request(ViewName.parse("missing")));
                pooled.failureOf(pooled.request(view, ViewName.parse("missing")));
                for (int i = 0; i < 4; i++) {
                    assertSound(pool);
                }
                pooled.refresh(request);
                fixture.assertNothingLeft();
            }
            assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isZero();
        }
    }

    private void killedInMidRefresh(Fixture pooled, RefreshRequest request) throws Exception {
        try (Fixture.Gate gate = fixture.shutGate()) {
            Future<?> refresh = pooled.start(request);
            fixture.awaitAtGate(1);
            fixture.db.queryForLong(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND"
                            + " NOT granted AND objid = " + Fixture.GATE);
            failure(refresh);
            assertSound(pooled.dataSource);
        }
    }

    private void cancelledInMidRefresh(Fixture pooled, RefreshRequest request) throws Exception {
        Cancel cancel = new Cancel();
        try (Fixture.Gate gate = fixture.shutGate()) {
            Future<?> refresh = pooled.start(
                    pooled.request(Fixture.PATIENCE, cancel, request.views().toArray(ViewName[]::new)));
            fixture.awaitAtGate(1);
            cancel.give();
            failure(refresh);
        }
        try (Fixture.Gate gate = fixture.shutGate()) {
            pooled.failureOf(pooled.request(
                    Duration.ofMillis(200),
                    CancelSignal.never(),
                    request.views().toArray(ViewName[]::new)));
        }
    }

    /** What the host's next borrower finds. */
    private static void assertSound(javax.sql.DataSource pool) throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
                                + " AND pid = pg_backend_pid()), current_setting('lock_timeout'),"
                                + " current_setting('transaction_isolation')")) {
            row.next();
            assertThat(row.getLong(1)).isZero();
            assertThat(row.getString(2)).isEqualTo("0");
            assertThat(row.getString(3)).isEqualTo("repeatable read");
            assertThat(connection.getAutoCommit()).isFalse();
        }
    }
}
