package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.Publication;
import io.olapsync.Selection;
import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.SyncRun;
import io.olapsync.spi.CacheInvalidator;
import io.olapsync.spi.CacheUnavailableException;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncClock;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.SyncPlugin;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import io.olapsync.testkit.fakes.NoHistory;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Whatever the parts that others wrote throw, a run ends, and says how. On real threads, in real time. */
class RobustEngineTest {

    private static final SyncPlan PLAN =
            SyncPlan.named("p").view("a").view("b", v -> v.after("a")).build();

    private final InMemoryPlugin fakes = new InMemoryPlugin(SyncClock.system());

    @Test
    void error_in_a_listener_ends_nothing() throws Exception {
        try (OlapSync sync = OlapSync.builder(PLAN)
                .install(fakes)
                .listener(event -> {
                    throw new AssertionError("of a listener");
                })
                .build()) {
            assertThat(ended(sync).status()).isEqualTo(RunStatus.COMPLETED);
        }
    }

    @Test
    void adapter_that_throws_an_undeclared_checked_exception_fails_its_view() throws Exception {
        fakes.executor().always(view("a"), request -> RobustEngineTest.<RuntimeException>thrown(new IOException("x")));
        try (OlapSync sync = OlapSync.builder(PLAN).install(fakes).build()) {
            assertThat(ended(sync).outcome("a")).isInstanceOf(StepOutcome.Failed.class);
        }
    }

