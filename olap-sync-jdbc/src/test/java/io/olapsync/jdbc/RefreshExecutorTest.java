package io.olapsync.jdbc;

import static io.olapsync.jdbc.Fixture.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.Fuse;
import io.olapsync.spi.PendingInvalidation;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.spi.ViewState;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.jdbc.AutoSave;

class RefreshExecutorTest {

    private final Fixture fixture = Fixture.create();

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    @Test
    void refresh_reports_delta_rows_and_as_of_and_commits_them_as_state() throws Exception {
        ViewName view = fixture.view("mv");
        fixture.refresh(view);
        fixture.db.execute(
                "UPDATE t SET b = 1 WHERE a <= 3", "INSERT INTO t VALUES (11, 0)", "DELETE FROM t WHERE a = 10");
        String before = fixture.db.queryForString("SELECT clock_timestamp()::text");

        ViewRefresh refresh = fixture.refresh(view);

        assertThat(refresh.delta()).contains(new RowDelta(4, 0, 4));
        assertThat(refresh.rows()).isEqualTo(10);
        ViewState state = fixture.states.read(List.of(view)).get(view);
        assertThat(state.rows()).isEqualTo(10);
        assertThat(state.asOf()).isEqualTo(refresh.asOf());
        assertThat(state.staleness()).isBetween(Duration.ZERO, Duration.ofMinutes(1));
        assertThat(state.took()).isPositive();
        assertThat(fixture.db.queryForBoolean(
                        "SELECT as_of > ?::timestamptz AND as_of <= refreshed_at AND xid::text = (SELECT xmin::text FROM"
                                + " pg_class WHERE relname = 'mv') FROM olap_sync.view_state",
                        before))
                .isTrue();
        fixture.assertNothingLeft();
    }

    @Test
    void unchanged_view_has_an_empty_delta_and_leaves_no_invalidation() throws Exception {
        ViewName view = fixture.view("mv");
        fixture.refresh(view);
        fixture.states.invalidated(fixture.states.pendingInvalidations(List.of(view)));

        ViewRefresh refresh = fixture.refresh(view);

        assertThat(refresh.delta()).contains(RowDelta.NONE);
        assertThat(refresh.mayHaveChanged()).isFalse();
        assertThat(fixture.states.pendingInvalidations(List.of(view))).isEmpty();
    }

    @Test
    void changed_view_leaves_an_invalidation_until_it_is_forgotten() throws Exception {
        ViewName view = fixture.view("mv");
        fixture.refresh(view);
        fixture.db.execute("UPDATE t SET b = 1 WHERE a = 1");
        fixture.refresh(view);

        List<PendingInvalidation> pending = fixture.states.pendingInvalidations(List.of(view));

        assertThat(pending).hasSize(2).allMatch(p -> p.view().equals(view));
        fixture.states.invalidated(pending.subList(0, 1));
        assertThat(fixture.states.pendingInvalidations(List.of(view))).containsExactly(pending.get(1));
    }

    @Test
    void invalidations_are_left_only_where_they_are_asked_for() throws Exception {
        ViewName view = fixture.view("mv");
        RefreshRequest asked = fixture.request(view);

        fixture.refresh(new RefreshRequest(
                asked.run(), asked.kind(), asked.views(), asked.timeout(), asked.fuses(), false, asked.cancel()));

        assertThat(fixture.states.pendingInvalidations(List.of(view))).isEmpty();
    }

    @Test
    void change_made_by_a_host_without_a_cache_is_left_to_the_next_that_has_one() throws Exception {
        ViewName view = fixture.view("mv");
        fixture.refresh(view);
        fixture.states.invalidated(fixture.states.pendingInvalidations(List.of(view)));
        fixture.db.execute("UPDATE t SET b = 1 WHERE a = 1");
        RefreshRequest asked = fixture.request(view);
        RefreshRequest withoutCache = new RefreshRequest(
                asked.run(), asked.kind(), asked.views(), asked.timeout(), asked.fuses(), false, asked.cancel());
        fixture.refresh(withoutCache);
        fixture.refresh(withoutCache);

        assertThat(fixture.refresh(view).delta()).contains(RowDelta.NONE);

        List<PendingInvalidation> pending = fixture.states.pendingInvalidations(List.of(view));
        assertThat(pending).hasSize(1);
        fixture.states.invalidated(pending);
        fixture.refresh(view);
        assertThat(fixture.states.pendingInvalidations(List.of(view))).isEmpty();
    }

