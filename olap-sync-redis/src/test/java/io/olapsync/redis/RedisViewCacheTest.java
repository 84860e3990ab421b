package io.olapsync.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.RedisServer;
import io.olapsync.testkit.TestServers;
import java.io.IOException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

class RedisViewCacheTest {

    record Row(String name, LocalDate day, long amount) {}

    /** A test machine may be slow; no test here is about that. */
    private static final Duration PATIENT = Duration.ofSeconds(20);

    private static final ViewName FACT = ViewName.parse("mv_business_fact");
    private static final ViewName DIM = ViewName.parse("dim_org");
    private static final Set<ViewName> BOTH = Set.of(FACT, DIM);

    private static RedisServer redis;
    private static RedisClient client;
    private static StatefulRedisConnection<String, String> plain;

    private final ExecutorService pool = Executors.newCachedThreadPool();
    private String prefix;
    private RedisViewCache cache;
    private RedisCacheInvalidator invalidator;

    @BeforeAll
    static void connect() {
        redis = TestServers.redis();
        client = RedisClient.create(redis.uri());
        plain = client.connect();
    }

    @AfterAll
    static void disconnect() {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }

    @BeforeEach
    void start() {
        prefix = redis.newPrefix();
        cache = newCache();
        invalidator = RedisCacheInvalidator.builder(RedisEndpoint.of(plain))
                .keyPrefix(prefix)
                .build();
    }

    @AfterEach
    void stop() {
        pool.shutdownNow();
        cache.close();
    }

    private RedisViewCache newCache() {
        return RedisViewCache.builder(RedisEndpoint.of(client))
                .keyPrefix(prefix)
                .commandTimeout(PATIENT)
                .lease(Duration.ofMillis(600))
                .build();
    }

    private String load(RedisViewCache from, String value) {
        return from.get(Set.of(FACT), "q", String.class, () -> value);
    }

    @Test
    void a_result_is_loaded_once_and_then_served_from_redis() {
        assertThat(load(cache, "one")).isEqualTo("one");
        await().until(() -> plain.sync().exists(prefix + "val:mv_business_fact:q") == 1);
        assertThat(load(cache, "two")).isEqualTo("one");
        try (RedisViewCache elsewhere = newCache()) {
            assertThat(load(elsewhere, "three")).isEqualTo("one");
        }
        assertThat(cache.stats()).isEqualTo(new ViewCacheStats(1, 1, 0, 1, 0, 0));
    }

    @Test
    void a_refresh_of_any_view_that_was_read_makes_a_result_unreachable() throws Exception {
        AtomicInteger loads = new AtomicInteger();
        ViewLoader<Integer> loader = loads::incrementAndGet;
        assertThat(cache.get(BOTH, "q", Integer.class, loader)).isEqualTo(1);
        invalidator.invalidate(Set.of(DIM));
        assertThat(cache.get(BOTH, "q", Integer.class, loader)).isEqualTo(2);
        invalidator.invalidate(Set.of(FACT));
        assertThat(cache.get(BOTH, "q", Integer.class, loader)).isEqualTo(3);
        invalidator.invalidate(Set.of(ViewName.parse("dim_time")));
        assertThat(cache.get(BOTH, "q", Integer.class, loader)).isEqualTo(3);
    }

    /** R9: missed before the refresh, written after the invalidation. */
    @Test
    void a_slow_reader_cannot_put_its_old_result_under_the_new_version() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch mayFinish = new CountDownLatch(1);
        Future<String> slow = pool.submit(() -> cache.get(Set.of(FACT), "q", String.class, () -> {
            loading.countDown();
            mayFinish.await();
            return "old";
        }));
        loading.await();
        invalidator.invalidate(Set.of(FACT));
        mayFinish.countDown();
        assertThat(slow.get()).isEqualTo("old");
        await().until(() -> plain.sync().exists(prefix + "val:mv_business_fact:q") == 1);