    @Test
    void thread_that_cannot_be_created_fails_the_step_and_not_the_engine() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        try (OlapSync sync = OlapSync.builder(PLAN)
                .install(fakes)
                .maxConcurrentRefreshes(1)
                .executor(work -> {
                    if (calls.incrementAndGet() == 1) {
                        throw new OutOfMemoryError("unable to create native thread");
                    }
                    new Thread(work).start();
                })
                .build()) {
            ended(sync);
            assertThat(ended(sync).status()).isEqualTo(RunStatus.COMPLETED);
        }
    }

    @Test
    void error_in_the_history_ends_the_run_as_any_failure_to_write_does() throws Exception {
        try (OlapSync sync = OlapSync.builder(PLAN)
                .install(registry -> {
                    registry.executor(fakes.executor()).locks(fakes.locks()).states(fakes.warehouse());
                    registry.history(new BrokenHistory());
                })
                .build()) {
            SyncReport report = ended(sync);
            assertThat(report.outcome("b").succeeded()).isTrue();
            assertThat(report.status()).isEqualTo(RunStatus.FAILED);
        }
    }

    @Test
    void error_in_the_invalidator_postpones_and_fails_no_refresh() throws Exception {
        fakes.warehouse().sourceRows(view("a"), 1);
        try (OlapSync sync = withCache(views -> {
            throw new NoClassDefFoundError("a driver");
        })) {
            SyncReport report = ended(sync);
            assertThat(report.status()).isEqualTo(RunStatus.COMPLETED);
            assertThat(report.pendingInvalidations()).containsExactlyInAnyOrder(view("a"), view("b"));
        }
    }

    @Test
    void timer_that_cannot_be_started_does_not_end_all_invalidations() throws Exception {
        fakes.warehouse().sourceRows(view("a"), 1);
        AtomicInteger refused = new AtomicInteger();
        ScheduledExecutorService real = Executors.newScheduledThreadPool(1);
        ScheduledExecutorService timer = (ScheduledExecutorService) Proxy.newProxyInstance(
                ScheduledExecutorService.class.getClassLoader(),
                new Class<?>[] {ScheduledExecutorService.class},
                (self, method, args) -> {
                    if (method.getName().equals("schedule") && args[1].equals(250L) && refused.getAndIncrement() == 0) {
                        throw new OutOfMemoryError("unable to create native thread");
                    }
                    return method.invoke(real, args);
                });
        try (OlapSync sync =
                OlapSync.builder(PLAN).install(fakes).scheduler(timer).build()) {
            assertThat(ended(sync).pendingInvalidations()).isEmpty();
            assertThat(refused).hasPositiveValue();
            fakes.warehouse().sourceRows(view("a"), 2);
            assertThat(ended(sync).pendingInvalidations()).isEmpty();
        } finally {
            real.shutdownNow();
        }
    }

    @Test
    void cache_that_comes_back_in_mid_run_is_invalidated_by_each_commit_again() throws Exception {
        LinkedBlockingQueue<Set<?>> done = new LinkedBlockingQueue<>();
        AtomicBoolean away = new AtomicBoolean(true);
        CountDownLatch caughtUp = new CountDownLatch(1);
        CountDownLatch finish = new CountDownLatch(1);
        SyncPlan plan = SyncPlan.named("p")
                .view("a")
                .view("b", v -> v.after("a"))
                .view("c", v -> v.after("b"))
                .build();
        fakes.warehouse().sourceRows(view("a"), 1);
        fakes.warehouse().sourceRows(view("b"), 1);
        fakes.executor().always(view("b"), request -> {
            away.set(false);
            uninterrupted(caughtUp::await);
        });
        fakes.executor().always(view("c"), request -> uninterrupted(finish::await));
        try (OlapSync sync = OlapSync.builder(plan)
                .install(withInvalidator(views -> {
                    if (away.get()) {
                        throw new CacheUnavailableException("away", new IOException());
                    }
                    done.add(views);
                    caughtUp.countDown();
                }))
                .build()) {
            SyncRun run = sync.submit(SyncRequest.full());
            assertThat(done.poll(10, TimeUnit.SECONDS)).isEqualTo(Set.of(view("a")));
            assertThat(done.poll(10, TimeUnit.SECONDS)).isEqualTo(Set.of(view("b")));
            finish.countDown();
            run.report().get(10, TimeUnit.SECONDS);
        } finally {
            finish.countDown();
        }
    }

    @Test
    void run_that_waits_for_a_retry_is_cancelled_at_once_while_another_fills_the_engine() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch finish = new CountDownLatch(1);
        CountDownLatch retrying = new CountDownLatch(1);
        fakes.executor().fail(view("a"), Kind.TRANSIENT, 1);
        fakes.executor().always(view("b"), request -> {
            begun.countDown();
            uninterrupted(finish::await);
        });
        try (OlapSync sync = OlapSync.builder(PLAN)
                .install(fakes)
                .maxConcurrentRefreshes(1)
                .listener(event -> {
                    if (event instanceof SyncEvent.StepRetrying) {
                        retrying.countDown();
                    }
                })
                .build()) {
            SyncRun waiting = sync.submit(SyncRequest.of(Selection.of(view("a"))));
            assertThat(retrying.await(10, TimeUnit.SECONDS)).isTrue();
            sync.submit(SyncRequest.of(Selection.of(view("b"))));
            assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
            waiting.cancel();
            assertThat(waiting.report().get(10, TimeUnit.SECONDS).outcome("a").succeeded())
                    .isFalse();
            finish.countDown();
        } finally {
            finish.countDown();
        }
    }

    @Test
    void clock_that_fails_breaks_the_run_off_instead_of_hanging_it() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        SyncClock system = SyncClock.system();
        SyncClock clock = new SyncClock() {
            @Override
            public Instant now() {
                if (calls.incrementAndGet() > 5) {
                    throw new IllegalStateException("no time");
                }
                return system.now();
            }

            @Override
            public long nanoTime() {
                return system.nanoTime();
            }
        };
        try (OlapSync sync = OlapSync.builder(PLAN).install(fakes).clock(clock).build()) {
            SyncRun run = sync.submit(SyncRequest.full().withPublication(Publication.EACH));
            assertThat(run.report()).failsWithin(Duration.ofSeconds(10));
        }
    }

    private OlapSync withCache(CacheInvalidator cache) {
        return OlapSync.builder(PLAN).install(withInvalidator(cache)).build();
    }

    private SyncPlugin withInvalidator(CacheInvalidator cache) {
        return registry -> registry.executor(fakes.executor())
                .locks(fakes.locks())
                .states(fakes.warehouse())
                .history(fakes.history())
                .invalidator(cache);
    }

    private interface Waiting {
        void end() throws InterruptedException;
    }

    private static void uninterrupted(Waiting waiting) {
        try {
            waiting.end();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static SyncReport ended(OlapSync sync) throws Exception {
        return sync.submit(SyncRequest.full()).report().get(10, TimeUnit.SECONDS);
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void thrown(Throwable any) throws E {
        throw (E) any;
    }

    private static final class BrokenHistory extends NoHistory {
        @Override
        public void write(List<? extends HistoryEntry> entries) {
            throw new NoClassDefFoundError("a driver");
        }
    }
}
