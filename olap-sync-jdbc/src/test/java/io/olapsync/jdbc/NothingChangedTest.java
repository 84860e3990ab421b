package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.RefreshResult;
import io.olapsync.SyncPlan;
import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RunId;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.testkit.EmbeddedPostgres;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.sql.Connection;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is concluded from snapshots, on a server on which nobody else writes: not even autovacuum. */
@Timeout(60)
class NothingChangedTest {

    private static final EmbeddedPostgres SERVER = EmbeddedPostgres.builder()
            .major(TestServers.postgres().major())
            .setting("autovacuum", "off")
            .start();

    private final Fixture fixture = Fixture.create(SERVER, PostgresSettings.defaults());
    private final TestDatabase db = fixture.db;

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    @AfterAll
    static void stop() {
        SERVER.close();
    }

    @Test
    void right_after_a_refresh_nothing_has_changed_until_somebody_writes() {
        ViewName view = refreshed("mv");
        assertThat(nothingChanged(view)).isTrue();
        db.execute("UPDATE t SET b = 1 WHERE a = 1");
        assertThat(nothingChanged(view)).isFalse();
        fixture.refresh(view);
        assertThat(nothingChanged(view)).isTrue();
    }

    @Test
    void definition_that_depends_on_more_than_rows_has_always_changed() {
        ViewName view = fixture.view("mv", "SELECT a, b FROM t WHERE now() IS NOT NULL");
        fixture.refresh(view);
        assertThat(nothingChanged(view)).isFalse();
    }

    @Test
    void first_population_and_its_statistics_are_ours() {
        db.execute("CREATE MATERIALIZED VIEW mv AS SELECT a, b FROM t WITH NO DATA", "CREATE UNIQUE INDEX ON mv (a)");
        assertThat(nothingChanged(Fixture.MV)).as("it has nothing yet").isFalse();
        fixture.refresh(Fixture.MV);
        assertThat(db.queryForLong("SELECT count(*) FROM pg_stats WHERE tablename = 'mv'"))
                .isPositive();
        assertThat(nothingChanged(Fixture.MV)).isTrue();
    }

    @Test
    void vacuum_of_ours_is_ours() throws Exception {
        PostgresSettings eager =
                PostgresSettings.defaults().withVacuum(new VacuumPolicy(true, 0.001, 1, Duration.ofSeconds(20)));
        Fixture vacuuming = fixture.with(fixture.dataSource, eager);
        ViewName view = fixture.view("mv");
        db.execute("UPDATE t SET b = b + 1");
        vacuuming.refresh(view);
        db.await("SELECT EXISTS (SELECT FROM olap_sync.view_vacuum)");
        assertThat(nothingChanged(view)).isTrue();
    }

    @Test
    void what_the_library_writes_about_views_and_runs_changes_nothing() throws Exception {
        ViewName other = fixture.view("other");
        ViewName view = refreshed("mv");
        Set<ViewName> both = Set.of(view, other);
        PostgresHistory history = new PostgresHistory(fixture.dataSource, PostgresSchema.of(fixture.dataSource));
        history.write(List.of(new HistoryEntry.Run(
                RunId.random(),
                "plan",
                SyncKind.FULL,
                "test",
                RunStatus.RUNNING,
                Instant.now(),
                Optional.empty(),
                "process",
                Optional.empty())));
        assertThat(history.sweep(Duration.ZERO, Duration.ofDays(1))).hasSize(1);
        history.sweep(Duration.ZERO, Duration.ZERO);
        fixture.states.order(both, Duration.ZERO, "test");
        fixture.states.failed(both, 1);
        fixture.states.pause(both, "test");
        fixture.states.resume(both);
        fixture.states.eventsArriving(both);
        fixture.refresh(other);
        fixture.states.invalidated(fixture.states.pendingInvalidations(both));
        assertThat(nothingChanged(view)).isTrue();
    }

