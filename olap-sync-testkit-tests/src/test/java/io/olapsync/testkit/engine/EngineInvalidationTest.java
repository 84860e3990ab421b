package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.SyncRun;
import io.olapsync.spi.PendingInvalidation;
import io.olapsync.spi.StepOutcome;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.fakes.FaultyStates;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Invalidations that are done, and a store that has not forgotten them yet. */
class EngineInvalidationTest {

    private static final SyncPlan PLAN =
            SyncPlan.named("p").view("a").view("b", v -> v.after("a")).build();

    private final ManualClock clock = ManualClock.at("2026-03-01T03:00:00Z");
    private final InMemoryPlugin fakes = new InMemoryPlugin(clock);
    private final FaultyStates states = new FaultyStates(fakes.warehouse());
    private final OlapSync sync = OlapSync.builder(PLAN)
            .install(registry -> registry.executor(fakes.executor())
                    .locks(fakes.locks())
                    .states(states)
                    .history(fakes.history())
                    .invalidator(fakes.invalidator()))
            .clock(clock)
            .executor(clock.sameThread())
            .scheduler(clock.scheduler())
            .build();

    @AfterEach
    void close() {
        sync.close();
    }

    private SyncReport runFull() {
        SyncRun run = sync.submit(SyncRequest.full());
        for (int i = 0; i < 600 && !run.report().isDone(); i++) {
            clock.advance(Duration.ofSeconds(1));
        }
        return run.report().join();
    }

    private List<PendingInvalidation> stored() {
        return fakes.warehouse().pendingInvalidations(List.of(view("a"), view("b")));
    }

    @Test
    void store_is_told_of_what_is_done_a_moment_later_before_the_run_ends() {
        List<PendingInvalidation> whileBIsRefreshed = new ArrayList<>();
        List<Object> invalidated = new ArrayList<>();
        fakes.executor().always(view("b"), request -> {
            clock.advance(Duration.ofSeconds(1));
            whileBIsRefreshed.addAll(stored());
            invalidated.addAll(fakes.invalidator().invalidated());
        });

        runFull();

        assertThat(invalidated).containsExactly(view("a"));
        assertThat(whileBIsRefreshed).isEmpty();
    }

    @Test
    void closing_step_forgets_what_the_store_has_not_and_does_it_no_second_time() {
        states.refuseToForget(1); // after the commit of a
        fakes.executor().always(view("b"), request -> clock.advance(Duration.ofSeconds(1)));

        SyncReport report = runFull();

        assertThat(fakes.invalidator().invalidated()).containsExactly(view("a"), view("b"));
        assertThat(report.outcome("invalidate_caches")).isInstanceOf(StepOutcome.Passed.class);
        assertThat(stored()).isEmpty();
    }

    @Test
    void entries_of_views_that_follow_each_other_at_once_are_forgotten_together() {
        List<PendingInvalidation> whileBIsRefreshed = new ArrayList<>();
        fakes.executor().always(view("b"), request -> whileBIsRefreshed.addAll(stored()));

        runFull();

        assertThat(whileBIsRefreshed)
                .as("done, and not worth a transaction of its own")
                .hasSize(1);
        assertThat(stored()).isEmpty();
    }

    @Test
    void store_that_cannot_forget_does_so_later_and_nothing_is_done_twice_meanwhile() {
        states.refuseToForget(5);

        SyncReport report = runFull();

        assertThat(stored()).hasSize(2);
        assertThat(report.pendingInvalidations()).as("the caches are right").isEmpty();
        assertThat(sync.health().pendingInvalidations()).isEmpty();
        clock.advance(Duration.ofMinutes(2));
        assertThat(stored()).isEmpty();
        assertThat(fakes.invalidator().invalidated()).containsExactly(view("a"), view("b"));
    }

    @Test
    void next_change_of_a_view_is_invalidated_although_the_last_one_is_not_forgotten() {
        states.refuseToForget(1000);
        runFull();
        fakes.warehouse().sourceRows(7, view("a"));

        runFull();

        assertThat(fakes.invalidator().invalidated()).containsExactly(view("a"), view("b"), view("a"));
    }

    @Test
    void invalidation_that_failed_after_its_commit_is_repeated_in_mid_run() {
        fakes.invalidator().away(true);
        fakes.executor().always(view("b"), request -> fakes.invalidator().away(false));
        SyncReport report = runFull();

        assertThat(report.pendingInvalidations()).isEmpty();
        assertThat(fakes.invalidator().invalidated()).containsExactlyInAnyOrder(view("a"), view("b"));
        assertThat(stored()).isEmpty();
    }
}
