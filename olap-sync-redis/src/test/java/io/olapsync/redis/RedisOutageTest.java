package io.olapsync.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.olapsync.spi.CacheUnavailableException;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.EmbeddedRedis;
import io.olapsync.testkit.TcpProxy;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisOutageTest {

    private static final Set<ViewName> SALES = Set.of(ViewName.parse("mv_sales"));

    private EmbeddedRedis redis;
    private TcpProxy proxy;
    private RedisClient client;
    private RedisViewCache cache;

    @BeforeEach
    void start() {
        redis = EmbeddedRedis.start();
        proxy = TcpProxy.to("127.0.0.1", redis.port());
        client = RedisClient.create("redis://127.0.0.1:" + proxy.port());
        cache = RedisViewCache.builder(RedisEndpoint.of(client))
                .commandTimeout(Duration.ofMillis(500))
                .pauseAfterTimeout(Duration.ofMillis(300))
                .build();
    }

    @AfterEach
    void stop() {
        cache.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        proxy.close();
        redis.close();
    }

    private String load(String value) {
        return cache.get(SALES, "q", String.class, () -> value);
    }

    private void awaitCaching() {
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            load("cached");
            long hits = cache.stats().hits();
            load("not asked for");
            return cache.stats().hits() > hits;
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void redis_killed_while_idle_costs_the_cache_but_no_answer_and_works_again_by_itself(boolean recommended) {
        client.setOptions(recommended ? RedisClients.recommendedOptions() : ClientOptions.create());
        awaitCaching();
        redis.kill();
        for (int i = 0; i < 20; i++) {
            assertThat(load("loaded")).isEqualTo("loaded");
        }
        redis.restart();
        awaitCaching();
    }

    @Test
    void redis_that_was_never_there_is_done_without_and_found_when_it_comes() {
        redis.kill();
        assertThat(load("loaded")).isEqualTo("loaded");
        redis.restart();
        awaitCaching();
    }

    @Test
    void redis_killed_during_a_load_costs_no_answer() throws Exception {
        awaitCaching();
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch killed = new CountDownLatch(1);
        ExecutorService pool = Executors.newSingleThreadExecutor();
        try {
            Future<String> answer = pool.submit(() -> cache.get(SALES, "other", String.class, () -> {
                loading.countDown();
                killed.await();
                return "loaded";
            }));
            loading.await();
            redis.kill();
            killed.countDown();
            assertThat(answer.get()).isEqualTo("loaded");
        } finally {
            pool.shutdownNow();
        }
        redis.restart();
        awaitCaching();
    }

    @Test
    void a_link_that_swallows_everything_delays_one_reader_by_the_limit_and_not_the_next() {
        awaitCaching();
        proxy.blackhole();
        long begin = System.nanoTime();
        assertThat(load("loaded")).isEqualTo("loaded");
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));
        long fallbacks = cache.stats().fallbacks();
        begin = System.nanoTime();
        for (int i = 0; i < 100; i++) {
            assertThat(load("loaded")).isEqualTo("loaded");
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));
        assertThat(cache.stats().fallbacks()).isEqualTo(fallbacks + 100);
        proxy.restore();
        proxy.cut();
        proxy.restore();
        awaitCaching();
    }

    @Test
    void a_command_under_way_when_the_link_is_lost_fails_within_its_limit() throws Exception {
        try (RedisCacheInvalidator invalidator = RedisCacheInvalidator.builder(RedisEndpoint.of(client))
                .commandTimeout(Duration.ofMillis(500))
                .build()) {
            await().ignoreExceptions().until(() -> {
                invalidator.invalidate(SALES);
                return true;
            });
            proxy.blackhole();
            assertThatThrownBy(() -> invalidator.invalidate(SALES))
                    .isInstanceOf(CacheUnavailableException.class)
                    .hasMessageContaining("500 ms")
                    .hasMessageContaining("127.0.0.1:" + proxy.port());
            proxy.cut();
            proxy.restore();
            await().atMost(Duration.ofSeconds(20)).ignoreExceptions().until(() -> {
                invalidator.invalidate(SALES);
                return true;
            });
        }
    }

    @Test
    void an_interrupted_reader_gets_its_answer_and_keeps_its_flag() {
        awaitCaching();
        Thread.currentThread().interrupt();
        assertThat(load("loaded")).isIn("loaded", "cached");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void a_closed_cache_loads() {
        cache.close();
        cache.close();
        assertThat(load("loaded")).isEqualTo("loaded");
    }

    @Test
    void a_full_server_costs_the_cache_but_no_answer() {
        redis.command("CONFIG", "SET", "maxmemory", "1");
        assertThat(load("one")).isEqualTo("one");
        assertThat(load("two")).isEqualTo("two");
        redis.command("CONFIG", "SET", "maxmemory", "0");
        awaitCaching();
    }

    @Test
    void a_client_that_does_not_reconnect_is_asked_for_a_new_connection() {
        client.setOptions(ClientOptions.builder().autoReconnect(false).build());
        awaitCaching();
        redis.kill();
        assertThat(load("loaded")).isEqualTo("loaded");
        redis.restart();
        awaitCaching();
    }
}
