package io.olapsync.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.SyncHistory;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A run of small views does not ask the stores more often than it must. */
class EngineThriftTest {

    private static final SyncPlan PLAN = SyncPlan.named("p")
            .view("a")
            .view("b", v -> v.after("a"))
            .view("c", v -> v.after("b"))
            .build();

    private final ManualClock clock = ManualClock.at("2026-03-01T03:00:00Z");
    private final InMemoryPlugin fakes = new InMemoryPlugin(clock);
    private final CountingHistory history = new CountingHistory(fakes.history());
    private final OlapSync sync = OlapSync.builder(PLAN)
            .install(registry -> registry.executor(fakes.executor())
                    .locks(fakes.locks())
                    .states(fakes.warehouse())
                    .history(history)
                    .invalidator(fakes.invalidator()))
            .clock(clock)
            .executor(clock.sameThread())
            .scheduler(clock.scheduler())
            .build();

    @AfterEach
    void close() {
        sync.close();
    }

    @Test
    void history_of_a_short_run_is_written_when_it_begins_and_when_it_ends() throws Exception {
        SyncReport report = sync.runFull();

        assertThat(history.writes).isEqualTo(2);
        assertThat(history.steps(report.run()))
                .hasSize(5)
                .noneMatch(step -> step.endedAt().isEmpty());
    }

    @Test
    void history_of_a_long_run_is_written_while_it_goes_on() {
        List<Integer> whileCIsRefreshed = new ArrayList<>();
        fakes.executor().always(PLAN.views().get(2).name(), request -> {
            clock.advance(Duration.ofSeconds(1));
            whileCIsRefreshed.add(history.lines);
        });

        sync.runFull();

        assertThat(whileCIsRefreshed).as("the run, and what became of a and b").containsExactly(3);
    }

    @Test
    void runs_close_together_look_once_for_what_dead_processes_left() {
        sync.runFull();
        sync.runFull();
        assertThat(history.sweeps).isEqualTo(1);

        clock.advance(Duration.ofSeconds(11));
        sync.runFull();
        assertThat(history.sweeps).isEqualTo(2);
    }

    @Test
    void view_does_not_wait_for_the_caches_of_what_it_reads_and_the_run_waits_for_all() {
        CountDownLatch lastBegan = new CountDownLatch(1);
        List<Boolean> onTime = Collections.synchronizedList(new ArrayList<>());
        List<ViewName> told = Collections.synchronizedList(new ArrayList<>());
        InMemoryPlugin others = new InMemoryPlugin(clock);
        others.executor().always(PLAN.views().get(2).name(), request -> lastBegan.countDown());
        try (OlapSync threaded = OlapSync.builder(PLAN)
                .install(registry -> registry.executor(others.executor())
                        .locks(others.locks())
                        .states(others.warehouse())
                        .history(others.history())
                        .invalidator(views -> {
                            onTime.add(reached(lastBegan));
                            told.addAll(views);
                        }))
                .build()) {
            SyncReport report = threaded.runFull();

            assertThat(report.pendingInvalidations()).isEmpty();
        }
        assertThat(onTime).isNotEmpty().doesNotContain(false);
        assertThat(new LinkedHashSet<>(told))
                .as("each at least once: what is under way at the end may be told again")
                .containsExactlyElementsOf(
                        PLAN.views().stream().map(view -> view.name()).toList());
    }

    private static boolean reached(CountDownLatch latch) {
        try {
            return latch.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static final class CountingHistory implements SyncHistory {

        private final SyncHistory target;
        private int writes;
        private int lines;
        private int sweeps;

        CountingHistory(SyncHistory target) {
            this.target = target;
        }

        @Override
        public void write(List<? extends HistoryEntry> entries) throws RefreshException {
            writes++;
            lines += entries.size();
            target.write(entries);
        }

        @Override
        public List<HistoryEntry.Run> recentRuns(String plan, int limit) throws RefreshException {
            return target.recentRuns(plan, limit);
        }

        @Override
        public Optional<HistoryEntry.Run> lastCompleted(String plan, SyncKind kind) throws RefreshException {
            return target.lastCompleted(plan, kind);
        }

        @Override
        public Optional<HistoryEntry.Run> run(RunId run) throws RefreshException {
            return target.run(run);
        }

        @Override
        public Map<RunId, List<HistoryEntry.Step>> steps(Collection<RunId> runs) throws RefreshException {
            return target.steps(runs);
        }

        @Override
        public Map<ViewName, HistoryEntry.Step> latest(Collection<ViewName> views) throws RefreshException {
            return target.latest(views);
        }

        @Override
        public List<RunId> sweep(Duration silence, Duration keep) throws RefreshException {
            sweeps++;
            return target.sweep(silence, keep);
        }
    }
}
