package io.olapsync.testkit;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ManualClockTest {

    private final ManualClock clock = ManualClock.at("2026-03-01T03:00:00Z");
    private final ScheduledExecutorService scheduler = clock.scheduler();
    private final List<String> log = new ArrayList<>();

    @Test
    void stands_still_until_it_is_moved() {
        long nanos = clock.nanoTime();
        assertThat(clock.now()).isEqualTo(Instant.parse("2026-03-01T03:00:00Z")).isEqualTo(clock.instant());
        clock.advance(Duration.ofMillis(1_500));
        assertThat(clock.now()).isEqualTo(Instant.parse("2026-03-01T03:00:01.5Z"));
        assertThat(clock.nanoTime() - nanos).isEqualTo(1_500_000_000L);
        clock.advanceTo(Instant.parse("2026-03-01T03:05:00Z"));
        assertThat(clock.now()).isEqualTo(Instant.parse("2026-03-01T03:05:00Z"));
        assertThatThrownBy(() -> clock.advance(Duration.ofNanos(-1))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void runs_what_is_due_in_order_each_at_its_time_on_the_calling_thread() {
        note("c", 30);
        note("a", 10);
        note("b1", 20);
        note("b2", 20);
        note("later", 61);
        assertThat(clock.pending()).isEqualTo(5);
        assertThat(clock.nextDue()).contains(Instant.parse("2026-03-01T03:00:10Z"));
        assertThat(clock.advance(Duration.ofSeconds(60))).isEqualTo(4);
        String thread = Thread.currentThread().getName();
        assertThat(log)
                .containsExactly(
                        "a 03:00:10Z " + thread,
                        "b1 03:00:20Z " + thread,
                        "b2 03:00:20Z " + thread,
                        "c 03:00:30Z " + thread);
        assertThat(clock.now()).isEqualTo(Instant.parse("2026-03-01T03:01:00Z"));
        assertThat(clock.nextDue()).contains(Instant.parse("2026-03-01T03:01:01Z"));
    }

    @Test
    void runs_what_tasks_schedule_within_the_window() {
        scheduler.schedule(() -> note("child", 5), 10, SECONDS);
        scheduler.schedule(() -> note("too late", 51), 10, SECONDS);
        assertThat(clock.advance(Duration.ofSeconds(60))).isEqualTo(3);
        assertThat(log).singleElement().asString().startsWith("child 03:00:15Z");
        assertThat(clock.pending()).isEqualTo(1);
    }

    @Test
    void what_is_handed_over_without_delay_waits_for_the_next_advance() {
        scheduler.execute(() -> log.add("executed"));
        Future<String> submitted = scheduler.submit(() -> "submitted");
        assertThat(log).isEmpty();
        assertThat(clock.runDue()).isEqualTo(2);
        assertThat(log).containsExactly("executed");
        assertThat(submitted).succeedsWithin(Duration.ZERO).isEqualTo("submitted");
    }

    @Test
    void repeats_at_a_rate_and_with_a_delay_until_cancelled() {
        AtomicInteger rate = new AtomicInteger();
        AtomicInteger delay = new AtomicInteger();
        ScheduledFuture<?> atRate = scheduler.scheduleAtFixedRate(rate::incrementAndGet, 0, 10, SECONDS);
        scheduler.scheduleWithFixedDelay(delay::incrementAndGet, 5, 20, SECONDS);
        clock.advance(Duration.ofSeconds(45));
        assertThat(rate).hasValue(5);
        assertThat(delay).hasValue(3);
        assertThat(atRate.getDelay(SECONDS)).isEqualTo(5);
        assertThat(atRate.cancel(false)).isTrue();
        assertThat(clock.pending()).isEqualTo(1);
        clock.advance(Duration.ofSeconds(20));
        assertThat(rate).hasValue(5);
        assertThat(delay).hasValue(4);
    }

    @Test
    void a_task_that_fails_has_its_exception_in_the_future_and_hurts_no_other() {
        ScheduledFuture<?> failing = scheduler.scheduleAtFixedRate(
                () -> {
                    throw new IllegalStateException("broken");
                },
                1,
                1,
                SECONDS);
        note("after", 2);
        clock.advance(Duration.ofSeconds(10));
        assertThat(log).hasSize(1);
        assertThat(clock.pending()).isZero();
        assertThatThrownBy(failing::get).isInstanceOf(ExecutionException.class).hasMessageContaining("broken");
    }

    @Test
    void a_task_must_not_move_the_time() {
        ScheduledFuture<?> nested = scheduler.schedule(() -> clock.advance(Duration.ofSeconds(1)), 1, SECONDS);
        clock.advance(Duration.ofSeconds(5));
        assertThatThrownBy(nested::get).hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void a_delay_beyond_all_time_never_comes_due() {
        scheduler.schedule(() -> log.add("never"), Long.MAX_VALUE, SECONDS);
        clock.advance(Duration.ofDays(36_500));
        assertThat(log).isEmpty();
        assertThat(clock.pending()).isEqualTo(1);
    }

    @Test
    void shut_down_it_runs_what_waits_once_and_takes_nothing_new() {
        note("once", 1);
        scheduler.scheduleAtFixedRate(() -> log.add("periodic"), 1, 1, SECONDS);
        scheduler.shutdown();
        assertThat(scheduler.isTerminated()).isFalse();
        assertThatThrownBy(() -> note("new", 1)).isInstanceOf(RejectedExecutionException.class);
        clock.advance(Duration.ofSeconds(3));
        assertThat(log).singleElement().asString().startsWith("once");
        assertThat(scheduler.isTerminated()).isTrue();
    }

    @Test
    void shut_down_now_it_runs_nothing_more() {
        note("never", 1);
        assertThat(scheduler.shutdownNow()).hasSize(1);
        assertThat(scheduler.isTerminated()).isTrue();
        clock.advance(Duration.ofSeconds(3));
        assertThat(log).isEmpty();
    }

    @Test
    void other_threads_may_schedule_while_the_time_moves() throws InterruptedException {
        int tasks = 2_000;
        AtomicInteger ran = new AtomicInteger();
        Thread other = new Thread(() -> {
            for (int i = 0; i < tasks; i++) {
                scheduler.schedule(ran::incrementAndGet, i % 7, SECONDS);
            }
        });
        other.start();
        clock.awaitPending(1, Duration.ofSeconds(10));
        while (other.isAlive()) {
            clock.advance(Duration.ofSeconds(1));
        }
        other.join();
        clock.advance(Duration.ofSeconds(7));
        assertThat(ran).hasValue(tasks);
        assertThatThrownBy(() -> clock.awaitPending(1, Duration.ofMillis(10))).isInstanceOf(AssertionError.class);
    }

    @Test
    void the_same_thread_executor_runs_at_once() {
        clock.sameThread().execute(() -> log.add(Thread.currentThread().getName()));
        assertThat(log).containsExactly(Thread.currentThread().getName());
    }

    private void note(String what, int seconds) {
        scheduler.schedule(
                () -> log.add(what + " " + clock.now().toString().substring(11) + " "
                        + Thread.currentThread().getName()),
                seconds,
                SECONDS);
    }
}
