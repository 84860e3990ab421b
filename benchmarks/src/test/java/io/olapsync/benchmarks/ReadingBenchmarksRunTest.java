package io.olapsync.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.benchmarks.ReadersBenchmark.Beside;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** Calls each benchmark of what readers notice once, smallest size. Times nothing. */
class ReadingBenchmarksRunTest {

    @Test
    void readers_wait_for_no_lock_but_that_of_a_plain_refresh() throws Exception {
        ReadersBenchmark benchmark = new ReadersBenchmark();
        benchmark.setUp(400);
        try {
            for (Beside what : Beside.values()) {
                benchmark.prepare(what);
                ReaderTimes times = untilRead(benchmark.readers(what), () -> benchmark.run(what));
                assertThat(times.millis()).as(what.label()).isNotEmpty();
                if (what != Beside.PLAIN) {
                    assertThat(times.lockWaits()).as(what.label()).isZero();
                }
            }
            ReaderTimes locked = ReaderTimes.NONE;
            for (int turn = 0; turn < 20 && locked.lockWaits() == 0; turn++) {
                locked = locked.and(untilRead(benchmark.readers(Beside.PLAIN), benchmark::locked));
            }
            assertThat(locked.lockWaits())
                    .as("those who come upon a lock are counted, and served")
                    .isPositive();
            assertThat(locked.percentile(100)).isGreaterThan(1);
        } finally {
            benchmark.tearDown();
        }
    }

    /** Again and again where no read falls into it, since it may be done in a moment. */
    private static ReaderTimes untilRead(Readers readers, Callable<?> work) throws Exception {
        return readers.during(() -> {
            do {
                work.call();
            } while (readers.counted() == 0);
            return readers.counted();
        });
    }

    @Test
    void pattern_and_loop_delete_the_keys_of_the_view() throws Exception {
        InvalidationBenchmark benchmark = new InvalidationBenchmark();
        benchmark.keys = 3_000;
        benchmark.setUp();
        try {
            benchmark.version();
            assertThat(benchmark.bareIncrement()).isPositive();
            assertThat(benchmark.left()).isEqualTo(300);
            assertThat(benchmark.bareLoop()).isEqualTo(300);
            assertThat(benchmark.left()).isZero();
            benchmark.fill();
            assertThat(benchmark.left()).isEqualTo(300);
            benchmark.pattern();
            assertThat(benchmark.left()).isZero();
        } finally {
            benchmark.tearDown();
        }
    }

    @Test
    void hit_is_what_the_text_says_and_a_stampede_loads_once() throws Exception {
        ViewCacheBenchmark hits = new ViewCacheBenchmark();
        hits.rows = 2;
        hits.setUp();
        try {
            assertThat(hits.hit()).hasSize(2).isEqualTo(hits.bareGetOfRows());
        } finally {
            hits.tearDown();
        }
        StampedeBenchmark stampede = new StampedeBenchmark();
        stampede.setUp();
        try {
            stampede.refreshed();
            assertThat(stampede.stampede()).isEqualTo(1);
        } finally {
            stampede.tearDown();
        }
    }
}
