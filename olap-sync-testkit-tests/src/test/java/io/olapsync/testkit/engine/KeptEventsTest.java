package io.olapsync.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.RefreshOptions;
import io.olapsync.SyncPlan;
import io.olapsync.spi.ViewStates;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import io.olapsync.testkit.fakes.InMemoryQueue;
import io.olapsync.testkit.fakes.UnblockingEventSource;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which events an order stands for, where others come while it is made. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class KeptEventsTest {

    private static final SyncPlan PLAN = SyncPlan.named("kept")
            .view("dim")
            .view("fact", v -> v.after("dim"))
            .onEvent("case_created", "fact")
            .build();

    private final ManualClock clock = ManualClock.at("2026-03-01T03:00:00Z");
    private final InMemoryPlugin fakes = new InMemoryPlugin(clock);
    private final InMemoryQueue queue = new InMemoryQueue(clock).gapRecorded();

    /** The task after the next look at what is paused is held, if that is wanted. */
    private boolean lookIsNext;

    private boolean taskIsNext;
    private final Deque<Runnable> held = new ArrayDeque<>();

    private OlapSync engine() {
        ViewStates states = (ViewStates) Proxy.newProxyInstance(
                ViewStates.class.getClassLoader(), new Class<?>[] {ViewStates.class}, (proxy, method, arguments) -> {
                    if (lookIsNext && method.getName().equals("controls")) {
                        lookIsNext = false;
                        taskIsNext = true;
                    }
                    return method.invoke(fakes.warehouse(), arguments);
                });
        return OlapSync.builder(PLAN)
                .install(registry -> registry.executor(fakes.executor())
                        .locks(fakes.locks())
                        .states(states)
                        .history(fakes.history())
                        .events(new UnblockingEventSource(queue.open())))
                .clock(clock)
                .executor(this::runOrHold)
                .scheduler(clock.scheduler())
                .build();
    }

    private void runOrHold(Runnable task) {
        if (taskIsNext) {
            taskIsNext = false;
            held.add(task);
        } else {
            task.run();
        }
    }

    private void pass(int seconds) {
        for (int i = 0; i < seconds; i++) {
            clock.advance(Duration.ofSeconds(1));
        }
    }

    private long refreshes() {
        return fakes.executor().refreshed().stream()
                .filter(view -> view.toString().contains("fact"))
                .count();
    }

    @Test
    void event_that_comes_while_a_view_beneath_is_ordered_is_not_acknowledged_for_that_order() throws Exception {
        try (OlapSync sync = engine()) {
            CompletableFuture<?> first = sync.submitRefresh(RefreshOptions.DEFAULTS, "dim", "fact");
            pass(1);
            assertThat(first).isDone();
            sync.pause("migration", "dim");
            sync.start();
            queue.send("case_created", fakes.warehouse().commit());
            for (int second = 0; second < 60 && refreshes() < 2; second++) {
                pass(1);
            }
            lookIsNext = true;
            pass(30);
            assertThat(held).as("the order for dim is to be made").hasSize(1);
            assertThat(queue.unacknowledged()).hasSize(1);

            queue.send("case_created", fakes.warehouse().commit());
            pass(2);
            held.remove().run();
            pass(120);

            assertThat(refreshes()).as("nobody else sees to the second event").isEqualTo(3);
            assertThat(queue.unacknowledged()).isEmpty();
        }
    }
}
