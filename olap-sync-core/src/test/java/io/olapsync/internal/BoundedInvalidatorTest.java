package io.olapsync.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.CacheInvalidator;
import io.olapsync.spi.CacheUnavailableException;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BoundedInvalidatorTest {

    private static final Set<ViewName> VIEWS = Set.of(ViewName.parse("fact"));

    @Test
    void one_that_hangs_is_left_alone_until_it_has_come_back() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        CountDownLatch released = new CountDownLatch(1);
        CountDownLatch back = new CountDownLatch(1);
        CacheInvalidator bounded = new BoundedInvalidator(
                views -> {
                    if (calls.incrementAndGet() == 1) {
                        awaitWhateverComes(released);
                        back.countDown();
                    }
                },
                Duration.ofMillis(20));

        assertThatThrownBy(() -> bounded.invalidate(VIEWS))
                .isInstanceOf(CacheUnavailableException.class)
                .hasMessageContaining("did not come back within PT0.02S");
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> bounded.invalidate(VIEWS)).hasMessageContaining("has not come back");
        }
        assertThat(calls).as("one thread hangs, and no more").hasValue(1);

        released.countDown();
        back.await();
        while (calls.get() == 1) {
            try {
                bounded.invalidate(VIEWS);
            } catch (CacheUnavailableException stillReturning) {
                Thread.onSpinWait();
            }
        }
        assertThatCode(() -> bounded.invalidate(VIEWS)).doesNotThrowAnyException();
    }

    @Test
    void what_it_throws_is_told_as_it_is() {
        CacheUnavailableException away = new CacheUnavailableException("away", new IllegalStateException());
        assertThatThrownBy(() -> new BoundedInvalidator(
                                views -> {
                                    throw away;
                                },
                                Duration.ofSeconds(20))
                        .invalidate(VIEWS))
                .isSameAs(away);
        assertThatThrownBy(() -> new BoundedInvalidator(
                                views -> {
                                    throw new NoClassDefFoundError("a/Client");
                                },
                                Duration.ofSeconds(20))
                        .invalidate(VIEWS))
                .isInstanceOf(CacheUnavailableException.class)
                .hasMessageContaining("a/Client");
    }

    /** As a client that swallows interrupts. */
    private static void awaitWhateverComes(CountDownLatch latch) {
        boolean waits = true;
        while (waits) {
            try {
                latch.await();
                waits = false;
            } catch (InterruptedException e) {
                Thread.onSpinWait();
            }
        }
    }
}
