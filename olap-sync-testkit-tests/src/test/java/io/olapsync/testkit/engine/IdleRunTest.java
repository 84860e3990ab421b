package io.olapsync.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.RefreshOptions;
import io.olapsync.RefreshResult;
import io.olapsync.SyncPlan;
import io.olapsync.SyncRequest;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewStates;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.fakes.InMemoryCatalog;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A run of which the store says at once that nothing has changed. */
class IdleRunTest {

    private final ManualClock clock = ManualClock.at("2026-03-01T03:00:00Z");
    private final InMemoryPlugin fakes = new InMemoryPlugin(clock);
    private final InMemoryCatalog catalog = new InMemoryCatalog();
    private final List<String> asked = new ArrayList<>();
    private final Deque<Runnable> held = new ArrayDeque<>();
    private boolean isIdle = true;
    private boolean isBusy;
    private int tasks;
    private OlapSync sync;

    @BeforeEach
    void open() {
        SyncPlan plan = SyncPlan.named("idle").view("one").view("other").build();
        plan.views().forEach(view -> catalog.view(view.name()));
        sync = OlapSync.builder(plan)
                .install(registry -> registry.executor(fakes.executor())
                        .locks(fakes.locks())
                        .states(states())
                        .history(fakes.history())
                        .invalidator(fakes.invalidator())
                        .catalog(catalog))
                .clock(clock)
                .executor(this::execute)
                .scheduler(clock.scheduler())
                .minInterval(Duration.ZERO)
                .build();
        sync.submit(SyncRequest.full());
        assertThat(fakes.executor().refreshed()).hasSize(2);
    }

    @AfterEach
    void close() {
        sync.close();
    }

    @Test
    void it_does_not_look_at_the_catalog_where_this_engine_has_looked_at_the_same_views() {
        catalog.away(true);
        CompletableFuture<List<RefreshResult>> both = refresh("one", "other");
        assertThat(both).isDone();
        assertThat(both.join()).extracting(RefreshResult::reason).containsOnly(Optional.of(SkipReason.NOTHING_CHANGED));
    }

    @Test
    void of_other_views_than_last_time_the_catalog_is_asked() {
        catalog.away(true);
        CompletableFuture<List<RefreshResult>> one = refresh("one");
        assertThat(one).as("it is tried again").isNotDone();
        catalog.away(false);
        clock.advance(Duration.ofMinutes(10));
        assertThat(one.join()).extracting(RefreshResult::reason).containsOnly(Optional.of(SkipReason.NOTHING_CHANGED));
        catalog.away(true);
        assertThat(refresh("one")).as("now it knows").isDone();
    }

    @Test
    void where_something_has_changed_the_catalog_is_asked() {
        isIdle = false;
        fakes.warehouse().commit();
        catalog.away(true);
        assertThat(refresh("one", "other")).as("it is tried again").isNotDone();
        catalog.away(false);
        clock.advance(Duration.ofMinutes(10));
    }

    @Test
    void store_is_asked_once_for_all() {
        asked.clear();
        List<RefreshResult> both = refresh("one", "other").join();
        assertThat(both).extracting(RefreshResult::reason).containsOnly(Optional.of(SkipReason.NOTHING_CHANGED));
        assertThat(both).extracting(RefreshResult::asOf).doesNotContain(Optional.empty());
        assertThat(asked).containsExactly("look", "now", "read", "controls", "pendingInvalidations", "unchanged");
    }

    @Test
    void invalidation_that_was_left_is_done_all_the_same() {
        fakes.invalidator().away(true);
        isIdle = false;
        fakes.warehouse().sourceRows(ViewName.parse("one"), 7);
        refresh("one", "other").join();
        isIdle = true;
        fakes.warehouse().commit(); // of somebody, so that what was refreshed does not cover the call by itself
        fakes.invalidator().away(false);
        asked.clear();
        assertThat(refresh("one", "other").join())
                .extracting(RefreshResult::reason)
                .containsOnly(Optional.of(SkipReason.NOTHING_CHANGED));
        assertThat(asked).contains("invalidated");
    }

    @Test
    void run_that_waits_for_a_worker_asks_again() {
        isBusy = true;
        CompletableFuture<List<RefreshResult>> both = refresh("one", "other");
        assertThat(held).isNotEmpty();
        isIdle = false;
        fakes.warehouse().commit();
        clock.advance(Duration.ofSeconds(2));
        isBusy = false;
        held.forEach(clock.sameThread()::execute);
        assertThat(both.join()).extracting(RefreshResult::status).containsOnly(RefreshResult.Status.COMPLETED);
    }

    @Test
    void run_that_had_to_wait_for_the_catalog_asks_again() {
        catalog.away(true);
        CompletableFuture<List<RefreshResult>> one = refresh("one");
        isIdle = false;
        fakes.warehouse().commit();
        catalog.away(false);
        clock.advance(Duration.ofMinutes(10));
        assertThat(one.join()).extracting(RefreshResult::status).containsOnly(RefreshResult.Status.COMPLETED);
    }

    @Test
    void paused_view_is_paused_though_nothing_has_changed() throws Exception {
        sync.pause("test", "one");
        assertThat(refresh("one", "other").join())
                .extracting(RefreshResult::reason)
                .containsExactly(Optional.of(SkipReason.PAUSED), Optional.of(SkipReason.NOTHING_CHANGED));
    }

    @Test
    void views_that_are_left_alone_take_no_worker() {
        tasks = 0;
        refresh("one", "other").join();
        assertThat(tasks).as("the preparation, and two writes of the history").isLessThanOrEqualTo(3);
    }

    private void execute(Runnable task) {
        tasks++;
        if (isBusy) {
            held.add(task);
        } else {
            clock.sameThread().execute(task);
        }
    }

    private CompletableFuture<List<RefreshResult>> refresh(String... views) {
        return sync.submitRefresh(RefreshOptions.DEFAULTS, views);
    }

    /** The fake's states, which say of each view that it is unchanged as long as the test says so. */
    private ViewStates states() {
        return (ViewStates) Proxy.newProxyInstance(
                ViewStates.class.getClassLoader(), new Class<?>[] {ViewStates.class}, (proxy, method, arguments) -> {
                    asked.add(method.getName());
                    if (isIdle && method.getName().equals("unchanged")) {
                        return ((Map<?, ?>) arguments[0]).keySet();
                    }
                    if (method.getName().equals("look")) {
                        return InvocationHandler.invokeDefault(proxy, method, arguments);
                    }
                    try {
                        return method.invoke(fakes.warehouse(), arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
