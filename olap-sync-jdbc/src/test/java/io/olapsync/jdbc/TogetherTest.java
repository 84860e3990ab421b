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
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TogetherTest {

    private final Fixture fixture = Fixture.create();

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    @Test
    void views_refreshed_together_show_one_snapshot() throws Exception {
        ViewName first = fixture.gatedView("first");
        ViewName second = fixture.view("second");
        List<ViewRefresh> done;
        try (Fixture.Gate gate = fixture.shutGate()) {
            Future<List<ViewRefresh>> refreshes = fixture.start(fixture.request(first, second));
            fixture.awaitAtGate(1);
            fixture.db.execute("UPDATE t SET b = 3 WHERE a = 1");
            gate.close();
            done = get(refreshes);
        }

        assertThat(fixture.db.queryForLong("SELECT b FROM first WHERE a = 1")).isZero();
        assertThat(fixture.db.queryForLong("SELECT b FROM second WHERE a = 1")).isZero();
        assertThat(done.get(0).asOf()).isEqualTo(done.get(1).asOf());
        fixture.refresh(fixture.request(first, second));
        assertThat(fixture.db.queryForLong("SELECT b FROM second WHERE a = 1")).isEqualTo(3);
    }

    @Test
    void views_refreshed_one_by_one_may_disagree() throws Exception {
        ViewName first = fixture.gatedView("first");
        ViewName second = fixture.view("second");
        try (Fixture.Gate gate = fixture.shutGate()) {
            Future<ViewRefresh> refreshes = fixture.async(() -> {
                fixture.refresh(first);
                return fixture.refresh(second);
            });
            fixture.awaitAtGate(1);
            fixture.db.execute("UPDATE t SET b = 3 WHERE a = 1");
            gate.close();
            get(refreshes);
        }

        assertThat(fixture.db.queryForLong("SELECT b FROM first WHERE a = 1")).isZero();
        assertThat(fixture.db.queryForLong("SELECT b FROM second WHERE a = 1")).isEqualTo(3);
    }

    @Test
    void sum_over_two_views_never_changes_under_a_running_writer() throws Exception {
        fixture.db.execute(
                "CREATE TABLE left_side AS SELECT a, 100 AS amount FROM t",
                "CREATE TABLE right_side AS SELECT a, 100 AS amount FROM t");
        ViewName left = fixture.view("mv_left", "SELECT a, amount FROM left_side");
        ViewName right = fixture.view("mv_right", "SELECT a, amount FROM right_side");
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong moved = new AtomicLong();
        Future<Void> writer = fixture.async(() -> move(stop, moved));
        Future<Integer> reader = fixture.async(() -> read(stop));
        for (int i = 0; i < 15; i++) {
            fixture.refresh(fixture.request(left, right));
        }
        stop.set(true);

        get(writer);
        assertThat(get(reader)).as("reads").isPositive();
        assertThat(moved.get()).as("amounts moved meanwhile").isGreaterThan(15);
    }

    private Void move(AtomicBoolean stop, AtomicLong moved) throws Exception {
        try (Connection connection = fixture.db.connect();
                Statement statement = connection.createStatement()) {
            while (!stop.get()) {
                statement.execute(
                        "BEGIN; UPDATE left_side SET amount = amount - 1; UPDATE right_side SET amount = amount"
                                + " + 1; COMMIT");
                moved.incrementAndGet();
            }
        }
        return null;
    }

    private int read(AtomicBoolean stop) throws Exception {
        int reads = 0;
        try (Connection connection = fixture.db.connect();
                PreparedStatement statement = connection.prepareStatement(
                        "SELECT (SELECT sum(amount) FROM mv_left) + (SELECT sum(amount) FROM mv_right)")) {
            while (!stop.get()) {
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    assertThat(row.getLong(1)).isEqualTo(2000);
                }
                reads++;
            }
        }
        return reads;
    }

    @Test
    void what_was_committed_after_the_lock_and_before_the_refresh_is_in_it() throws Exception {
        ViewName first = fixture.view("first");
        ViewName second = fixture.view("second");
        RefreshRequest request = fixture.request(first, second);
        try (RefreshLock lock = fixture.lock(request)) {
            fixture.db.execute("UPDATE t SET b = 8 WHERE a = 1");
            fixture.executor.refresh(request, lock);
        }

        assertThat(fixture.db.queryForLong("SELECT b FROM first WHERE a = 1")).isEqualTo(8);
        assertThat(fixture.db.queryForLong("SELECT b FROM second WHERE a = 1")).isEqualTo(8);
    }

    @Test
    void unpopulated_views_are_populated_first_and_never_in_an_old_snapshot() throws Exception {
        ViewName base = fixture.view("base");
        fixture.db.execute(
                "CREATE MATERIALIZED VIEW a_fresh AS SELECT a, b FROM base WITH NO DATA",
                "CREATE UNIQUE INDEX ON a_fresh (a)",
                "CREATE MATERIALIZED VIEW b_fresh AS SELECT a, b FROM a_fresh WITH NO DATA",
                "CREATE UNIQUE INDEX ON b_fresh (a)",
                "UPDATE t SET b = 6 WHERE a = 1");

        List<ViewRefresh> done =
                fixture.refresh(fixture.request(base, ViewName.parse("a_fresh"), ViewName.parse("b_fresh")));

        assertThat(done.get(0).delta()).contains(new RowDelta(1, 0, 1));
        assertThat(done.get(1).delta()).contains(new RowDelta(10, 0, 0));
        assertThat(done.get(2).delta()).contains(new RowDelta(10, 0, 0));
        assertThat(fixture.db.queryForLong("SELECT b FROM b_fresh WHERE a = 1"))
                .as("sees the dimension refreshed before it")
                .isEqualTo(6);
        fixture.assertNothingLeft();
    }

    @Test
    void view_emptied_meanwhile_is_not_populated_in_the_old_snapshot() throws Exception {
        ViewName first = fixture.gatedView("first");
        ViewName second = fixture.view("second");
        RefreshException failure;
        try (Fixture.Gate gate = fixture.shutGate()) {
            Future<List<ViewRefresh>> refreshes = fixture.start(fixture.request(first, second));
            fixture.awaitAtGate(1);
            fixture.db.execute("UPDATE t SET b = 3 WHERE a = 1", "REFRESH MATERIALIZED VIEW second WITH NO DATA");
            gate.close();
            failure = Fixture.failure(refreshes);
        }

        assertThat(failure.kind()).isEqualTo(Kind.CONTENDED);
        fixture.refresh(fixture.request(first, second));
        assertThat(fixture.db.queryForLong("SELECT b FROM second WHERE a = 1")).isEqualTo(3);
    }

    @Test
    void view_emptied_before_the_snapshot_is_not_populated_in_it_either() throws Exception {
        ViewName first = ViewName.parse("first");
        ViewName second = fixture.view("second");
        fixture.db.execute(
                "CREATE MATERIALIZED VIEW first AS SELECT a, b FROM t, (SELECT gate() OFFSET 0) g WITH NO DATA",
                "CREATE UNIQUE INDEX ON first (a)");
        RefreshException failure;
        try (Fixture.Gate gate = fixture.shutGate()) {
            Future<List<ViewRefresh>> refreshes = fixture.start(fixture.request(first, second));
            fixture.awaitAtGate(1); // the first population, before the common snapshot
            fixture.db.execute("REFRESH MATERIALIZED VIEW second WITH NO DATA");
            gate.close();
            failure = Fixture.failure(refreshes);
        }

        assertThat(failure.kind()).isEqualTo(Kind.CONTENDED);
        assertThat(fixture.db.queryForBoolean("SELECT relispopulated FROM pg_class WHERE relname = 'second'"))
                .isFalse();
        fixture.refresh(fixture.request(first, second));
        assertThat(fixture.db.queryForLong("SELECT count(*) FROM second")).isEqualTo(10);
    }

    @Test
    void refresh_by_hand_in_between_is_contention_and_a_real_duplicate_is_not() throws Exception {
        ViewName first = fixture.gatedView("first");
        ViewName second = fixture.view("second");
        RefreshException failure;
        try (Fixture.Gate gate = fixture.shutGate()) {
            fixture.db.execute("INSERT INTO t VALUES (11, 0)");
            Future<List<ViewRefresh>> refreshes = fixture.start(fixture.request(first, second));
            fixture.awaitAtGate(1);
            fixture.db.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY second");
            gate.close();
            failure = Fixture.failure(refreshes);
        }
        assertThat(failure.sqlState()).get().isIn("23505", "40001");
        assertThat(failure.kind()).isEqualTo(Kind.CONTENDED);
        assertThat(failure.view()).contains(second);

        ViewName third = fixture.view("third", "SELECT a % 20 AS a, b FROM t");
        fixture.db.execute("INSERT INTO t VALUES (21, 5)");
        RefreshException real = fixture.failureOf(fixture.request(second, third));
        assertThat(real.sqlState()).contains("23505");
        assertThat(real.kind()).isEqualTo(Kind.PERMANENT);
        assertThat(real.view()).contains(third);
        fixture.assertNothingLeft();
    }

    @Test
    void readers_see_all_of_it_or_nothing_when_one_view_fails() throws Exception {
        ViewName good = fixture.view("good");
        ViewName bad = fixture.view("bad", "SELECT a, 1 / (a - 11) AS b FROM t");
        fixture.db.execute("INSERT INTO t VALUES (11, 0)");

        RefreshException failure = fixture.failureOf(fixture.request(good, bad));

        assertThat(failure.view()).contains(bad);
        assertThat(failure.sqlState()).contains("22012");
        assertThat(failure.kind()).isEqualTo(Kind.PERMANENT);
        assertThat(fixture.db.queryForLong("SELECT count(*) FROM good")).isEqualTo(10);
        assertThat(fixture.states.read(Set.of(good, bad))).isEmpty();
        fixture.assertNothingLeft();
    }

    @Test
    void lock_taken_on_another_backend_than_the_work_is_refused_with_its_reason() throws Exception {
        ViewName first = fixture.view("first");
        ViewName second = fixture.view("second");
        try (PoolerLike pooler = new PoolerLike(fixture.db)) {
            Fixture behind = fixture.with(pooler, fixture.settings);
            RefreshRequest request = behind.request(first, second);

            RefreshException failure = behind.failureOf(request);

            assertThat(failure.kind()).isEqualTo(Kind.PERMANENT);
            assertThat(failure).hasMessageContaining("transaction pooler");
            assertThat(failure.remedy()).isPresent();
            fixture.assertNothingLeft();
        }
    }
}