    @Test
    void first_population_needs_nothing_of_the_caller() throws Exception {
        fixture.db.execute(
                "CREATE MATERIALIZED VIEW mv AS SELECT a, b FROM t WITH NO DATA", "CREATE UNIQUE INDEX ON mv (a)");

        ViewRefresh refresh = fixture.refresh(Fixture.MV);

        assertThat(refresh.delta()).contains(new RowDelta(10, 0, 0));
        assertThat(refresh.rows()).isEqualTo(10);
        assertThat(fixture.states.pendingInvalidations(List.of(Fixture.MV))).hasSize(1);
        assertThat(fixture.db.queryForLong("SELECT reltuples::bigint FROM pg_class WHERE relname = 'mv'"))
                .as("analyzed")
                .isEqualTo(10);
        assertThat(fixture.refresh(Fixture.MV).delta()).contains(RowDelta.NONE);
    }

    @Test
    void view_populated_by_another_hand_meanwhile_is_refreshed_concurrently() throws Exception {
        fixture.db.execute(
                "CREATE MATERIALIZED VIEW mv AS SELECT a, b FROM t, (SELECT gate() OFFSET 0) g WITH NO DATA",
                "CREATE UNIQUE INDEX ON mv (a)");
        try (Fixture.Gate gate = fixture.shutGate();
                Connection foreign = fixture.db.connect();
                Statement byHand = foreign.createStatement()) {
            Future<Boolean> hand = fixture.async(() -> byHand.execute("REFRESH MATERIALIZED VIEW mv"));
            fixture.awaitAtGate(1);
            Future<List<ViewRefresh>> ours = fixture.start(fixture.request(Fixture.MV));
            fixture.db.await("SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'mv'::regclass AND NOT granted)");
            long populated = fixture.db.queryForLong("SELECT 1");
            assertThat(populated).isOne();
            gate.close();
            get(hand);
            long filenode = fixture.db.queryForLong("SELECT pg_relation_filenode('mv')::bigint");
            get(ours);
            assertThat(fixture.db.queryForLong("SELECT pg_relation_filenode('mv')::bigint"))
                    .as("a plain refresh would have written a new file")
                    .isEqualTo(filenode);
        }
    }

    @Test
    void refresh_that_waited_contains_what_was_committed_before_it_was_requested() throws Exception {
        ViewName view = fixture.gatedView("mv");
        try (Fixture.Gate gate = fixture.shutGate()) {
            Future<List<ViewRefresh>> first = fixture.start(fixture.request(view));
            fixture.awaitAtGate(1);
            fixture.db.execute("UPDATE t SET b = 77 WHERE a = 1");
            assertThat(fixture.locks.tryAcquire(Set.of(view)))
                    .as("another refreshes")
                    .isEmpty();
            gate.close();
            get(first);
        }

        fixture.refresh(view);

        assertThat(fixture.db.queryForLong("SELECT b FROM mv WHERE a = 1")).isEqualTo(77);
    }

    @ParameterizedTest
    @ValueSource(strings = {"repeatable read", "serializable"})
    void default_isolation_of_the_host_does_not_make_a_refresh_stale(String isolation) throws Exception {
        ViewName view = fixture.view("mv");
        fixture.refresh(view);
        fixture.db.execute(
                "ALTER DATABASE " + fixture.db.name() + " SET default_transaction_isolation = '" + isolation + "'");
        RefreshRequest request = fixture.request(view);
        try (RefreshLock lock = fixture.lock(request)) {
            // In REPEATABLE READ the lock's own statement would have taken the snapshot already.
            fixture.db.execute("UPDATE t SET b = 5 WHERE a = 1");
            fixture.executor.refresh(request, lock);
        }

        assertThat(fixture.db.queryForLong("SELECT b FROM mv WHERE a = 1")).isEqualTo(5);
    }

    @Test
    void read_only_default_of_the_host_does_not_stop_a_refresh() {
        ViewName view = fixture.view("mv");
        fixture.db.execute("ALTER DATABASE " + fixture.db.name() + " SET default_transaction_read_only = on");

        assertThat(fixture.refresh(view).rows()).isEqualTo(10);
    }

    @Test
    void read_only_default_of_the_host_does_not_stop_an_invalidation_from_being_forgotten() throws Exception {
        ViewName view = fixture.view("mv");
        fixture.db.execute("ALTER DATABASE " + fixture.db.name() + " SET default_transaction_read_only = on");
        fixture.refresh(view);

        fixture.states.invalidated(fixture.states.pendingInvalidations(List.of(view)));

        assertThat(fixture.states.pendingInvalidations(List.of(view))).isEmpty();
    }

