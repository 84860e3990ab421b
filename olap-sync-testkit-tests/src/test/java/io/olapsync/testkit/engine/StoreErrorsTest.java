package io.olapsync.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.spi.SyncHistory;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewStates;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import io.olapsync.testkit.fakes.InMemoryQueue;
import io.olapsync.testkit.fakes.UnblockingEventSource;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A store is a plugin: an error in it, once, is no reason to leave views alone for as long as the process lives. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StoreErrorsTest {

    private static final ViewName FACT = ViewName.parse("fact");
    private static final SyncPlan PLAN = SyncPlan.named("errors")
            .view("fact")
            .onEvent("case_created", "fact")
            .build();

    private final ManualClock clock = ManualClock.at("2026-03-01T03:00:00Z");
    private final InMemoryPlugin fakes = new InMemoryPlugin(clock);
    private final InMemoryQueue queue = new InMemoryQueue(clock).gapRecorded();

    /** What the next call of a method throws. */
    private final Map<String, Error> next = new HashMap<>();

    private <T> T failing(Class<T> type, T target) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, args) -> {
            Error error = next.remove(method.getName());
            if (error != null) {
                throw error;
            }
            return method.invoke(target, args);
        }));
    }

    private OlapSync engine() {
        return OlapSync.builder(PLAN)
                .install(registry -> registry.executor(fakes.executor())
                        .locks(fakes.locks())
                        .states(failing(ViewStates.class, fakes.warehouse()))
                        .history(failing(SyncHistory.class, fakes.history()))
                        .events(new UnblockingEventSource(queue.open())))
                .clock(clock)
                .executor(this::likePool)
                .scheduler(clock.scheduler())
                .build();
    }

    private void likePool(Runnable task) {
        try {
            task.run();
        } catch (Throwable lost) {
            // as in a thread that nobody looks after
        }
    }

    private void pass(int seconds) {
        for (int i = 0; i < seconds; i++) {
            clock.advance(Duration.ofSeconds(1));
        }
    }

    @Test
    void view_whose_state_could_not_be_read_for_an_error_is_refreshed_at_the_next_look() {
        try (OlapSync sync = engine()) {
            sync.start();
            queue.send("case_created", fakes.warehouse().commit());
            pass(2);
            next.put("controls", new StackOverflowError());
            pass(60);
            assertThat(next).isEmpty();
            assertThat(fakes.executor().refreshed()).hasSize(1);
            assertThat(queue.unacknowledged()).isEmpty();
        }
    }

    @Test
    void who_waits_for_a_commit_is_answered_in_spite_of_an_error() {
        try (OlapSync sync = engine()) {
            next.put("read", new StackOverflowError());
            assertThat(sync.awaitCovered("fact", 1, Duration.ZERO)).isFalse();
        }
    }

    @Test
    void orders_are_looked_for_after_a_look_that_ended_in_an_error() {
        try (OlapSync sync = engine()) {
            sync.start();
            next.put("orders", new NoClassDefFoundError("a/Plugin"));
            pass(31);
            assertThat(next).isEmpty();
            fakes.warehouse().order(List.of(FACT), Duration.ZERO, "test");
            pass(31);
            assertThat(fakes.executor().refreshed()).hasSize(1);
        }
    }

    @Test
    void dead_processes_are_looked_for_after_a_look_that_ended_in_an_error() {
        try (OlapSync sync = engine()) {
            assertThat(sync.plan()).isEqualTo(PLAN);
            next.put("sweep", new StackOverflowError());
            pass(31);
            assertThat(next).isEmpty();
            next.put("sweep", new StackOverflowError());
            pass(31);
            assertThat(next).as("looked again").isEmpty();
        }
    }
}