        assertThat(load(cache, "new")).isEqualTo("new");
        assertThat(load(newCache(), "newer")).isEqualTo("new");
    }

    /** The same race, with deletion in the place of the version: this is what it would lose. */
    @Test
    void deletion_in_the_same_race_serves_the_old_result_for_as_long_as_it_lives() throws Exception {
        RedisCacheInvalidator deleting = RedisCacheInvalidator.builder(RedisEndpoint.of(plain))
                .patterns(prefix + "val:{view}:*")
                .build();
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch mayFinish = new CountDownLatch(1);
        Future<String> slow = pool.submit(() -> cache.get(Set.of(FACT), "q", String.class, () -> {
            loading.countDown();
            mayFinish.await();
            return "old";
        }));
        loading.await();
        deleting.invalidate(Set.of(FACT));
        mayFinish.countDown();
        slow.get();

        assertThat(load(cache, "new")).isEqualTo("old");
    }

    @Test
    void a_reader_after_the_refresh_is_not_handed_a_load_that_began_before_it() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch mayFinish = new CountDownLatch(1);
        Future<String> before = pool.submit(() -> cache.get(Set.of(FACT), "q", String.class, () -> {
            loading.countDown();
            mayFinish.await();
            return "old";
        }));
        loading.await();
        invalidator.invalidate(Set.of(FACT));

        assertThat(load(cache, "new"))
                .as("while the old load is still under way")
                .isEqualTo("new");
        mayFinish.countDown();
        assertThat(before.get()).isEqualTo("old");
        await().until(() -> plain.sync().keys(prefix + "lease:*").isEmpty());
        assertThat(load(newCache(), "other"))
                .as("the late old value was not written over it")
                .isEqualTo("new");
    }

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

    @Test
    void null_is_a_result() {
        assertThat(load(cache, null)).isNull();
        assertThat(load(newCache(), "other")).isNull();
    }

    @Test
    void values_of_all_types_come_back_as_they_were() {
        List<Row> rows = List.of(new Row("매출 \"요약\"\n", LocalDate.of(2026, 2, 28), Long.MAX_VALUE));
        TypeReference<List<Row>> listOfRows = new TypeReference<>() {};
        var javaType = JsonMapper.shared().getTypeFactory().constructCollectionType(List.class, Row.class);
        for (int round = 0; round < 2; round++) {
            RedisViewCache from = round == 0 ? cache : newCache();
            ViewLoader<List<Row>> loader = round == 0 ? () -> rows : () -> Collections.emptyList();
            assertThat(from.get(BOTH, "list", listOfRows, loader)).isEqualTo(rows);
            assertThat(from.<List<Row>>get(BOTH, "java type", javaType, loader)).isEqualTo(rows);
            await().until(() -> plain.sync().keys(prefix + "val:*").size() == 2);
        }
    }

    @Test
    void what_cannot_be_read_is_loaded_anew() {
        load(cache, "one");
        String key = prefix + "val:mv_business_fact:q";
        await().until(() -> plain.sync().exists(key) == 1);
        String stored = plain.sync().get(key);
        for (String broken :
                List.of(stored.substring(0, stored.length() - 1), stored + "x", stored.replace("\"one\"", "{"))) {
            plain.sync().set(key, broken);
            assertThat(load(newCache(), "again")).as(broken).isEqualTo("again");
            await().until(() -> plain.sync().get(key).endsWith("|\"again\""));
        }
        for (String foreign : List.of("", "x", "1|", "1|99|\"foreign\"", "2|1|x")) {
            plain.sync().set(key, foreign);
            assertThat(load(newCache(), "again")).as(foreign).isEqualTo("again");
        }
        plain.sync().del(key);
        plain.sync().lpush(key, "a list");
        assertThat(load(newCache(), "still")).isEqualTo("still");
    }

    @Test
    void a_version_that_went_back_is_not_believed_and_is_raised_for_all() throws Exception {
        String versionKey = prefix + "ver:mv_business_fact";
        load(cache, "old");
        String key = prefix + "val:mv_business_fact:q";
        await().until(() -> plain.sync().exists(key) == 1);
        String oldVersion = plain.sync().get(versionKey);
        String oldValue = plain.sync().get(key);
        invalidator.invalidate(Set.of(FACT));
        assertThat(load(cache, "new")).isEqualTo("new");
        await().until(() -> plain.sync().get(key).endsWith("\"new\""));
        String newVersion = plain.sync().get(versionKey);

        // what a failover to a replica that missed the last writes leaves behind
        plain.sync().set(versionKey, oldVersion);
        plain.sync().set(key, oldValue);
        assertThat(load(cache, "newest")).isEqualTo("newest");
        assertThat(Long.parseLong(plain.sync().get(versionKey))).isGreaterThan(Long.parseLong(newVersion));
        assertThat(load(newCache(), "other")).as("who saw none of it").isEqualTo("newest");
    }

    @Test
    void values_under_a_version_that_was_evicted_stay_unreachable() {
        load(cache, "one");
        await().until(() -> plain.sync().exists(prefix + "val:mv_business_fact:q") == 1);
        plain.sync().del(prefix + "ver:mv_business_fact");
        assertThat(load(newCache(), "two")).isEqualTo("two");
    }

    @Test
    void keys_of_any_length_and_content_are_told_apart() {
        List<String> keys =
                List.of("", " ", "a:b", "a,b", "{a}", "매출", "\n\0", "x".repeat(10_000), "x".repeat(10_001), "#");
        for (String key : keys) {
            assertThat(cache.get(BOTH, key, String.class, () -> "value of " + key))
                    .isEqualTo("value of " + key);
        }
        for (String key : keys) {
            assertThat(cache.get(BOTH, key, String.class, () -> "other")).isEqualTo("value of " + key);
            assertThat(cache.get(Set.of(FACT), key, String.class, () -> "other"))
                    .isEqualTo("other");
        }
        assertThat(plain.sync().keys(prefix + "*")).allMatch(key -> key.length() < 300);
    }

    @Test
    void a_value_expires() {
        RedisViewCache brief = RedisViewCache.builder(RedisEndpoint.of(plain))
                .keyPrefix(prefix)
                .timeToLive(Duration.ofSeconds(100))
                .build();
        load(brief, "one");
        String key = prefix + "val:mv_business_fact:q";
        await().until(() -> plain.sync().exists(key) == 1);
        assertThat(plain.sync().pttl(key)).isBetween(80_000L, 100_000L);
    }

    @Test
    void a_query_that_reads_no_view_is_refused() {
        assertThatThrownBy(() -> cache.get(Set.of(), "q", String.class, () -> "x"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