    @Test
    void writer_that_commits_between_snapshot_and_commit_of_the_refresh_is_not_swallowed() throws Exception {
        ViewName view = fixture.view("mv");
        try (Connection writer = db.connect();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute("LOCK TABLE t");
            Future<List<ViewRefresh>> refresh = fixture.start(fixture.request(view));
            db.await("SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 't'::regclass AND NOT granted)");
            statement.execute("INSERT INTO t VALUES (100, 0)");
            writer.commit();
            Fixture.get(refresh);
        }
        assertThat(nothingChanged(view)).isFalse();
        fixture.refresh(view);
        assertThat(db.queryForLong("SELECT count(*) FROM mv WHERE a = 100")).isOne();
        assertThat(nothingChanged(view)).isTrue();
    }

    @Test
    void writer_that_began_before_the_refresh_counts_once_it_ends() throws Exception {
        ViewName view = fixture.view("mv");
        for (boolean commits : new boolean[] {true, false}) {
            try (Connection writer = db.connect();
                    Statement statement = writer.createStatement()) {
                writer.setAutoCommit(false);
                statement.execute("UPDATE t SET b = b + 1 WHERE a = 1");
                fixture.refresh(view);
                assertThat(nothingChanged(view)).as("it is open").isTrue();
                if (commits) {
                    writer.commit();
                } else {
                    writer.rollback();
                }
            }
            assertThat(nothingChanged(view)).as("ended, commit: %s", commits).isFalse();
        }
    }

    @Test
    void writer_in_a_savepoint_counts() throws Exception {
        ViewName view = refreshed("mv");
        try (Connection writer = db.connect();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            Savepoint savepoint = writer.setSavepoint();
            statement.execute("UPDATE t SET b = b + 1 WHERE a = 1");
            fixture.states.order(Set.of(view), Duration.ZERO, "ours in between");
            writer.releaseSavepoint(savepoint);
            writer.commit();
        }
        assertThat(nothingChanged(view)).isFalse();
    }

    @Test
    void transaction_that_refreshed_several_views_does_not_make_up_for_a_writer() {
        ViewName view = fixture.view("mv");
        ViewName one = fixture.view("one");
        ViewName other = fixture.view("other");
        fixture.refresh(view);
        fixture.refresh(fixture.request(one, other));
        assertThat(nothingChanged(view)).isTrue();
        db.execute("UPDATE t SET b = 7 WHERE a = 1");
        assertThat(nothingChanged(view)).isFalse();
    }

    @Test
    void open_transaction_that_is_recorded_already_does_not_make_up_for_a_writer() throws Exception {
        ViewName view = refreshed("mv");
        try (Connection open = db.connect();
                Statement statement = open.createStatement()) {
            open.setAutoCommit(false);
            statement.execute("SELECT pg_current_xact_id()");
            db.execute("UPDATE t SET b = 7 WHERE a = 1");
            // As a dump of another server may contain it; two, since to write them takes a transaction that is not
            // ours, too.
            db.execute(
                    "INSERT INTO olap_sync.own_transaction (transaction, view_name)"
                            + " SELECT x, '' FROM pg_snapshot_xip(pg_current_snapshot()) x UNION ALL SELECT pg_current_xact_id(), ''");
            assertThat(nothingChanged(view)).isFalse();
        }
    }

    @Test
    void writer_in_another_database_counts_too() {
        ViewName view = refreshed("mv");
        try (TestDatabase other = SERVER.newDatabase()) {
            other.execute("CREATE TABLE elsewhere (x int)");
            assertThat(nothingChanged(view)).isFalse();
        }
    }

    @Test
    void ancestor_counts_where_its_refresh_changed_it() {
        ViewName below = fixture.view("below");
        ViewName above = fixture.view("above", "SELECT a, b FROM below");
        db.execute("UPDATE t SET b = 7 WHERE a = 1");
        fixture.refresh(above);
        fixture.refresh(below);
        assertThat(nothingChanged(above, below)).isFalse();
        assertThat(nothingChanged(above)).as("though nobody named it").isFalse();
        assertThat(fixture.<Boolean>fact(above, facts -> facts.showsLatest(Set.of(below))))
                .isFalse();
        fixture.refresh(above);
        fixture.refresh(below);
        assertThat(nothingChanged(above, below))
                .as("it was refreshed and stayed as it was")
                .isTrue();
        assertThat(fixture.<Boolean>fact(above, facts -> facts.showsLatest(Set.of(below))))
                .isTrue();
    }

