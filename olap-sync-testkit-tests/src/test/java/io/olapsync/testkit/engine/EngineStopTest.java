package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.SyncRun;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncClock;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.SyncHistory;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import io.olapsync.testkit.fakes.NoHistory;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class EngineStopTest {

    private static final SyncPlan STAR = SyncPlan.named("star")
            .view("dim_a")
            .view("dim_b")
            .view("fact", v -> v.after("dim_a", "dim_b"))
            .view("summary", v -> v.after("fact"))
            .view("other")
            .build();

    @Test
    void cancelled_run_skips_what_has_not_begun_and_ends_at_once() {
        try (VirtualEngine engine = new VirtualEngine(STAR)) {
            engine.fakes.executor().fail(view("dim_a"), Kind.TRANSIENT, 1);
            SyncRun run = engine.sync.submit(SyncRequest.full());

            run.cancel();

            SyncReport report = run.report().join();
            assertThat(report.status()).isEqualTo(RunStatus.FAILED);
            assertThat(report.outcome("dim_a")).isInstanceOf(StepOutcome.Failed.class);
            assertThat(report.outcome("fact")).isEqualTo(new StepOutcome.Skipped(SkipReason.CANCELLED, ""));
            assertThat(report.outcome("dim_b").succeeded()).isTrue();
            assertThat(report.outcome("record_sync_completion").succeeded()).isTrue();
        }
    }

    @Test
    void cancel_reaches_the_refresh_that_is_under_way() throws Exception {
        InMemoryPlugin fakes = new InMemoryPlugin(SyncClock.system());
        CountDownLatch underWay = new CountDownLatch(1);
        fakes.executor().next(view("fact"), request -> {
            CountDownLatch cancelled = new CountDownLatch(1);
            request.cancel().onCancel(cancelled::countDown);
            underWay.countDown();
            awaitOrFail(cancelled);
            throw new RefreshException(Kind.CANCELLED, "cancelled", null);
        });
        try (OlapSync sync = OlapSync.builder(STAR).install(fakes).build()) {
            SyncRun run = sync.submit(SyncRequest.full());
            awaitOrFail(underWay);

            run.cancel();

            SyncReport report = run.report().get(20, TimeUnit.SECONDS);
            assertThat(report.status()).isEqualTo(RunStatus.CANCELLED);
            assertThat(report.outcome("fact")).isEqualTo(new StepOutcome.Skipped(SkipReason.CANCELLED, ""));
            assertThat(report.outcome("summary")).isEqualTo(new StepOutcome.Skipped(SkipReason.CANCELLED, ""));
            assertThat(fakes.locks().held()).isEmpty();
        }
    }

    @Test
    void close_cancels_what_does_not_end_within_its_grace() {
        InMemoryPlugin fakes = new InMemoryPlugin(SyncClock.system());
        CountDownLatch underWay = new CountDownLatch(1);
        fakes.executor().next(view("fact"), request -> {
            CountDownLatch cancelled = new CountDownLatch(1);
            request.cancel().onCancel(cancelled::countDown);
            underWay.countDown();
            awaitOrFail(cancelled);
            throw new RefreshException(Kind.CANCELLED, "cancelled", null);
        });
        OlapSync sync = OlapSync.builder(STAR)
                .install(fakes)
                .closeGrace(Duration.ofMillis(1))
                .build();
        SyncRun run = sync.submit(SyncRequest.full());
        awaitOrFail(underWay);

        sync.close();

        assertThat(run.report()).isDone();
        assertThat(run.report().join().outcome("record_sync_completion").succeeded())
                .isTrue();
        assertThat(fakes.locks().held()).isEmpty();
    }

    @Test
    void close_lets_a_refresh_end_that_needs_less_than_its_grace() throws Exception {
        InMemoryPlugin fakes = new InMemoryPlugin(SyncClock.system());
        CountDownLatch underWay = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        fakes.executor().next(view("fact"), request -> {
            underWay.countDown();
            awaitOrFail(release);
        });
        OlapSync sync = OlapSync.builder(STAR).install(fakes).build();
        SyncRun run = sync.submit(SyncRequest.full());
        awaitOrFail(underWay);
        Thread closing = new Thread(sync::close);
        closing.start();
        while (closing.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait(); // close() waits for the run now
        }

        release.countDown();
        closing.join(20_000);

        SyncReport report = run.report().join();
        assertThat(report.outcome("fact").succeeded()).isTrue();
        assertThat(report.outcome("summary")).isEqualTo(new StepOutcome.Skipped(SkipReason.CANCELLED, ""));
    }

    private static void awaitOrFail(CountDownLatch latch) {
        try {
            if (!latch.await(20, TimeUnit.SECONDS)) {
                throw new AssertionError("did not happen within 20 s");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void run_deadline_ends_a_run_that_waits() {
        try (VirtualEngine engine = new VirtualEngine(STAR)) {
            engine.fakes.locks().tryAcquire(Set.of(view("dim_a")));

            SyncReport report =
                    engine.finish(engine.sync.submit(SyncRequest.full().withDeadline(Duration.ofMinutes(10))));

            assertThat(report.status()).isEqualTo(RunStatus.CANCELLED);
            assertThat(report.makespan()).isEqualTo(Duration.ofMinutes(10));
            assertThat(report.outcome("dim_a")).isEqualTo(new StepOutcome.Skipped(SkipReason.RUN_DEADLINE, ""));
        }
    }

    @Test
    void attempt_is_told_its_deadline_or_what_is_left_of_the_run() {
        SyncPlan plan = SyncPlan.named("p")
                .view("a", v -> v.deadline(Duration.ofMinutes(2)))
                .view("b")
                .build();
        try (VirtualEngine engine = new VirtualEngine(plan)) {
            engine.fakes.executor().next(view("a"), r -> assertThat(r.timeout()).isEqualTo(Duration.ofMinutes(2)));
            engine.fakes.executor().next(view("b"), r -> assertThat(r.timeout()).isEqualTo(Duration.ofMinutes(9)));
            SyncReport report =
                    engine.finish(engine.sync.submit(SyncRequest.full().withDeadline(Duration.ofMinutes(9))));
            assertThat(report.succeeded()).isTrue();
        }
    }

    @Test
    void close_drops_waiting_retries_and_reports_them() {
        VirtualEngine engine = new VirtualEngine(STAR, b -> b.closeGrace(Duration.ZERO));
        engine.fakes.executor().fail(view("dim_a"), Kind.TRANSIENT, 1);
        SyncRun run = engine.sync.submit(SyncRequest.full());

        engine.close();
        engine.close();

        assertThat(run.report().join().outcome("fact")).isEqualTo(new StepOutcome.Skipped(SkipReason.CANCELLED, ""));
        assertThatThrownBy(() -> engine.sync.runFull())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("star");
    }

    @Test
    void work_that_never_comes_back_is_left_behind_when_the_run_is_over_its_deadline() {
        try (Stuck stuck = new Stuck("fact")) {
            SyncRun run = stuck.sync.submit(SyncRequest.full().withDeadline(Duration.ofMinutes(10)));
            awaitOrFail(stuck.underWay);

            stuck.clock.advance(Duration.ofMinutes(10));
            assertThat(run.report()).isNotDone();

            SyncReport report = whileTimePasses(stuck.clock, run);
            assertThat(report.outcome("fact"))
                    .isInstanceOfSatisfying(
                            StepOutcome.Failed.class,
                            failed -> assertThat(failed.cause()).hasMessageContaining("did not come back"));
            assertThat(report.outcome("summary")).isEqualTo(new StepOutcome.Skipped(SkipReason.RUN_DEADLINE, ""));
            assertThat(stuck.fakes.locks().held()).containsExactly(view("fact")); // nobody else may refresh it
        }
    }

    @Test
    void history_that_never_comes_back_does_not_hold_the_report() {
        ManualClock clock = ManualClock.at("2026-03-01T03:00:00Z");
        InMemoryPlugin fakes = new InMemoryPlugin(clock);
        CountDownLatch release = new CountDownLatch(1);
        SyncHistory stuck = new NoHistory() {
            @Override
            public void write(List<? extends HistoryEntry> entries) {
                awaitOrFail(release);
            }
        };
        CountDownLatch refreshed = new CountDownLatch(1);
        try (OlapSync sync = OlapSync.builder(STAR)
                .install(registry -> registry.executor(fakes.executor())
                        .locks(fakes.locks())
                        .states(fakes.warehouse())
                        .history(stuck))
                .listener(event -> {
                    if (event instanceof SyncEvent.StepStarted s && s.step().equals("record_sync_completion")) {
                        refreshed.countDown();
                    }
                })
                .clock(clock)
                .scheduler(clock.scheduler())
                .build()) {
            SyncRun run = sync.submit(SyncRequest.full());
            awaitOrFail(refreshed);

            SyncReport report = whileTimePasses(clock, run);

            assertThat(report.outcome("record_sync_completion"))
                    .isInstanceOfSatisfying(
                            StepOutcome.Failed.class,
                            failed -> assertThat(failed.cause())
                                    .hasRootCauseMessage("the history was not written within PT1M"));
            assertThat(report.outcome("summary").succeeded()).isTrue();
            release.countDown();
        }
    }

    /** Lets minutes pass until the run has ended: the limit of the step may be set after the step was announced. */
    private static SyncReport whileTimePasses(ManualClock clock, SyncRun run) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!run.report().isDone() && System.nanoTime() < end) {
            clock.advance(Duration.ofMinutes(1));
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        return run.report().orTimeout(1, TimeUnit.SECONDS).join();
    }

    /** An engine on a manual clock and real threads, whose refresh of one view never comes back until it is closed. */
    private static final class Stuck implements AutoCloseable {

        final ManualClock clock = ManualClock.at("2026-03-01T03:00:00Z");
        final InMemoryPlugin fakes = new InMemoryPlugin(clock);
        final CountDownLatch underWay = new CountDownLatch(1);
        final CountDownLatch release = new CountDownLatch(1);
        final OlapSync sync;

        Stuck(String view) {
            fakes.executor().next(view(view), request -> {
                underWay.countDown();
                awaitOrFail(release);
            });
            sync = OlapSync.builder(STAR)
                    .install(fakes)
                    .clock(clock)
                    .scheduler(clock.scheduler())
                    .build();
        }

        @Override
        public void close() {
            release.countDown();
            sync.close();
        }
    }
}
