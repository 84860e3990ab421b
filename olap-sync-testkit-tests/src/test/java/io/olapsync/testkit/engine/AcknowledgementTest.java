package io.olapsync.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventSource;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When messages are acknowledged, on real threads. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AcknowledgementTest {

    private static final int MESSAGES = 5;

    private static final SyncPlan PLAN = SyncPlan.named("acknowledged")
            .view("fact")
            .onEvent("case_created", "fact")
            .build();

    private final CountDownLatch askedAgain = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);
    private final CountDownLatch acknowledged = new CountDownLatch(MESSAGES);
    private final AtomicInteger atOnce = new AtomicInteger();
    private final List<String> faults = new ArrayList<>();
    private int calls;

    @Test
    void source_is_read_on_while_it_acknowledges_and_what_comes_meanwhile_goes_together() throws Exception {
        InMemoryPlugin fakes = new InMemoryPlugin(ManualClock.at("2026-03-01T03:00:00Z"));
        try (OlapSync sync = OlapSync.builder(PLAN)
                .install(fakes)
                .install(registry -> registry.events(new Slow()))
                .build()) {
            sync.start();
            askedAgain.await(); // the engine has taken every message
            released.countDown();
            acknowledged.await();
            assertThat(sync.health().sources())
                    .singleElement()
                    .satisfies(source -> assertThat(source.unknown()).isEqualTo(MESSAGES));
        }
        synchronized (faults) {
            assertThat(faults).isEmpty();
            assertThat(calls).as("the first, and one for all the others").isEqualTo(2);
        }
    }

    /** Delivers messages that concern nobody, one by one, and is slow to take their end. */
    private final class Slow implements EventSource {

        private int next;

        @Override
        public String name() {
            return "slow";
        }

        @Override
        public Batch poll(int most, Duration wait) {
            if (next == MESSAGES) {
                askedAgain.countDown();
                return Batch.EMPTY;
            }
            if (next == 1) {
                awaitFirstAcknowledgement();
            }
            return new Batch(
                    List.of(new ChangeEvent(Integer.toString(next++), "of_no_concern", OptionalLong.empty(), "")),
                    false,
                    List.of());
        }

        private void awaitFirstAcknowledgement() {
            while (atOnce.get() == 0) {
                Thread.onSpinWait();
            }
        }

        @Override
        public void gapRecorded() {}

        @Override
        public void acknowledge(Collection<String> ids) {
            synchronized (faults) {
                calls++;
                if (atOnce.incrementAndGet() > 1) {
                    faults.add("two at once: " + ids);
                }
            }
            try {
                released.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            ids.forEach(id -> acknowledged.countDown());
            atOnce.decrementAndGet();
        }

        @Override
        public void keep(Collection<String> ids) {}

        @Override
        public Duration patience() {
            return Duration.ofMinutes(2);
        }

        @Override
        public void close() {}
    }
}
