package io.olapsync.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.jdbc.PostgresSchema;
import io.olapsync.jdbc.PostgresTicks;
import io.olapsync.schedule.Misfire;
import io.olapsync.schedule.Schedule;
import io.olapsync.spi.TickClaim;
import io.olapsync.spi.TickStore;
import io.olapsync.testkit.ChildJvm;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** A tick that three processes find due at the same time: one of them runs it, as the database decides. */
@Timeout(120)
class ThreeProcessesOneTickTest {

    private static final int PROCESSES = 3;
    private static final SyncPlan PLAN = SyncPlan.named("p").view("mv").build();

    private final Warehouse warehouse = Warehouse.create();
    private final List<ChildJvm> children = new ArrayList<>();

    @AfterEach
    void close() {
        children.forEach(ChildJvm::close);
        warehouse.close();
    }

    @Test
    void three_processes_that_have_all_seen_that_nobody_has_claimed_a_tick_run_it_once() throws Exception {
        warehouse.view("mv");
        TickStore ticks =
                new PostgresTicks(warehouse.db.pooledDataSource(), PostgresSchema.of(warehouse.db.pooledDataSource()));
        // Twice a day, and half a day from the next: there is one tick, and none comes while the test runs.
        ZonedDateTime now = ticks.read("p").now().atZone(ZoneOffset.UTC);
        String cron = now.getMinute() + " " + (now.getHour() + 6) % 12 + "-23/12 * * *";
        Schedule schedule = schedule(cron);
        Instant before = schedule.lastBetween(
                        now.toInstant().minus(Duration.ofDays(2)),
                        now.toInstant().minus(Duration.ofHours(13)))
                .orElseThrow();
        Instant tick = schedule.lastBetween(before, now.toInstant()).orElseThrow();
        assertThat(ticks.claim(
                        new TickClaim("p", "twice", before, Optional.empty(), "1@gone", "left to history"),
                        Duration.ZERO))
                .isTrue();
        try (Connection gate = warehouse.db.connect();
                Statement statement = gate.createStatement()) {
            gate.setAutoCommit(false);
            statement.execute("LOCK TABLE olap_sync.tick IN SHARE MODE"); // it can be read, and nobody claims
            for (int i = 0; i < PROCESSES; i++) {
                children.add(ChildJvm.of(Host.class)
                        .args(warehouse.db.jdbcUrl(), cron)
                        .start());
            }
            warehouse.db.await("SELECT count(DISTINCT pid) = " + PROCESSES
                    + " FROM pg_locks WHERE relation = 'olap_sync.tick'::regclass AND NOT granted");
        }
        warehouse.db.await("SELECT EXISTS (SELECT FROM olap_sync.run WHERE status = 'completed')");
        for (ChildJvm child : children) {
            child.writeLine("that is all");
        }
        for (ChildJvm child : children) {
            assertThat(child.exitCode(Warehouse.PATIENCE))
                    .as(() -> String.join("\n", child.lines()))
                    .isZero();
        }

        assertThat(warehouse.db.rows("SELECT kind, trigger, status FROM olap_sync.run"))
                .containsExactly(List.of("full", "schedule twice", "completed"));
        assertThat(warehouse.db.rows("SELECT status FROM olap_sync.refresh_history"))
                .containsExactly(List.of("completed"));
        TickClaim claim = ticks.read("p").last("twice").orElseThrow().claim();
        assertThat(claim.tick()).isEqualTo(tick);
        assertThat(claim.isRun()).isTrue();
        assertThat(children.stream().map(ChildJvm::pid))
                .anyMatch(pid -> claim.process().startsWith(pid + "@"));
    }

    private static Schedule schedule(String cron) {
        return Schedule.of("twice", cron).onMisfire(Misfire.RUN_ONCE);
    }

    /** A replica that does nothing but follow the schedule. */
    static final class Host {

        private Host() {}

        public static void main(String[] args) throws Exception {
            PGSimpleDataSource dataSource = new PGSimpleDataSource();
            dataSource.setURL(args[0]);
            try (OlapSync sync = OlapSync.builder(PLAN)
                    .install(Warehouse.postgresPlugin(dataSource))
                    .schedule(schedule(args[1]))
                    .build()) {
                sync.start();
                int told = System.in.read();
                System.out.println("told to end: " + told);
            }
        }
    }
}