    @Test
    void savepoints_of_the_driver_do_not_make_an_unchanged_view_look_changed() throws Exception {
        ViewName view = fixture.view("mv");
        PGSimpleDataSource savepoints = new PGSimpleDataSource();
        savepoints.setUrl(fixture.db.jdbcUrl());
        savepoints.setAutosave(AutoSave.ALWAYS);
        Fixture host = fixture.with(savepoints, fixture.settings);
        host.refresh(view);
        host.states.invalidated(host.states.pendingInvalidations(List.of(view)));

        host.refresh(view);

        assertThat(host.states.pendingInvalidations(List.of(view))).isEmpty();
    }

    @Test
    void delta_is_exact_where_the_session_has_counts_it_has_not_flushed() throws Exception {
        ViewName view = fixture.view("mv");
        try (Connection session = fixture.db.connect()) {
            Fixture same = fixture.with(new OneConnection(session), fixture.settings);
            same.refresh(view);
            for (int i = 1; i <= 3; i++) {
                fixture.db.execute("UPDATE t SET b = b + 1 WHERE a <= " + i);
                assertThat(same.refresh(view).delta()).contains(new RowDelta(i, 0, i));
            }
            assertThat(same.refresh(view).delta()).contains(RowDelta.NONE);
        }
    }

    @Test
    void rows_are_exact_after_another_hand_refreshed_the_view() throws Exception {
        ViewName view = fixture.view("mv");
        fixture.refresh(view);
        for (String how : List.of("", "CONCURRENTLY")) {
            fixture.states.invalidated(fixture.states.pendingInvalidations(List.of(view)));
            fixture.db.execute("INSERT INTO t SELECT max(a) + 1, 0 FROM t", "REFRESH MATERIALIZED VIEW " + how + " mv");

            ViewRefresh refresh = fixture.refresh(view);

            assertThat(refresh.delta()).contains(RowDelta.NONE);
            assertThat(refresh.rows()).as(how).isEqualTo(fixture.db.queryForLong("SELECT count(*) FROM t"));
            assertThat(fixture.states.pendingInvalidations(List.of(view)))
                    .as("readers may have cached what was there before " + how)
                    .hasSize(1);
        }
    }

    @Test
    void without_track_counts_the_delta_is_unknown_and_the_rows_are_counted() throws Exception {
        ViewName view = fixture.view("mv");
        fixture.db.execute("ALTER DATABASE " + fixture.db.name() + " SET track_counts = off");
        fixture.refresh(view);
        fixture.db.execute("INSERT INTO t VALUES (11, 0)");

        ViewRefresh refresh = fixture.refresh(view);

        assertThat(refresh.delta()).isEmpty();
        assertThat(refresh.rows()).isEqualTo(11);
        assertThat(fixture.states.pendingInvalidations(List.of(view))).hasSize(2);
    }

    @Test
    void fuse_rolls_back_what_changes_too_much() throws Exception {
        ViewName view = fixture.view("mv");
        fixture.refresh(view);
        ViewState before = fixture.states.read(List.of(view)).get(view);
        fixture.db.execute("UPDATE t SET b = 9 WHERE a <= 6");

        RefreshException failure = fixture.failureOf(fixture.request(Fuse.ofChangedShare(0.5), view));

        assertThat(failure.kind()).isEqualTo(Kind.PERMANENT);
        assertThat(failure).hasMessageContaining("6 of its 10 rows (60.0 %)").hasMessageContaining("50.0 %");
        assertThat(failure.view()).contains(view);
        assertThat(fixture.db.queryForLong("SELECT count(*) FROM mv WHERE b = 9"))
                .isZero();
        assertThat(fixture.states.read(List.of(view)).get(view).asOf()).isEqualTo(before.asOf());
        assertThat(fixture.refresh(fixture.request(Fuse.ofChangedShare(0.6), view))
                        .get(0)
                        .delta())
                .contains(new RowDelta(6, 0, 6));
        fixture.assertNothingLeft();
    }

    @Test
    void fuse_keeps_a_view_from_becoming_empty_unless_it_may() {
        ViewName view = fixture.view("mv");
        fixture.refresh(view);
        fixture.db.execute("TRUNCATE t");

        RefreshException failure = fixture.failureOf(fixture.request(new Fuse(10, false), view));

        assertThat(failure.kind()).isEqualTo(Kind.PERMANENT);
        assertThat(failure).hasMessageContaining("all of its 10 rows would vanish");
        assertThat(fixture.refresh(fixture.request(new Fuse(10, true), view))
                        .get(0)
                        .rows())
                .isZero();
    }

