package io.olapsync.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.RefreshOptions;
import io.olapsync.RefreshResult;
import io.olapsync.SyncPlan;
import io.olapsync.report.PlanJson;
import io.olapsync.spi.SkipReason;
import io.olapsync.testkit.ChildJvm;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** What one process says about a view and another one holds to. */
class HeldBackProcessesTest {

    private static final Duration INTERVAL = Duration.ofSeconds(3);

    private static final SyncPlan PLAN = SyncPlan.named("held")
            .view("dim")
            .view("mv", view -> view.after("dim").minInterval(INTERVAL))
            .onEvent("changed", "mv")
            .build();

    private final Warehouse warehouse = Warehouse.create();
    private final EventFeed feed = EventFeed.of(warehouse);

    @AfterEach
    void close() {
        feed.close();
        warehouse.close();
    }

    private void createViews() {
        warehouse.view("dim");
        warehouse.view("mv", "SELECT a, b FROM dim");
    }

    private RefreshResult refreshMv(OlapSync sync) {
        return sync.refresh("mv").get(0);
    }

    @Test
    void interval_is_a_real_duration_by_the_clock_of_the_database() {
        createViews();
        try (OlapSync sync = warehouse.sync(PLAN).build()) {
            assertThat(sync.runFull().succeeded()).isTrue();
            for (String age : List.of("26 hours", "-2 hours", "1 month", "3.1 s")) {
                warehouse.change();
                aged("0");
                assertThat(refreshMv(sync).reason()).contains(SkipReason.TOO_RECENT);
                aged(age);
                assertThat(refreshMv(sync).status()).as(age).isEqualTo(RefreshResult.Status.COMPLETED);
            }
        }
    }

    /** As if the clock of the database had moved on by so much since mv was refreshed; backwards where that is negative. */
    private void aged(String time) {
        warehouse.db.execute("UPDATE olap_sync.view_state SET as_of = clock_timestamp() - interval '" + time
                + "', refreshed_at = clock_timestamp() - interval '" + time + "' WHERE view_name = 'mv'");
    }

    @Test
    void deferred_call_outlives_the_process_that_deferred_it() {
        createViews();
        try (OlapSync next = warehouse.sync(PLAN).build()) {
            try (ChildJvm child = ChildJvm.of(DeferringMain.class)
                    .args(warehouse.db.jdbcUrl(), PlanJson.write(PLAN))
                    .start()) {
                child.awaitLine(line -> line.equals("refreshed"), Warehouse.PATIENCE);
                warehouse.change();
                child.writeLine("again");
                child.awaitLine(line -> line.equals("deferred"), Warehouse.PATIENCE);
                child.kill();
            }
            assertThat(warehouse.sum("mv")).isZero();
            next.start(); // looks for orders at once

            feed.awaitRefreshes("mv", 2);

            assertThat(warehouse.sum("mv")).isOne();
            assertThat(warehouse.db.queryForBoolean(
                            "SELECT max(as_of) - min(as_of) >= interval '2.9 s' FROM olap_sync.step"
                                    + " WHERE view_name = 'mv' AND status = 'completed'"))
                    .as("not before the interval was over")
                    .isTrue();
            warehouse.db.await("SELECT NOT EXISTS (SELECT FROM olap_sync.refresh_order)");
        }
    }

    @Test
    void pause_holds_for_calls_events_and_full_syncs_of_another_process() throws Exception {
        createViews();
        try (OlapSync one = feed.sync(PLAN).build();
                OlapSync two = feed.sync(PLAN).build()) {
            two.start();
            feed.awaitFirstOrders("mv");
            one.pause("the month is being closed", "mv");
            long before = feed.refreshes("mv");
            warehouse.change();

            assertThat(refreshMv(two).reason()).contains(SkipReason.PAUSED);
            assertThat(two.runFull().outcome("mv").toString()).contains("paused");
            feed.change("changed");
            feed.awaitAllAcknowledged(); // since what it demands is an order now
            feed.awaitNoRun();
            assertThat(feed.refreshes("mv")).isEqualTo(before);
            assertThat(ordered()).containsExactly("mv");
        }
        // It outlives both processes, too.
        try (OlapSync three = feed.sync(PLAN).build()) {
            assertThat(refreshMv(three).reason()).contains(SkipReason.PAUSED);
            three.resume("mv");
            three.start();
            warehouse.db.await("SELECT NOT EXISTS (SELECT FROM olap_sync.refresh_order)");
            assertThat(warehouse.sum("mv")).isEqualTo(warehouse.sum("t")).isEqualTo(2);
        }
    }

    private List<Object> ordered() {
        return warehouse.db.rows("SELECT view_name FROM olap_sync.refresh_order ORDER BY id").stream()
                .map(row -> row.get(0))
                .toList();
    }

