package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.RefreshOptions;
import io.olapsync.SyncHealth;
import io.olapsync.SyncHealth.Status;
import io.olapsync.SyncPlan;
import io.olapsync.SyncRequest;
import io.olapsync.schedule.Schedule;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.TickStore;
import io.olapsync.spi.ViewStates;
import io.olapsync.testkit.fakes.FaultyHistory;
import io.olapsync.testkit.fakes.FaultyStates;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What health knows, what it does not know, and that it says which. */
class HealthTest {

    private static final SyncPlan PLAN = SyncPlan.named("p")
            .view("dim")
            .view("fact", v -> v.after("dim").staleAfter(Duration.ofHours(2)))
            .onEvent("sold", "fact")
            .build();

    private FaultyStates states;
    private FaultyHistory history;

    private VirtualEngine faulty() {
        return VirtualEngine.around(PLAN, fakes -> {
            states = new FaultyStates(fakes.warehouse());
            history = new FaultyHistory(fakes.history());
            return registry -> registry.executor(fakes.executor())
                    .locks(fakes.locks())
                    .states(states)
                    .history(history)
                    .invalidator(fakes.invalidator());
        });
    }

    private void away(boolean isAway) {
        states.away(isAway);
        history.away(isAway);
    }

    private static SyncHealth.View of(OlapSync sync, String name) {
        SyncHealth health = sync.health();
        HealthSchema.valid(health);
        return health.views().stream()
                .filter(view -> view.name().equals(view(name)))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void events_that_wait_for_a_view_are_counted_until_a_refresh_covers_them() {
        try (VirtualEvents events = new VirtualEvents(PLAN)) {
            events.engine.runFull();
            events.send("sold");
            events.send("sold");
            events.pass(2);
            assertThat(of(events.engine.sync, "fact").pendingEvents()).isEqualTo(2);
            assertThat(of(events.engine.sync, "dim").pendingEvents()).isZero();
            events.pass(30);
            assertThat(of(events.engine.sync, "fact").pendingEvents()).isZero();
        }
    }

    @Test
    void orders_that_wait_for_a_view_are_counted_until_it_is_refreshed() {
        try (VirtualEngine engine = new VirtualEngine(PLAN)) {
            engine.runFull();
            engine.fakes.warehouse().commit();
            engine.sync.submitRefresh(RefreshOptions.DEFAULTS.deferring(), "fact");
            engine.clock.advance(Duration.ofSeconds(40));
            assertThat(of(engine.sync, "fact").pendingOrders()).isEqualTo(1);
            engine.clock.advance(Duration.ofMinutes(10));
            assertThat(of(engine.sync, "fact").pendingOrders()).isZero();
        }
    }

    @Test
    void view_whose_cache_is_old_says_so_and_is_healthy_all_the_same() {
        try (VirtualEngine engine = new VirtualEngine(PLAN)) {
            engine.fakes.invalidator().away(true);
            engine.runFull();
            assertThat(of(engine.sync, "fact").pendingInvalidation()).isTrue();
            assertThat(engine.sync.health().pendingInvalidations()).containsExactly(view("dim"), view("fact"));
            assertThat(engine.sync.health().status()).isEqualTo(Status.HEALTHY);
            engine.fakes.invalidator().away(false);
            engine.clock.advance(Duration.ofMinutes(1));
            assertThat(of(engine.sync, "fact").pendingInvalidation()).isFalse();
        }
    }

    @Test
    void failing_is_worse_than_stale_and_ends_with_the_next_refresh() {
        try (VirtualEngine engine = new VirtualEngine(PLAN)) {
            assertThat(of(engine.sync, "fact").status()).isEqualTo(Status.STALE);
            engine.fakes.executor().fail(view("dim"), Kind.PERMANENT, 1);
            engine.runFull();
            assertThat(of(engine.sync, "dim").status()).isEqualTo(Status.FAILING);
            assertThat(of(engine.sync, "dim").failures()).isEqualTo(1);
            assertThat(of(engine.sync, "dim").lastError()).get().asString().contains("told to fail");
            assertThat(of(engine.sync, "fact").status()).isEqualTo(Status.STALE);
            assertThat(engine.sync.health().status()).isEqualTo(Status.FAILING);
            engine.clock.advance(Duration.ofSeconds(1));
            engine.runFull();
            assertThat(engine.sync.health().status()).isEqualTo(Status.HEALTHY);
            assertThat(of(engine.sync, "dim").lastError()).isEmpty();
            engine.clock.advance(Duration.ofHours(3));
            assertThat(of(engine.sync, "dim").status()).isEqualTo(Status.HEALTHY);
            assertThat(of(engine.sync, "fact").status())
                    .as("its own limit is two hours")
                    .isEqualTo(Status.STALE);
        }
    }

    @Test
    void view_that_is_held_back_says_by_what() throws Exception {
        try (VirtualEngine engine = new VirtualEngine(PLAN, builder -> builder.suspendAfter(1))) {
            engine.sync.pause("the source is being moved", "dim");
            engine.fakes.executor().fail(view("fact"), Kind.PERMANENT, 1);
            engine.runFull();
            assertThat(of(engine.sync, "dim").heldBack()).contains(SkipReason.PAUSED);
            assertThat(of(engine.sync, "fact").heldBack()).contains(SkipReason.SUSPENDED);
        }
    }

    @Test
    void store_that_is_away_makes_all_unknown_and_what_it_said_before_is_shown_and_ages() {
        try (VirtualEngine engine = faulty()) {
            engine.runFull();
            SyncHealth before = engine.sync.health();
            Instant readAt = engine.clock.now();
            away(true);
            engine.clock.advance(Duration.ofMinutes(90));

            SyncHealth away = engine.sync.health();

            HealthSchema.valid(away);
            assertThat(away.status()).isEqualTo(Status.UNKNOWN);
            assertThat(away.readAt()).contains(readAt);
            assertThat(away.lastFullSync()).isPresent().isEqualTo(before.lastFullSync());
            assertThat(away.problems()).anySatisfy(text -> assertThat(text).contains("the state of the views is away"));
            assertThat(away.problems()).anySatisfy(text -> assertThat(text).contains("as of " + readAt));
            SyncHealth.View fact = of(engine.sync, "fact");
            SyncHealth.View was = before.views().get(1);
            assertThat(fact.rows()).isPresent().isEqualTo(was.rows());
            assertThat(fact.lastRefreshed()).isPresent().isEqualTo(was.lastRefreshed());
            assertThat(fact.staleness().orElseThrow())
                    .isEqualTo(was.staleness().orElseThrow().plusMinutes(90));

            away(false);
            SyncHealth back = engine.sync.health();
            assertThat(back.status()).isEqualTo(Status.HEALTHY);
            assertThat(back.problems()).isEmpty();
            assertThat(back.readAt()).contains(engine.clock.now());
        }
    }

    @Test
    void store_that_never_answered_leaves_everything_open() {
        try (VirtualEngine engine = faulty()) {
            away(true);
            SyncHealth health = engine.sync.health();
            assertThat(HealthSchema.valid(health)).contains("\"health\":\"unknown\",\"read_at\":null");
            assertThat(health.problems()).contains("the stores have never answered");
            assertThat(health.views())
                    .allSatisfy(view -> assertThat(view.rows()).isEmpty());
        }
    }

    @Test
    void store_that_hangs_is_not_waited_for_and_one_that_answers_again_is_believed() {
        try (VirtualEngine engine = faulty()) {
            engine.runFull();
            assertThat(engine.sync.health().status()).isEqualTo(Status.HEALTHY);
            states.hangs(true);

            long began = System.nanoTime();
            SyncHealth late = engine.sync.health();
            Duration took = Duration.ofNanos(System.nanoTime() - began);

            HealthSchema.valid(late);
            assertThat(took).isLessThan(Duration.ofSeconds(10)); // 2 s, on a machine that has time for it
            assertThat(late.status()).isEqualTo(Status.UNKNOWN);
            assertThat(late.views()).allSatisfy(view -> assertThat(view.rows()).isPresent());
            assertThat(late.problems()).anySatisfy(text -> assertThat(text).contains("not answered within PT2S"));
            states.hangs(false);
            assertThat(engine.sync.health().status()).isEqualTo(Status.HEALTHY);
        }
    }

    @Test
    void ticks_that_hang_are_not_waited_for_and_hold_up_nobody_for_good() {
        CountDownLatch read = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (VirtualEngine engine = VirtualEngine.around(
                PLAN,
                builder -> builder.schedule(Schedule.of("nightly", "0 3 * * *")),
                fakes -> registry -> registry.executor(fakes.executor())
                        .locks(fakes.locks())
                        .states(fakes.warehouse())
                        .history(fakes.history())
                        .ticks(stopping(TickStore.class, "read", fakes.ticks(), read, goOn)))) {
            engine.runFull();
            CompletableFuture<SyncHealth> other = CompletableFuture.supplyAsync(engine.sync::health);
            await(read);
            long began = System.nanoTime();
            SyncHealth late = engine.sync.health();
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
            HealthSchema.valid(late);
            assertThat(late.status()).isEqualTo(Status.UNKNOWN);
            assertThat(late.problems()).anySatisfy(text -> assertThat(text).contains("not answered within PT2S"));
            assertThat(other.join().status()).isEqualTo(Status.UNKNOWN);
            goOn.countDown();
            assertThat(engine.sync.health().status()).isEqualTo(Status.HEALTHY);
            assertThat(engine.sync.health().schedules())
                    .singleElement()
                    .satisfies(schedule -> assertThat(schedule.problem()).isEmpty());
        }
    }

    @Test
    void interrupt_of_whoever_asks_ends_the_waiting_and_stays_set() {
        try (VirtualEngine engine = faulty()) {
            states.hangs(true);
            Thread.currentThread().interrupt();
            assertThat(engine.sync.health().status()).isEqualTo(Status.UNKNOWN);
            assertThat(Thread.interrupted()).isTrue();
            states.hangs(false);
        }
    }

    @Test
    void what_was_committed_before_the_question_is_in_the_answer_also_while_others_are_being_answered() {
        CountDownLatch read = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (VirtualEngine engine = VirtualEngine.around(
                PLAN,
                fakes -> registry -> registry.executor(fakes.executor())
                        .locks(fakes.locks())
                        .states(stopping(ViewStates.class, "controls", fakes.warehouse(), read, goOn))
                        .history(fakes.history()))) {
            CompletableFuture<SyncHealth> earlier = CompletableFuture.supplyAsync(engine.sync::health);
            await(read); // it has seen that no view was ever refreshed, and goes on to what holds them back
            engine.runFull();
            Thread asking = Thread.currentThread();
            CompletableFuture<Void> release = CompletableFuture.runAsync(() -> {
                while (asking.getState() != Thread.State.TIMED_WAITING) {
                    Thread.onSpinWait();
                }
                goOn.countDown();
            });
            assertThat(engine.sync.health().status()).isEqualTo(Status.HEALTHY);
            release.join();
            assertThat(earlier.join().status()).isEqualTo(Status.STALE);
        }
    }

    /** A store that stops whoever asks it this on the thread of health. */
    private static <T> T stopping(Class<T> type, String what, T target, CountDownLatch read, CountDownLatch goOn) {
        return type.cast(Proxy.newProxyInstance(
                HealthTest.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    if (method.getName().equals(what)
                            && Thread.currentThread().getName().contains("-health-")) {
                        read.countDown();
                        await(goOn);
                    }
                    return method.invoke(target, arguments);
                }));
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void closed_engine_says_that_it_asks_nobody_any_more() {
        VirtualEngine engine = new VirtualEngine(PLAN);
        engine.runFull();
        engine.sync.health();
        engine.close();
        SyncHealth health = engine.sync.health();
        assertThat(health.status()).isEqualTo(Status.UNKNOWN);
        assertThat(health.problems()).anySatisfy(text -> assertThat(text).contains("has been closed"));
    }

    @Test
    void names_of_any_script_are_kept_and_the_document_is_one_line() {
        SyncPlan korean = SyncPlan.named("매출").view("매출_요약").build();
        try (VirtualEngine engine = new VirtualEngine(korean)) {
            engine.finish(engine.sync.submit(SyncRequest.full()));
            assertThat(HealthSchema.valid(engine.sync.health()))
                    .contains("\"name\":\"매출_요약\"")
                    .doesNotContain("\n");
        }
    }

    @Test
    void schema_refuses_what_the_document_does_not_have() {
        try (VirtualEngine engine = new VirtualEngine(PLAN)) {
            String json = HealthSchema.valid(engine.sync.health());
            assertThat(HealthSchema.violations(json.replace("\"failures\"", "\"faults\"")))
                    .isNotEmpty();
            assertThat(HealthSchema.violations(json.replace("\"stale\"", "\"rotten\"")))
                    .isNotEmpty();
        }
    }
}
