package io.olapsync.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.time.LocalDate;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

class RedisViewCacheTest extends ViewCacheFixture {

    record Row(String name, LocalDate day, long amount) {}

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