    @Test
    void views_refreshed_together_show_each_other() {
        ViewName below = fixture.view("below");
        ViewName above = fixture.view("above", "SELECT a, b FROM below");
        db.execute("UPDATE t SET b = 7 WHERE a = 1");
        fixture.refresh(fixture.request(below, above));
        assertThat(db.queryForLong("SELECT b FROM above WHERE a = 1")).isEqualTo(7);
        assertThat(nothingChanged(above, below)).isTrue();
        assertThat(nothingChanged(below)).isTrue();
        assertThat(fixture.<Boolean>fact(above, facts -> facts.showsLatest(Set.of(below))))
                .isTrue();
    }

    @Test
    void view_that_was_refreshed_or_emptied_by_hand_shows_nothing_that_is_known() {
        ViewName view = fixture.view("mv");
        DataAsOf asOf = fixture.refresh(view).asOf();
        assertThat(fixture.<Optional<DataAsOf>>fact(view, facts -> facts.shows()))
                .contains(asOf);
        for (String sql : List.of("REFRESH MATERIALIZED VIEW mv", "REFRESH MATERIALIZED VIEW mv WITH NO DATA")) {
            db.execute(sql);
            assertThat(fixture.<Optional<DataAsOf>>fact(view, facts -> facts.shows()))
                    .as(sql)
                    .isEmpty();
            assertThat(fixture.<Optional<Duration>>fact(view, facts -> facts.sinceRefresh()))
                    .isPresent();
            assertThat(fixture.<Boolean>fact(view, facts -> facts.showsLatest(Set.of())))
                    .isFalse();
            assertThat(nothingChanged(view)).isFalse();
            fixture.refresh(view);
        }
    }

    @Test
    void view_that_is_too_far_behind_is_refreshed() {
        ViewName view = refreshed("mv");
        db.execute(
                "SET synchronous_commit = off",
                "DO $$ BEGIN FOR i IN 1..10001 LOOP INSERT INTO olap_sync.own_transaction DEFAULT VALUES; COMMIT;"
                        + " END LOOP; END $$");
        assertThat(nothingChanged(view)).isFalse();
    }

    @Test
    void run_in_which_nothing_changed_asks_for_all_views_at_once_and_takes_no_lock() throws Exception {
        ViewName below = fixture.view("below");
        ViewName above = fixture.view("above", "SELECT a, b FROM below");
        try (OlapSync sync = engine(below, above)) {
            sync.runFull();
            try (RefreshLock elsewhere =
                    fixture.locks.tryAcquire(Set.of(below, above)).orElseThrow()) {
                for (String when : List.of("at first", "again")) {
                    assertThat(sync.refresh("below", "above"))
                            .as(when)
                            .extracting(RefreshResult::reason)
                            .containsOnly(Optional.of(SkipReason.NOTHING_CHANGED));
                }
                db.execute("UPDATE t SET b = 7 WHERE a = 1");
                assertThat(sync.refresh("below", "above"))
                        .extracting(RefreshResult::reason)
                        .contains(Optional.of(SkipReason.ALREADY_RUNNING))
                        .doesNotContain(Optional.of(SkipReason.NOTHING_CHANGED));
            }
            assertThat(sync.refresh("below", "above"))
                    .extracting(RefreshResult::status)
                    .containsOnly(RefreshResult.Status.COMPLETED);
        }
    }

