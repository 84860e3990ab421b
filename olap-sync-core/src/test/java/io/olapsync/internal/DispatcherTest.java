package io.olapsync.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.SyncClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DispatcherTest {

    private static final class Clock implements SyncClock {
        private long nanos;

        @Override
        public Instant now() {
            return Instant.EPOCH.plusNanos(nanos);
        }

        @Override
        public long nanoTime() {
            return nanos;
        }

        private void pass(Duration time) {
            nanos += time.toNanos();
        }
    }

    private final Clock clock = new Clock();
    private final Deque<Runnable> handedOver = new ArrayDeque<>();
    private final List<String> done = new ArrayList<>();

    private Dispatcher dispatcher(int limit) {
        return new Dispatcher(handedOver::add, limit, clock);
    }

    private void submit(Dispatcher dispatcher, double priority, String name) {
        submit(dispatcher, priority, () -> done.add(name));
    }

    private static void submit(Dispatcher dispatcher, double priority, Runnable work) {
        dispatcher.submit(priority, work, rejected -> {
            throw rejected;
        });
    }

    @Test
    void thread_that_is_done_goes_on_with_the_rest_by_priority_and_then_in_order() {
        Dispatcher dispatcher = dispatcher(1);
        submit(dispatcher, 1, "first");
        submit(dispatcher, 1, "second");
        submit(dispatcher, 1, "third");
        submit(dispatcher, 2, "urgent");

        handedOver.remove().run();

        assertThat(done).containsExactly("first", "urgent", "second", "third");
        assertThat(handedOver).isEmpty();
    }

    @Test
    void thread_is_given_back_after_work_that_took_long() {
        Dispatcher dispatcher = dispatcher(1);
        submit(dispatcher, 1, () -> clock.pass(Duration.ofMillis(10)));
        submit(dispatcher, 1, "next");

        handedOver.remove().run();

        assertThat(done).isEmpty();
        assertThat(handedOver).hasSize(1);
        handedOver.remove().run();
        assertThat(done).containsExactly("next");
    }

    @Test
    void thread_that_was_left_interrupted_is_given_back() {
        Dispatcher dispatcher = dispatcher(1);
        submit(dispatcher, 1, () -> Thread.currentThread().interrupt());
        submit(dispatcher, 1, "next");

        handedOver.remove().run();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(done).isEmpty();
        assertThat(handedOver).hasSize(1);
    }

    @Test
    void no_more_is_handed_over_than_may_be_under_way() {
        Dispatcher dispatcher = dispatcher(2);
        List.of("a", "b", "c").forEach(name -> submit(dispatcher, 1, name));

        assertThat(handedOver).hasSize(2);
        handedOver.remove().run();
        assertThat(done).containsExactly("a", "c");
        handedOver.remove().run();
        assertThat(done).containsExactly("a", "c", "b");
    }

    @Test
    void work_that_dies_frees_its_room_and_the_next_begins() {
        Dispatcher dispatcher = dispatcher(1);
        submit(dispatcher, 1, () -> {
            throw new OutOfMemoryError("in a test");
        });
        submit(dispatcher, 1, "next");

        assertThatThrownBy(() -> handedOver.remove().run()).isInstanceOf(OutOfMemoryError.class);
        handedOver.remove().run();

        assertThat(done).containsExactly("next");
    }

    @Test
    void executor_that_runs_on_the_calling_thread_does_not_nest_what_waits_however_much_and_slow_it_is() {
        Dispatcher dispatcher = new Dispatcher(Runnable::run, 1, clock);
        int many = 100_000;
        AtomicInteger ran = new AtomicInteger();

        submit(dispatcher, 1, () -> {
            for (int i = 0; i < many; i++) {
                submit(dispatcher, 1, () -> {
                    clock.pass(Duration.ofMillis(10));
                    ran.incrementAndGet();
                });
            }
        });

        assertThat(ran).hasValue(many);
    }

    @Test
    void work_that_dies_on_the_calling_thread_frees_its_room_once() {
        Dispatcher dispatcher = new Dispatcher(Runnable::run, 1, clock);
        List<RejectedExecutionException> refused = new ArrayList<>();
        dispatcher.submit(
                1,
                () -> {
                    throw new OutOfMemoryError("in a test");
                },
                refused::add);

        submit(dispatcher, 1, () -> {
            submit(dispatcher, 1, "beside");
            done.add("first");
        });

        assertThat(done).containsExactly("first", "beside");
        assertThat(refused).singleElement().extracting(Throwable::getCause).isInstanceOf(OutOfMemoryError.class);
    }

    @Test
    void work_that_the_executor_refuses_frees_its_room() {
        List<RejectedExecutionException> refused = new ArrayList<>();
        Dispatcher dispatcher = new Dispatcher(
                work -> {
                    throw new RejectedExecutionException("shut down");
                },
                1,
                clock);

        dispatcher.submit(1, () -> done.add("never"), refused::add);
        dispatcher.submit(1, () -> done.add("never"), refused::add);

        assertThat(refused).hasSize(2);
        assertThat(done).isEmpty();
    }
}
