package io.olapsync.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.spi.ViewStates;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An engine with threads of its own that is closed while somebody waits for it. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ClosedWhileWaitingTest {

    @Test
    void who_waits_for_a_commit_is_answered_when_the_engine_is_closed() throws Exception {
        InMemoryPlugin fakes = new InMemoryPlugin(ManualClock.at("2026-03-01T03:00:00Z"));
        CountDownLatch looks = new CountDownLatch(2);
        ViewStates states = (ViewStates) Proxy.newProxyInstance(
                ViewStates.class.getClassLoader(), new Class<?>[] {ViewStates.class}, (self, method, args) -> {
                    if (method.getName().equals("read")) {
                        looks.countDown();
                    }
                    return method.invoke(fakes.warehouse(), args);
                });
        OlapSync sync = OlapSync.builder(SyncPlan.named("closed").view("v").build())
                .install(registry -> registry.executor(fakes.executor())
                        .locks(fakes.locks())
                        .states(states)
                        .history(fakes.history()))
                .build();
        CompletableFuture<Boolean> waiting =
                CompletableFuture.supplyAsync(() -> sync.awaitCovered("v", 1_000, Duration.ofHours(1)));
        looks.await();
        sync.close();
        assertThat(waiting.get(20, TimeUnit.SECONDS)).isFalse();
        assertThat(sync.awaitCovered("v", 1_000, Duration.ofHours(1)))
                .as("from now on")
                .isFalse();
    }
}