    @Test
    void view_above_one_that_the_run_refreshes_is_decided_after_that() {
        ViewName below = fixture.view("below", "SELECT a, extract(epoch FROM clock_timestamp()) AS b FROM t");
        ViewName above = fixture.view("above", "SELECT a, b FROM below");
        try (OlapSync sync = engine(below, above)) {
            sync.runFull();
            assertThat(nothingChanged(above, below)).as("before the run").isTrue();
            assertThat(sync.refresh("above").get(0).status()).isEqualTo(RefreshResult.Status.COMPLETED);
            assertThat(db.queryForLong("SELECT count(*) FROM (TABLE below EXCEPT TABLE above) d"))
                    .isZero();
        }
    }

    private OlapSync engine(ViewName below, ViewName above) {
        SyncPlan plan = SyncPlan.named("two")
                .view(below.toString())
                .view(above.toString(), view -> view.after(below.toString()))
                .build();
        return OlapSync.builder(plan)
                .install(PostgresPlugin.of(fixture.dataSource))
                .minInterval(Duration.ZERO)
                .build();
    }

    @Test
    void own_transactions_are_forgotten_once_no_view_needs_them() throws Exception {
        ViewName view = refreshed("mv");
        PostgresHistory history = new PostgresHistory(fixture.dataSource, PostgresSchema.of(fixture.dataSource));
        for (int i = 0; i < 20; i++) {
            fixture.states.eventsArriving(Set.of(view));
        }
        history.sweep(Duration.ofDays(1), Duration.ofDays(1));
        assertThat(nothingChanged(view)).isTrue();
        assertThat(ownTransactions()).isGreaterThanOrEqualTo(20);
        fixture.refresh(view);
        history.sweep(Duration.ofDays(1), Duration.ofDays(1));
        assertThat(ownTransactions()).isLessThanOrEqualTo(2);
        assertThat(nothingChanged(view)).isTrue();
        String quiet = db.queryForString("SELECT pg_current_snapshot()");
        history.sweep(Duration.ofDays(1), Duration.ofDays(1));
        assertThat(db.queryForString("SELECT pg_current_snapshot()"))
                .as("a sweep that finds nothing writes nothing")
                .isEqualTo(quiet);
    }

    @Test
    void own_transactions_are_bounded_though_a_view_is_never_refreshed_again() throws Exception {
        refreshed("mv");
        db.execute(
                "SET synchronous_commit = off",
                "DO $$ BEGIN FOR i IN 1..10100 LOOP INSERT INTO olap_sync.own_transaction DEFAULT VALUES; COMMIT;"
                        + " END LOOP; END $$");
        new PostgresHistory(fixture.dataSource, PostgresSchema.of(fixture.dataSource))
                .sweep(Duration.ofDays(1), Duration.ofDays(1));
        assertThat(ownTransactions()).isLessThanOrEqualTo(10_001);
    }

    private long ownTransactions() {
        return db.queryForLong("SELECT count(*) FROM olap_sync.own_transaction");
    }

    private ViewName refreshed(String name) {
        ViewName view = fixture.view(name);
        fixture.refresh(view);
        return view;
    }

    /** The same is said without the lock, of whatever was known of the view before. */
    private boolean nothingChanged(ViewName view, ViewName... ancestors) {
        boolean unchanged = fixture.<Boolean>fact(view, facts -> facts.nothingChanged(Set.of(ancestors)));
        for (String when : List.of("at first", "again")) {
            assertThat(unchanged(view, Set.of(ancestors)))
                    .as("without the lock, %s", when)
                    .isEqualTo(unchanged);
        }
        return unchanged;
    }

    private boolean unchanged(ViewName view, Set<ViewName> ancestors) {
        try {
            boolean unchanged =
                    fixture.states.unchanged(Map.of(view, ancestors)).contains(view);
            assertThat(fixture.states
                            .look(List.of(view), Map.of(view, ancestors))
                            .unchanged()
                            .contains(view))
                    .as("asked with the rest")
                    .isEqualTo(unchanged);
            return unchanged;
        } catch (RefreshException e) {
            throw new IllegalStateException(e);
        }
    }
}
