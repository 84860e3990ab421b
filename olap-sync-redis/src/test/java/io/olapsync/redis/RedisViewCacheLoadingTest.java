package io.olapsync.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** One load, however many readers miss at once. */
class RedisViewCacheLoadingTest extends ViewCacheFixture {

    @Test
    void two_hundred_readers_make_one_load() throws Exception {
        AtomicInteger loads = new AtomicInteger();
        assertThat(stampede(List.of(cache), loads)).containsOnly(1).hasSize(200);
        assertThat(loads).hasValue(1);
    }

    @Test
    void readers_of_two_processes_make_one_load() throws Exception {
        AtomicInteger loads = new AtomicInteger();
        try (RedisViewCache other = newCache()) {
            assertThat(stampede(List.of(cache, other), loads)).containsOnly(1).hasSize(200);
            assertThat(loads).hasValue(1);
            assertThat(cache.stats().loads() + other.stats().loads()).isEqualTo(1);
        }
    }

    /** The load lasts until every reader has missed, and longer than the lease, which must be renewed. */
    private List<Integer> stampede(List<RedisViewCache> caches, AtomicInteger loads) throws Exception {
        ViewLoader<Integer> loader = () -> {
            await().pollDelay(Duration.ofMillis(1_500))
                    .atMost(Duration.ofSeconds(30))
                    .until(() ->
                            caches.stream().mapToLong(c -> c.stats().misses()).sum() == 200);
            return loads.incrementAndGet();
        };
        List<Callable<Integer>> readers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            RedisViewCache mine = caches.get(i % caches.size());
            readers.add(() -> mine.get(BOTH, "stampede", Integer.class, loader));
        }
        List<Integer> results = new ArrayList<>();
        for (Future<Integer> result : pool.invokeAll(readers)) {
            results.add(result.get());
        }
        return results;
    }

    @Test
    void a_load_whose_process_died_is_taken_over_when_its_lease_ends() {
        load(cache, "one");
        await().until(() -> plain.sync().exists(prefix + "val:mv_business_fact:q") == 1);
        plain.sync().del(prefix + "val:mv_business_fact:q");
        await().until(() -> plain.sync().keys(prefix + "lease:*").isEmpty());
        CompletableFuture<String> abandoned = new CompletableFuture<>();
        RedisViewCache dead = newCache();
        pool.submit(() -> dead.get(Set.of(FACT), "q", String.class, abandoned::get));
        await().until(() -> !plain.sync().keys(prefix + "lease:*").isEmpty());
        dead.close();

        assertThat(load(cache, "two")).isEqualTo("two");
        abandoned.complete("late");
    }

    @Test
    void a_reader_does_not_wait_longer_than_it_was_told_to() throws Exception {
        RedisViewCache impatient = RedisViewCache.builder(RedisEndpoint.of(plain))
                .keyPrefix(prefix)
                .commandTimeout(PATIENT)
                .longestWait(Duration.ofMillis(200))
                .build();
        CountDownLatch mayFinish = new CountDownLatch(1);
        CountDownLatch loading = new CountDownLatch(1);
        Future<String> slow = pool.submit(() -> impatient.get(Set.of(FACT), "q", String.class, () -> {
            loading.countDown();
            mayFinish.await();
            return "slow";
        }));
        loading.await();
        assertThat(load(impatient, "own")).as("in the same process").isEqualTo("own");
        RedisViewCache other = RedisViewCache.builder(RedisEndpoint.of(plain))
                .keyPrefix(prefix)
                .commandTimeout(PATIENT)
                .longestWait(Duration.ofMillis(200))
                .build();
        assertThat(load(other, "own")).as("in another process").isEqualTo("own");
        mayFinish.countDown();
        assertThat(slow.get()).isEqualTo("slow");
        assertThat(impatient.stats().fallbacks()).isEqualTo(1);
        assertThat(other.stats().fallbacks()).isEqualTo(1);
    }

    @Test
    void what_a_loader_throws_reaches_all_who_wait_and_is_not_cached() throws Exception {
        CountDownLatch mayFail = new CountDownLatch(1);
        Callable<String> reader = () -> cache.get(Set.of(FACT), "q", String.class, () -> {
            mayFail.await();
            throw new IllegalStateException("no database");
        });
        List<Future<String>> readers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            readers.add(pool.submit(reader));
        }
        await().until(() -> cache.stats().misses() == 20);
        mayFail.countDown();
        for (Future<String> each : readers) {
            assertThatThrownBy(each::get).rootCause().hasMessage("no database");
        }
        assertThat(load(cache, "fine")).isEqualTo("fine");
    }

    @Test
    void a_checked_exception_of_a_loader_is_the_cause() {
        assertThatThrownBy(() -> cache.get(Set.of(FACT), "q", String.class, () -> {
                    throw new IOException("broken");
                }))
                .isInstanceOf(ViewLoadException.class)
                .hasMessageContaining("'q'")
                .hasCauseInstanceOf(IOException.class);
    }

    @Test
    void a_loader_may_ask_for_its_own_key_and_for_others() {
        String value = cache.get(
                Set.of(FACT),
                "outer",
                String.class,
                () -> load(cache, "inner") + cache.get(Set.of(FACT), "outer", String.class, () -> "self"));
        assertThat(value).isEqualTo("innerself");
    }
}
