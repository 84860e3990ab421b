package io.olapsync.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.olapsync.spi.CacheUnavailableException;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.EmbeddedRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RedisVersionInvalidationTest {

    private static final ViewName SALES = ViewName.of("public", "mv_sales");
    private static final String KEY = "olapsync:ver:mv_sales";

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

    private static RedisCacheInvalidator patient(RedisEndpoint endpoint) {
        return RedisCacheInvalidator.builder(endpoint)
                .commandTimeout(Duration.ofSeconds(20))
                .build();
    }

    private long version() {
        return Long.parseLong(String.valueOf(redis.command("GET", KEY)));
    }

    private long serverMicros() {
        List<?> time = (List<?>) redis.command("TIME");
        return Long.parseLong(time.get(0).toString()) * 1_000_000
                + Long.parseLong(time.get(1).toString());
    }

    @Test
    void a_first_version_is_the_time_of_the_server() throws Exception {
        long before = serverMicros();
        try (RedisCacheInvalidator invalidator = patient(RedisEndpoint.of(client))) {
            invalidator.invalidate(Set.of(SALES));
        }
        assertThat(version()).isBetween(before, serverMicros());
    }

    @Test
    void every_invalidation_raises_the_version_also_when_many_do_it_at_once() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try (RedisCacheInvalidator one = patient(RedisEndpoint.of(client));
                RedisCacheInvalidator two = patient(RedisEndpoint.of(client))) {
            redis.command("SET", KEY, "4000000000000000");
            Callable<Void> bump = () -> {
                one.invalidate(Set.of(SALES));
                two.invalidate(Set.of(SALES));
                return null;
            };
            for (var done : pool.invokeAll(Collections.nCopies(100, bump))) {
                done.get();
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(version())
                .as("200 steps above a version ahead of the clock")
                .isGreaterThanOrEqualTo(4000000000000200L);
    }

    @Test
    void a_lost_version_never_comes_back_to_a_number_used_before() throws Exception {
        try (RedisCacheInvalidator invalidator = patient(RedisEndpoint.of(client))) {
            List<Long> seen = new ArrayList<>();
            for (String loss : List.of("DEL " + KEY, "FLUSHALL", "SET " + KEY + " 1", "SET " + KEY + " garbage")) {
                invalidator.invalidate(Set.of(SALES));
                seen.add(version());
                redis.command(loss.split(" "));
            }
            invalidator.invalidate(Set.of(SALES));
            seen.add(version());
            assertThat(seen).isSorted().doesNotHaveDuplicates();
        }
    }

    @Test
    void another_process_also_continues_above_what_was_lost() throws Exception {
        long last;
        try (RedisCacheInvalidator before = patient(RedisEndpoint.of(client))) {
            before.invalidate(Set.of(SALES));
            last = version();
        }
        redis.kill();
        redis.restart();
        assertThat(redis.command("GET", KEY)).as("this server keeps nothing").isNull();
        try (RedisCacheInvalidator after = patient(RedisEndpoint.of(client))) {
            after.invalidate(Set.of(SALES));
        }
        assertThat(version()).isGreaterThan(last);
    }

    @Test
    void a_version_that_a_restored_snapshot_took_back_is_raised_after_the_reconnect() throws Exception {
        try (RedisCacheInvalidator invalidator = patient(RedisEndpoint.of(client))) {
            invalidator.invalidate(Set.of(SALES));
            long saved = version();
            redis.command("SAVE");
            invalidator.invalidate(Set.of(SALES));
            long lost = version();
            redis.kill();
            redis.restart();

            await().atMost(Duration.ofSeconds(20)).until(() -> version() > lost);
            assertThat(lost).isGreaterThan(saved);
        }
    }

    @Test
    void a_connection_handed_in_repairs_too_and_is_left_open() throws Exception {
        StatefulRedisConnection<String, String> mine = client.connect();
        RedisCacheInvalidator invalidator = patient(RedisEndpoint.of(mine));
        invalidator.invalidate(Set.of(SALES));
        redis.command("SAVE");
        invalidator.invalidate(Set.of(SALES));
        long lost = version();
        redis.kill();
        redis.restart();
        await().atMost(Duration.ofSeconds(20)).until(() -> version() > lost);

        invalidator.close();
        invalidator.close();
        assertThat(mine.sync().ping()).isEqualTo("PONG");
    }

    @Test
    void a_full_server_that_refuses_to_write_loses_the_version_instead() throws Exception {
        try (RedisCacheInvalidator invalidator = patient(RedisEndpoint.of(client))) {
            invalidator.invalidate(Set.of(SALES));
            long before = version();
            redis.command("CONFIG", "SET", "maxmemory", "1");
            invalidator.invalidate(Set.of(SALES));
            assertThat(redis.command("GET", KEY))
                    .as("no reader is served by a version that is gone")
                    .isNull();

            redis.command("CONFIG", "SET", "maxmemory", "0");
            invalidator.invalidate(Set.of(SALES));
            assertThat(version()).isGreaterThan(before);
        }
    }

    @Test
    void all_views_of_a_call_are_raised() throws Exception {
        Set<ViewName> many = IntStream.range(0, 500)
                .mapToObj(i -> ViewName.of("olap", "mv " + i))
                .collect(Collectors.toSet());
        try (RedisCacheInvalidator invalidator = patient(RedisEndpoint.of(client))) {
            invalidator.invalidate(many);
        }
        assertThat(redis.command("DBSIZE")).hasToString("500");
        assertThat(redis.command("GET", "olapsync:ver:olap.\"mv 7\"")).isNotNull();
    }

    @Test
    void a_server_that_is_away_is_named_without_its_password() {
        RedisURI uri = RedisURI.builder()
                .withHost("127.0.0.1")
                .withPort(redis.port())
                .withPassword("s3cret".toCharArray())
                .build();
        redis.kill();
        try (RedisCacheInvalidator invalidator = patient(RedisEndpoint.of(client, uri))) {
            assertThatThrownBy(() -> invalidator.invalidate(Set.of(SALES)))
                    .isInstanceOf(CacheUnavailableException.class)
                    .hasMessageContaining("mv_sales")
                    .hasMessageContaining("127.0.0.1:" + redis.port())
                    .hasMessageNotContaining("s3cret");
        }
    }

    @Test
    void a_server_killed_and_restarted_is_found_again_and_named_until_then() throws Exception {
        try (RedisCacheInvalidator invalidator = RedisCacheInvalidator.builder(RedisEndpoint.of(client))
                .commandTimeout(Duration.ofMillis(300))
                .build()) {
            await().ignoreExceptions().until(() -> {
                invalidator.invalidate(Set.of(SALES));
                return true;
            });
            long before = version();
            redis.kill();
            assertThatThrownBy(() -> invalidator.invalidate(Set.of(SALES)))
                    .isInstanceOf(CacheUnavailableException.class)
                    .hasMessageContaining("127.0.0.1:" + redis.port());
            redis.restart();
            await().atMost(Duration.ofSeconds(20)).ignoreExceptions().until(() -> {
                invalidator.invalidate(Set.of(SALES));
                return version() > before;
            });
        }
    }

    @Test
    void nothing_is_done_after_close() {
        RedisCacheInvalidator invalidator = patient(RedisEndpoint.of(client));
        invalidator.close();
        assertThatThrownBy(() -> invalidator.invalidate(Set.of(SALES))).isInstanceOf(CacheUnavailableException.class);
    }
}