    @Test
    void event_that_a_paused_view_beneath_keeps_from_being_shown_is_an_order_for_that_one() throws Exception {
        createViews();
        try (OlapSync one = feed.sync(PLAN).build()) {
            one.start();
            feed.awaitFirstOrders("mv");
            one.pause("being rebuilt", "dim");
            long runs = warehouse.db.queryForLong("SELECT count(*) FROM olap_sync.run");
            for (int event = 1; event <= 2; event++) {
                feed.change("changed");
                feed.awaitAllAcknowledged();
                feed.awaitNoRun();
                assertThat(ordered()).as("what dim lacks, mv lacks").containsExactly("dim");
                assertThat(warehouse.db.queryForLong("SELECT count(*) FROM olap_sync.run") - runs)
                        .as("mv is refreshed on what there is, once for each event")
                        .isEqualTo(event);
            }
            assertThat(warehouse.sum("mv")).isZero();
            one.resume("dim");
        }
        try (OlapSync two = feed.sync(PLAN).build()) {
            two.start();
            warehouse.db.await("SELECT NOT EXISTS (SELECT FROM olap_sync.refresh_order)");
            EventFeed.await(() -> "mv shows " + warehouse.sum("mv"), () -> warehouse.sum("mv") == 2);
        }
    }

    @Test
    void order_stays_until_the_paused_view_beneath_shows_what_it_asks_for() throws Exception {
        createViews();
        try (OlapSync one = warehouse.sync(PLAN).build()) {
            assertThat(one.runFull().succeeded()).isTrue();
            one.pause("being rebuilt", "dim");
            warehouse.change();
            RefreshOptions deferring = RefreshOptions.DEFAULTS.deferring();
            assertThat(one.refresh(deferring, "mv").get(0).deferred()).isTrue();
            feed.awaitRefreshes("mv", 2); // when the interval ends, on the old dim
            feed.awaitNoRun();
            assertThat(ordered()).as("mv does not show it").containsExactly("mv");

            one.resume("dim");
        }
        try (OlapSync two = warehouse.sync(PLAN).build()) {
            two.start();
            warehouse.db.await("SELECT NOT EXISTS (SELECT FROM olap_sync.refresh_order)");
            assertThat(warehouse.sum("mv")).isOne();
        }
    }

    @Test
    void suspension_after_failures_holds_for_another_process_until_it_is_resumed() throws Exception {
        createViews();
        warehouse.db.execute(
                "CREATE TABLE broken (x int)",
                "CREATE FUNCTION maybe() RETURNS int LANGUAGE sql STABLE AS"
                        + " $$ SELECT (1 / (SELECT count(*) FROM public.broken) )::int $$",
                "INSERT INTO broken VALUES (1)",
                "DROP MATERIALIZED VIEW mv");
        warehouse.view("mv", "SELECT a, b * maybe() AS b FROM dim");
        warehouse.db.execute("DELETE FROM broken");
        try (OlapSync one = feed.sync(PLAN).suspendAfter(2).build();
                OlapSync two = feed.sync(PLAN).suspendAfter(2).build()) {
            for (OlapSync each : List.of(one, two)) {
                assertThat(each.refresh(RefreshOptions.DEFAULTS, "mv").get(0).status())
                        .isEqualTo(RefreshResult.Status.FAILED);
            }
            warehouse.db.execute("INSERT INTO broken VALUES (1)");
            warehouse.change();
            assertThat(refreshMv(one).reason()).contains(SkipReason.SUSPENDED);
            assertThat(refreshMv(two).reason()).contains(SkipReason.SUSPENDED);

            one.resume("mv");

            assertThat(refreshMv(two).status()).isEqualTo(RefreshResult.Status.COMPLETED);
            assertThat(warehouse.sum("mv")).isOne();
        }
    }

    /** Refreshes, and when told to, has another refresh deferred. */
    static final class DeferringMain {

        private DeferringMain() {}

        public static void main(String[] args) throws Exception {
            PGSimpleDataSource dataSource = new PGSimpleDataSource();
            dataSource.setURL(args[0]);
            OlapSync sync = OlapSync.builder(PlanJson.parse(args[1]))
                    .install(Warehouse.postgresPlugin(dataSource))
                    .build();
            RefreshOptions deferring = RefreshOptions.DEFAULTS.deferring();
            expect(sync.refresh(deferring, "mv").get(0).status() == RefreshResult.Status.COMPLETED, "refreshed");
            int read = System.in.read();
            expect(read >= 0 && sync.refresh(deferring, "mv").get(0).deferred(), "deferred");
            while (true) {
                LockSupport.park();
            }
        }

        private static void expect(boolean happened, String what) {
            System.out.println(happened ? what : "not " + what);
        }
    }
}
