package io.olapsync.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.ReadFrom;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.EmbeddedRedisCluster;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RedisClusterTest {

    private static final Duration PATIENT = Duration.ofSeconds(20);
    private static final ViewName FACT = ViewName.parse("mv_business_fact");
    private static final Set<ViewName> VIEWS = IntStream.range(0, 12)
            .mapToObj(i -> ViewName.of("public", "차원 " + i))
            .collect(Collectors.toSet());

    private static EmbeddedRedisCluster cluster;
    private static RedisClusterClient client;
    private static StatefulRedisClusterConnection<String, String> plain;

    @BeforeAll
    static void start() {
        cluster = EmbeddedRedisCluster.start();
        client = RedisClusterClient.create(
                cluster.uris().stream().map(RedisURI::create).toList());
        plain = client.connect();
    }

    @AfterAll
    static void stop() {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        cluster.close();
    }

    @BeforeEach
    void empty() {
        plain.sync().flushall();
    }

    private static RedisViewCache cache(RedisEndpoint endpoint) {
        return RedisViewCache.builder(endpoint).commandTimeout(PATIENT).build();
    }

    @Test
    void a_result_of_views_on_all_masters_is_cached_until_one_of_them_is_refreshed() throws Exception {
        try (RedisViewCache cache = cache(RedisEndpoint.of(client));
                RedisCacheInvalidator invalidator = RedisCacheInvalidator.builder(RedisEndpoint.of(client))
                        .commandTimeout(PATIENT)
                        .build()) {
            for (int round = 0; round < 5; round++) {
                String value = "값 " + round;
                assertThat(cache.get(VIEWS, "q", String.class, () -> value)).isEqualTo(value);
                assertThat(cache.get(VIEWS, "q", String.class, () -> "other")).isEqualTo(value);
                invalidator.invalidate(Set.of(ViewName.of("public", "차원 " + round)));
            }
            invalidator.invalidate(VIEWS);
            assertThat(cache.get(VIEWS, "q", String.class, () -> "last")).isEqualTo("last");
        }
        assertThat(cluster.nodes())
                .allSatisfy(node -> assertThat(node.command("DBSIZE")).isNotEqualTo(0L));
    }

    @Test
    void patterns_are_deleted_on_every_master_and_nothing_else() throws Exception {
        Map<String, String> keys = IntStream.range(0, 20_000)
                .boxed()
                .collect(Collectors.toMap(i -> (i % 2 == 0 ? "olap:mv_business_fact:" : "other:") + i, i -> "x"));
        plain.sync().mset(keys);
        try (RedisCacheInvalidator invalidator = RedisCacheInvalidator.builder(RedisEndpoint.of(plain))
                .patterns("olap:{view}:*")
                .commandTimeout(PATIENT)
                .build()) {
            invalidator.invalidate(Set.of(FACT));
        }
        long left = cluster.nodes().stream()
                .mapToLong(node -> Long.parseLong(String.valueOf(node.command("DBSIZE"))))
                .sum();
        assertThat(left).isEqualTo(10_000);
        assertThat(plain.sync().exists("olap:mv_business_fact:0", "other:1")).isEqualTo(1);
    }

    @Test
    void a_master_that_is_away_costs_its_keys_but_no_answer() {
        try (RedisViewCache cache = RedisViewCache.builder(RedisEndpoint.of(client))
                .commandTimeout(Duration.ofMillis(500))
                .pauseAfterTimeout(Duration.ofMillis(100))
                .build()) {
            await().atMost(PATIENT).until(() -> {
                cache.get(VIEWS, "q", String.class, () -> "cached");
                return cache.stats().hits() > 0;
            });
            cluster.nodes().get(0).kill();
            assertThat(cache.get(VIEWS, "other", String.class, () -> "loaded")).isEqualTo("loaded");
            cluster.nodes().get(0).restart();
            cluster.awaitOk();
            long hits = cache.stats().hits();
            await().atMost(PATIENT).until(() -> {
                cache.get(VIEWS, "q", String.class, () -> "cached");
                return cache.stats().hits() > hits;
            });
        }
    }

    @Test
    void a_connection_that_reads_from_replicas_is_refused() {
        try (StatefulRedisClusterConnection<String, String> lagging = client.connect()) {
            lagging.setReadFrom(ReadFrom.REPLICA_PREFERRED);
            Assertions.assertThatThrownBy(() -> RedisViewCache.of(RedisEndpoint.of(lagging)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("UPSTREAM");
        }
    }
}
