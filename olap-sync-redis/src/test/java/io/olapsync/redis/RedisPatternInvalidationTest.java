package io.olapsync.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisClient;
import io.lettuce.core.codec.ByteArrayCodec;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.EmbeddedRedis;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RedisPatternInvalidationTest {

    private static final Duration PATIENT = Duration.ofSeconds(20);

    private EmbeddedRedis redis;
    private RedisClient client;

    @BeforeEach
    void start() {
        redis = EmbeddedRedis.builder().setting("appendonly", "no").start();
        client = RedisClient.create(redis.uri());
    }

    @AfterEach
    void stop() {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        redis.close();
    }

    private RedisCacheInvalidator deleting(String... patterns) {
        return RedisCacheInvalidator.builder(RedisEndpoint.of(client))
                .patterns(patterns)
                .commandTimeout(PATIENT)
                .build();
    }

    private void fill(String prefix, int count) {
        try (var connection = client.connect()) {
            Map<String, String> page = new HashMap<>();
            for (int i = 0; i < count; i++) {
                page.put(prefix + i, "x");
                if (page.size() == 5_000) {
                    connection.sync().mset(page);
                    page.clear();
                }
            }
            if (!page.isEmpty()) {
                connection.sync().mset(page);
            }
        }
    }

    private void set(String key) {
        redis.command("SET", key, "x");
    }

    @Test
    void a_hundred_thousand_keys_go_and_the_others_stay() throws Exception {
        fill("olap:mv_sales:", 100_000);
        fill("olap:mv_sales_old:", 1_000);
        fill("session:", 30_000);
        try (RedisCacheInvalidator invalidator = deleting("olap:{view}:*")) {
            invalidator.invalidate(Set.of(ViewName.parse("mv_sales"), ViewName.parse("mv_none")));
        }
        assertThat(redis.command("DBSIZE")).hasToString("31000");
        assertThat(String.valueOf(redis.command("INFO", "commandstats")))
                .contains("cmdstat_scan", "cmdstat_unlink")
                .doesNotContain("cmdstat_keys");
    }

    @Test
    void few_keys_among_many_are_deleted_at_once() throws Exception {
        fill("olap:mv_sales:", 500);
        fill("session:", 20_000);
        try (RedisCacheInvalidator invalidator = deleting("olap:{view}:*")) {
            invalidator.invalidate(Set.of(ViewName.parse("mv_sales")));
        }
        assertThat(redis.command("DBSIZE")).hasToString("20000");
        assertThat(String.valueOf(redis.command("INFO", "commandstats"))).contains("cmdstat_unlink:calls=1,");
    }

    @Test
    void a_name_is_taken_literally_whatever_it_contains() throws Exception {
        List<String> names = List.of("mv*", "mv?x", "mv[ab]", "mv\\x", "매출 요약", "mv-^]", "{name}");
        for (String name : names) {
            set("olap:" + name + ":1");
        }
        for (String other : List.of("mvvv", "mvyx", "mva", "mvx", "매출 요약2")) {
            set("olap:" + other + ":1");
        }
        try (RedisCacheInvalidator invalidator = deleting("olap:{view}:*")) {
            for (String name : names) {
                invalidator.invalidate(Set.of(ViewName.of("public", name)));
                assertThat(redis.command("EXISTS", "olap:" + name + ":1"))
                        .as(name)
                        .hasToString("0");
            }
        }
        assertThat(redis.command("DBSIZE")).hasToString("5");
    }

    @Test
    void a_key_that_is_no_text_is_deleted_and_not_the_one_it_would_read_as() throws Exception {
        byte[] serialized = {(byte) 0xAC, (byte) 0xED, 0, 5, 't', 0, 2, 'm', 'v', ':', (byte) 0xFF};
        try (var connection = client.connect(ByteArrayCodec.INSTANCE);
                RedisCacheInvalidator invalidator = deleting("*{view}:*")) {
            connection.sync().set(serialized, serialized);
            set("mv:매출");
            invalidator.invalidate(Set.of(ViewName.parse("mv")));
            assertThat(connection.sync().exists(serialized)).isZero();
        }
        assertThat(redis.command("DBSIZE")).hasToString("0");
    }

    @Test
    void schema_and_name_have_places_of_their_own() throws Exception {
        set("a/olap/mv/1");
        set("b/mv");
        set("c:olap.mv:1");
        set("a/public/mv/1");
        try (RedisCacheInvalidator invalidator = deleting("a/{schema}/{name}/*", "b/{name}", "c:{view}:*")) {
            invalidator.invalidate(Set.of(ViewName.of("olap", "mv")));
        }
        assertThat(redis.command("KEYS", "*")).asString().isEqualTo("[a/public/mv/1]");
    }

    @Test
    void a_function_may_name_the_globs() throws Exception {
        set("x1");
        set("y1");
        try (RedisCacheInvalidator invalidator = RedisCacheInvalidator.builder(RedisEndpoint.of(client))
                .patterns(view -> List.of("x*"))
                .scanCount(1)
                .commandTimeout(PATIENT)
                .build()) {
            invalidator.invalidate(Set.of(ViewName.parse("any")));
        }
        assertThat(redis.command("KEYS", "*")).asString().isEqualTo("[y1]");
    }

    @Test
    void a_pattern_without_a_place_for_the_view_is_refused() {
        assertThatThrownBy(() -> deleting("olap:*"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("olap:*")
                .hasMessageContaining("{view}");
    }
}
