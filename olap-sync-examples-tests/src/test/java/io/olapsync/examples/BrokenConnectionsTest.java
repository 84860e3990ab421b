package io.olapsync.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.olapsync.OlapSync;
import io.olapsync.Publication;
import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.SyncRun;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncEvent;
import io.olapsync.testkit.EmbeddedPostgres;
import io.olapsync.testkit.TcpProxy;
import io.olapsync.testkit.TestServers;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What breaks between the engine and PostgreSQL while a refresh is under way. */
class BrokenConnectionsTest {

    private static final SyncPlan PLAN = SyncPlan.named("fragile")
            .view("slow")
            .view("next", view -> view.after("slow"))
            .build();

    private final SeenEvents seen = new SeenEvents();

    private static Warehouse warehouse() {
        Warehouse warehouse = Warehouse.create();
        createViews(warehouse);
        return warehouse;
    }

    private static void createViews(Warehouse warehouse) {
        warehouse.gatedView("slow");
        warehouse.view("next", "SELECT a, b FROM slow");
        warehouse.change();
    }

    private static SyncReport report(SyncRun run) throws Exception {
        return run.report().get(Warehouse.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private static void assertRepaired(SyncReport report, Warehouse warehouse) {
        assertThat(report.succeeded()).as(report::toString).isTrue();
        assertThat(report.step("slow").attempts()).isGreaterThan(1);
        assertThat(warehouse.sum("next")).isEqualTo(warehouse.sum("t"));
        warehouse.awaitNothingLeft();
    }

    /** A pool on this link, as a host would have one. */
    private static HikariDataSource pool(Warehouse warehouse, TcpProxy link) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(warehouse.db.jdbcUrl().replaceFirst("//[^/]*/", "//127.0.0.1:" + link.port() + "/"));
        config.setMaximumPoolSize(6);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(1_000);
        config.setValidationTimeout(500);
        return new HikariDataSource(config);
    }

    private static TcpProxy linkTo(Warehouse warehouse) {
        URI server = URI.create(warehouse.db.jdbcUrl().substring("jdbc:".length()));
        return TcpProxy.to(server.getHost(), server.getPort());
    }

    @ParameterizedTest
    @EnumSource(Publication.class)
    void backend_terminated_in_mid_refresh_is_retried_on_a_new_connection(Publication publication) throws Exception {
        try (Warehouse warehouse = warehouse();
                OlapSync sync = warehouse.sync(PLAN).listener(seen).build()) {
            SyncRun run;
            try (Warehouse.Gate gate = warehouse.shutGate()) {
                run = sync.submit(SyncRequest.full().withPublication(publication));
                warehouse.awaitAtGate(1);
                assertThat(warehouse.terminateAtGate()).isOne();
                SyncEvent.StepRetrying retrying = seen.awaitRetry("slow");
                assertThat(retrying.cause().kind()).isEqualTo(Kind.TRANSIENT);
                assertThat(retrying.cause().sqlState()).contains("57P01");
                warehouse.awaitAtGate(1);
            }
            SyncReport report = report(run);

            assertRepaired(report, warehouse);
            assertThat(report.step("slow").attempts()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource(Publication.class)
    void link_cut_in_mid_refresh_and_restored_is_survived(Publication publication) throws Exception {
        try (Warehouse warehouse = warehouse();
                TcpProxy link = linkTo(warehouse);
                HikariDataSource pool = pool(warehouse, link);
                OlapSync sync = warehouse.sync(PLAN, pool).listener(seen).build()) {
            SyncRun run;
            try (Warehouse.Gate gate = warehouse.shutGate()) {
                run = sync.submit(SyncRequest.full().withPublication(publication));
                warehouse.awaitAtGate(1);
                link.cut();
                assertThat(seen.awaitRetry("slow").cause().kind()).isEqualTo(Kind.TRANSIENT);
                warehouse.awaitAtGate(0);
                link.restore();
                warehouse.awaitAtGate(1);
            }
            assertRepaired(report(run), warehouse);
        }
    }

    @Test
    void refresh_behind_a_link_that_swallows_everything_ends_with_its_deadline_and_a_later_run_works()
            throws Exception {
        try (Warehouse warehouse = warehouse();
                TcpProxy link = linkTo(warehouse);
                HikariDataSource pool = pool(warehouse, link);
                // the log of a run waits for the longest of them
                OlapSync sync = warehouse
                        .sync(PLAN, HastyTimeouts.of(pool))
                        .viewDeadline(Duration.ofSeconds(1))
                        .build()) {
            try (Warehouse.Gate gate = warehouse.shutGate()) {
                SyncRun run = sync.submit(SyncRequest.full());
                warehouse.awaitAtGate(1);
                link.blackhole();

                SyncReport report = report(run);

                assertThat(report.succeeded()).isFalse();
                assertThat(report.outcome("slow")).isInstanceOfSatisfying(StepOutcome.Failed.class, failed -> {
                    assertThat(failed.cause().kind()).isEqualTo(Kind.TIMED_OUT);
                    assertThat(failed.attempts()).isOne();
                });
                // The server has ended the refresh by itself; that its client is gone it cannot know.
                warehouse.awaitNothingLeft();
            }
            link.restore();

            SyncReport later = sync.runFull();

            assertThat(later.succeeded()).as(later::toString).isTrue();
            assertThat(warehouse.sum("next")).isEqualTo(warehouse.sum("t"));
        }
    }

    @ParameterizedTest
    @EnumSource(Publication.class)
    void server_killed_in_mid_refresh_and_restarted_is_survived(Publication publication) throws Exception {
        // What its processes wrote outlives them without fsync, which would make the recovery long.
        try (EmbeddedPostgres server =
                        EmbeddedPostgres.builder().setting("fsync", "off").start();
                Warehouse warehouse = Warehouse.on(server, TestServers.redis())) {
            createViews(warehouse);
            try (OlapSync sync = warehouse.sync(PLAN).listener(seen).build();
                    Warehouse.Gate gate = warehouse.shutGate()) {
                SyncRun run = sync.submit(SyncRequest.full().withPublication(publication));
                warehouse.awaitAtGate(1);

                server.kill(); // and with it the session that keeps the gate shut
                assertThat(seen.awaitRetry("slow").cause().kind()).isEqualTo(Kind.TRANSIENT);
                server.restart();

                SyncReport report = report(run);
                assertRepaired(report, warehouse);
                assertThat(warehouse.db.rows("SELECT status FROM olap_sync.run"))
                        .containsExactly(List.of("completed"));
            }
        }
    }
}
