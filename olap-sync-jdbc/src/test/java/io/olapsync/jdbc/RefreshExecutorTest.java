package io.olapsync.jdbc;

import static io.olapsync.jdbc.Fixture.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.spi.ViewState;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
        Fixture uncounted = fixture.with(fixture.db.dataSource(), fixture.settings);
        uncounted.refresh(view);
        fixture.db.execute("INSERT INTO t VALUES (11, 0)");

        ViewRefresh refresh = uncounted.refresh(view);

        assertThat(refresh.delta()).isEmpty();
        assertThat(refresh.rows()).isEqualTo(11);
        assertThat(fixture.states.pendingInvalidations(List.of(view))).hasSize(2);
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