    @Test
    void fuse_does_not_stop_the_first_population() {
        fixture.db.execute(
                "CREATE MATERIALIZED VIEW mv AS SELECT a, b FROM t WITH NO DATA", "CREATE UNIQUE INDEX ON mv (a)");

        assertThat(fixture.refresh(fixture.request(Fuse.ofChangedShare(0.1), Fixture.MV))
                        .get(0)
                        .rows())
                .isEqualTo(10);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a \"quoted\" view; --",
                "Mixed Case?",
                "통계_뷰",
                "가나다라마바사아자차카타파하거너더러머버서",
                "{d 'x'} %s $1",
                "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"
            })
    void any_name_can_be_refreshed_alone_and_together(String name) throws Exception {
        fixture.db.execute("CREATE SCHEMA \"스키마 \"\"x\"\"\"");
        ViewName odd = fixture.view(ViewName.of("스키마 \"x\"", name), "SELECT a, b FROM t");
        ViewName plain = fixture.view("plain");
        fixture.db.execute("INSERT INTO t VALUES (11, 0)");

        assertThat(fixture.refresh(odd).delta()).contains(new RowDelta(1, 0, 0));
        assertThat(fixture.refresh(fixture.request(odd, plain))).hasSize(2);
        assertThat(fixture.states.read(List.of(odd))).containsOnlyKeys(odd);
    }

    @Test
    void dead_rows_are_vacuumed_between_refreshes_and_forgotten() {
        Fixture eager = fixture.with(
                fixture.dataSource,
                fixture.settings.withVacuum(new VacuumPolicy(true, 0.2, 3, Duration.ofSeconds(10))));
        ViewName view = eager.view("mv");
        eager.refresh(view);
        fixture.db.execute("UPDATE t SET b = 1 WHERE a <= 2");
        eager.refresh(view);
        assertThat(fixture.db.queryForLong("SELECT dead_rows FROM olap_sync.view_state"))
                .isEqualTo(2);

        fixture.db.execute("UPDATE t SET b = 2 WHERE a <= 2");
        eager.refresh(view);

        fixture.db.await("SELECT dead_rows = 0 FROM olap_sync.view_state");
        fixture.db.await("SELECT vacuum_count = 1 AND analyze_count = 1 FROM pg_stat_user_tables WHERE relname = 'mv'");
    }

    @Test
    void refresh_does_not_wait_for_the_vacuum_behind_it() {
        CountDownLatch gate = new CountDownLatch(1);
        DataSource gated = sideThreadsWaitFor(gate, fixture.dataSource);
        Fixture eager =
                fixture.with(gated, fixture.settings.withVacuum(new VacuumPolicy(true, 0, 1, Duration.ofSeconds(20))));
        ViewName view = eager.view("mv");
        eager.refresh(view);
        fixture.db.execute("UPDATE t SET b = 1 WHERE a <= 2");

        eager.refresh(view);

        assertThat(fixture.db.queryForLong("SELECT dead_rows FROM olap_sync.view_state"))
                .isPositive();
        gate.countDown();
        fixture.db.await("SELECT dead_rows = 0 FROM olap_sync.view_state");
    }

    private static DataSource sideThreadsWaitFor(CountDownLatch gate, DataSource target) {
        return (DataSource) Proxy.newProxyInstance(
                DataSource.class.getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                    if (Thread.currentThread().getName().startsWith("olap-sync-side")) {
                        assertThat(gate.await(20, TimeUnit.SECONDS)).isTrue();
                    }
                    return method.invoke(target, arguments);
                });
    }

    @Test
    void lock_of_another_kind_is_asked_right_before_the_commit() throws Exception {
        ViewName view = fixture.view("mv");
        fixture.db.execute("UPDATE t SET b = 1 WHERE a = 1");

        RefreshException lost =
                Fixture.failure(() -> fixture.executor.refresh(fixture.request(view), new OtherLock(false)));
        assertThat(lost.kind()).isEqualTo(Kind.CONTENDED);
        assertThat(fixture.db.queryForLong("SELECT b FROM mv WHERE a = 1")).isZero();

        fixture.executor.refresh(fixture.request(view), new OtherLock(true));
        assertThat(fixture.db.queryForLong("SELECT b FROM mv WHERE a = 1")).isOne();
        fixture.assertNothingLeft();
    }

    @Test
    void lock_serves_one_transaction_only() throws Exception {
        ViewName view = fixture.view("mv");
        RefreshRequest request = fixture.request(view);
        try (RefreshLock lock = fixture.lock(request)) {
            fixture.executor.refresh(request, lock);
            assertThat(lock.isHeld()).isFalse();

            RefreshException again = Fixture.failure(() -> fixture.executor.refresh(request, lock));

            assertThat(again.kind()).isEqualTo(Kind.CONTENDED);
        }
    }

    private record OtherLock(boolean isHeld) implements RefreshLock {
        @Override
        public <T> Optional<T> unwrap(Class<T> type) {
            return Optional.empty();
        }

        @Override
        public void close() {}
    }
}
