package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.SyncPlan;
import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.RunId;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SyncKind;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What processes that died have left is picked up by an engine that merely lives: no run is submitted here. */
class EngineHousekeepingTest {

    private static final SyncPlan PLAN = SyncPlan.named("p").view("a").build();
    private static final Duration A_MINUTE = Duration.ofMinutes(1);

    private static void commitAndDie(VirtualEngine engine, long rows) throws Exception {
        engine.fakes.warehouse().sourceRows(view("a"), rows);
        try (RefreshLock lock =
                engine.fakes.locks().tryAcquire(Set.of(view("a"))).orElseThrow()) {
            engine.fakes
                    .warehouse()
                    .refresh(
                            new RefreshRequest(
                                    RunId.random(),
                                    SyncKind.FULL,
                                    List.of(view("a")),
                                    A_MINUTE,
                                    Map.of(),
                                    true,
                                    CancelSignal.never()),
                            lock);
        }
    }

    private static RunId beginAndDie(VirtualEngine engine) {
        RunId run = RunId.random();
        engine.fakes
                .history()
                .write(List.of(new HistoryEntry.Run(
                        run,
                        "p",
                        SyncKind.FULL,
                        "schedule",
                        RunStatus.RUNNING,
                        engine.clock.now(),
                        Optional.empty(),
                        "another process",
                        Optional.empty())));
        return run;
    }

    private static List<HistoryEntry.Run> running(VirtualEngine engine) {
        return engine.fakes.history().recentRuns("p", 10).stream()
                .filter(run -> run.status() == RunStatus.RUNNING)
                .toList();
    }

    @Test
    void invalidations_left_behind_are_done_again_and_again() throws Exception {
        try (VirtualEngine engine = new VirtualEngine(PLAN)) {
            for (int round = 1; round <= 3; round++) {
                commitAndDie(engine, round);
                engine.clock.advance(A_MINUTE);
                assertThat(engine.fakes.invalidator().invalidated()).hasSize(round);
                assertThat(engine.fakes.warehouse().pendingInvalidations(List.of(view("a"))))
                        .isEmpty();
            }
        }
    }

    @Test
    void runs_of_dead_processes_are_abandoned_again_and_again() {
        try (VirtualEngine engine = new VirtualEngine(PLAN)) {
            for (int round = 1; round <= 3; round++) {
                beginAndDie(engine);
                engine.clock.advance(A_MINUTE);
                assertThat(running(engine)).isEmpty();
            }
            assertThat(engine.fakes.history().recentRuns("p", 10))
                    .hasSize(3)
                    .allMatch(run -> run.status() == RunStatus.ABANDONED);
        }
    }

    @Test
    void run_that_has_just_begun_elsewhere_is_left_alone() {
        try (VirtualEngine engine = new VirtualEngine(PLAN, b -> b.heartbeat(A_MINUTE, A_MINUTE.multipliedBy(2)))) {
            beginAndDie(engine);
            engine.clock.advance(A_MINUTE);
            assertThat(running(engine)).hasSize(1);
        }
    }

    @Test
    void old_history_is_deleted_in_the_time_that_was_set() {
        try (VirtualEngine engine = new VirtualEngine(PLAN, b -> b.historyKeep(Duration.ofHours(1)))) {
            beginAndDie(engine);
            engine.clock.advance(Duration.ofMinutes(59));
            assertThat(engine.fakes.history().recentRuns("p", 10)).hasSize(1);
            engine.clock.advance(Duration.ofMinutes(2));
            assertThat(engine.fakes.history().recentRuns("p", 10)).isEmpty();
        }
    }

    @Test
    void engine_that_is_closed_looks_after_nothing() throws Exception {
        VirtualEngine engine = new VirtualEngine(PLAN);
        engine.close();
        commitAndDie(engine, 1);
        beginAndDie(engine);

        engine.clock.advance(A_MINUTE.multipliedBy(5));

        assertThat(engine.fakes.invalidator().invalidated()).isEmpty();
        assertThat(running(engine)).hasSize(1);
    }
}
