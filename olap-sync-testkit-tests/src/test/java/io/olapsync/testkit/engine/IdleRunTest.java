package io.olapsync.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.RefreshOptions;
import io.olapsync.RefreshResult;
import io.olapsync.SyncPlan;
import io.olapsync.SyncRequest;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.ViewStates;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.fakes.InMemoryCatalog;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
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
    private boolean isIdle = true;
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
                        .catalog(catalog))
                .clock(clock)
                .executor(clock.sameThread())
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

    private CompletableFuture<List<RefreshResult>> refresh(String... views) {
        return sync.submitRefresh(RefreshOptions.DEFAULTS, views);
    }

    /** The fake's states, which say of each view that it is unchanged as long as the test says so. */
    private ViewStates states() {
        return (ViewStates) Proxy.newProxyInstance(
                ViewStates.class.getClassLoader(), new Class<?>[] {ViewStates.class}, (proxy, method, arguments) -> {
                    if (isIdle && method.getName().equals("unchanged")) {
                        return ((Map<?, ?>) arguments[0]).keySet();
                    }
                    try {
                        return method.invoke(fakes.warehouse(), arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
