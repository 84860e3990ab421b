package io.olapsync.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventSource.Batch;
import io.olapsync.testkit.EmbeddedRedis;
import io.olapsync.testkit.EmbeddedRedisCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class RedisStreamClusterTest {

    private static final Duration PATIENT = Duration.ofSeconds(20);

    private static EmbeddedRedisCluster cluster;
    private static RedisClusterClient client;

    @BeforeAll
    static void start() {
        cluster = EmbeddedRedisCluster.start();
        client = RedisClusterClient.create(
                cluster.uris().stream().map(RedisURI::create).toList());
    }

    @AfterAll
    static void stop() {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        cluster.close();
    }

    private static RedisStreamEventSource source(String stream, Duration limit) throws Exception {
        RedisStreamEventSource source = RedisStreamEventSource.builder(RedisEndpoint.of(client), stream)
                .commandTimeout(limit)
                .patience(Duration.ofMillis(50))
                .lookEvery(Duration.ZERO)
                .build();
        await().atMost(PATIENT)
                .ignoreExceptions()
                .until(() -> source.poll(1, Duration.ZERO).gap());
        source.gapRecorded();
        return source;
    }

    private static List<ChangeEvent> events(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new ChangeEvent("?", "t", OptionalLong.of(i), Integer.toString(i)))
                .toList();
    }

    /** As the relay does. */
    private static void persist(RedisStreamPublisher publisher, int count) {
        await().atMost(PATIENT).ignoreExceptions().until(() -> {
            publisher.publish(events(count));
            return true;
        });
    }

    @Test
    void streams_on_each_master_are_read_taken_over_and_their_dead_letters_set_aside_elsewhere() throws Exception {
        int elsewhere = 0;
        for (String stream : List.of("a", "b", "c", "d")) {
            elsewhere += SlotHash.getSlot(stream) == SlotHash.getSlot(stream + ":dead") ? 0 : 1;
            try (RedisStreamEventSource dead = source(stream, PATIENT);
                    RedisStreamEventSource other = RedisStreamEventSource.builder(RedisEndpoint.of(client), stream)
                            .commandTimeout(PATIENT)
                            .patience(Duration.ofMillis(50))
                            .lookEvery(Duration.ZERO)
                            .build();
                    RedisStreamPublisher publisher = RedisStreamPublisher.builder(RedisEndpoint.of(client), stream)
                            .commandTimeout(PATIENT)
                            .build();
                    var plain = client.connect()) {
                plain.sync().xadd(stream, Map.of("no", "type"));
                persist(publisher, 300);
                await().atMost(PATIENT)
                        .ignoreExceptions()
                        .until(() -> !dead.poll(200, PATIENT).setAside().isEmpty());
                List<String> taken = new ArrayList<>();
                await().atMost(PATIENT).ignoreExceptions().until(() -> {
                    Batch batch = other.poll(50, Duration.ofMillis(100));
                    other.acknowledge(
                            batch.events().stream().map(ChangeEvent::id).toList());
                    batch.events().forEach(event -> taken.add(event.payload()));
                    return taken.size() >= 300;
                });
                assertThat(taken).hasSize(300).doesNotHaveDuplicates();
                assertThat(plain.sync().xlen(stream + ":dead")).isEqualTo(1);
                assertThat(plain.sync().xpending(stream, "olapsync").getCount()).isZero();
            }
        }
        assertThat(elsewhere)
                .as("streams with their dead letters in another slot")
                .isPositive();
    }

    @Test
    void a_message_ends_the_waiting_and_closing_too() throws Exception {
        RedisStreamEventSource source = source("waited for", PATIENT);
        CompletableFuture<Integer> waiting = CompletableFuture.supplyAsync(() -> {
            try {
                return source.poll(10, Duration.ofMinutes(5)).events().size();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        try (RedisStreamPublisher publisher = RedisStreamPublisher.of(RedisEndpoint.of(client), "waited for")) {
            persist(publisher, 1);
        }
        assertThat(waiting.get(20, TimeUnit.SECONDS)).isEqualTo(1);
        source.close();
    }

    @Test
    void a_master_that_is_killed_and_restarted_loses_nothing() throws Exception {
        try (RedisStreamEventSource source = source("killed", Duration.ofSeconds(2));
                RedisStreamPublisher publisher = RedisStreamPublisher.builder(RedisEndpoint.of(client), "killed")
                        .commandTimeout(PATIENT)
                        .build()) {
            persist(publisher, 10);
            EmbeddedRedis master = cluster.nodes().stream()
                    .filter(node -> !node.command("KEYS", "killed").equals(List.of()))
                    .findFirst()
                    .orElseThrow();
            assertThat(source.poll(4, PATIENT).events()).hasSize(4);
            master.kill();
            master.restart();
            await().atMost(PATIENT).ignoreExceptions().untilAsserted(cluster::awaitOk); // it may still be loading
            List<String> taken = new ArrayList<>();
            await().atMost(PATIENT).ignoreExceptions().until(() -> {
                Batch batch = source.poll(10, Duration.ZERO);
                assertThat(batch.gap()).isFalse();
                source.acknowledge(batch.events().stream().map(ChangeEvent::id).toList());
                batch.events().forEach(event -> taken.add(event.payload()));
                return taken.size() >= 10;
            });
            assertThat(taken).contains("0", "3", "4", "9");
        }
    }
}
