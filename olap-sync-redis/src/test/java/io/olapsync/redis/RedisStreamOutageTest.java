package io.olapsync.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventSource.Batch;
import io.olapsync.spi.EventsUnavailableException;
import io.olapsync.testkit.EmbeddedRedis;
import io.olapsync.testkit.TcpProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class RedisStreamOutageTest {

    private static final Duration LONG = Duration.ofMinutes(5);

    private EmbeddedRedis redis;
    private TcpProxy proxy;
    private RedisClient client;
    private RedisStreamEventSource source;

    @BeforeEach
    void start() throws Exception {
        redis = EmbeddedRedis.start();
        proxy = TcpProxy.to("127.0.0.1", redis.port());
        client = RedisClient.create("redis://127.0.0.1:" + proxy.port());
        source = source(Duration.ofSeconds(1));
        await().ignoreExceptions().until(() -> source.poll(1, Duration.ZERO).gap());
        source.gapRecorded();
    }

    private RedisStreamEventSource source(Duration limit) {
        return RedisStreamEventSource.builder(RedisEndpoint.of(client), "events")
                .commandTimeout(limit)
                .build();
    }

    @AfterEach
    void stop() {
        source.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        proxy.close();
        redis.close();
    }

    private void send(int from, int to) {
        for (int i = from; i < to; i++) {
            redis.command("XADD", "events", "*", "type", "t", "payload", Integer.toString(i));
        }
    }

    private CompletableFuture<Batch> waiting() {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return source.poll(10, LONG);
            } catch (EventsUnavailableException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private void awaitWaiting() {
        await().until(() -> String.valueOf(redis.command("CLIENT", "LIST")).contains("cmd=xread "));
    }

    private List<String> takeAll(int count) {
        List<String> payloads = new ArrayList<>();
        await().atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> {
            Batch batch = source.poll(10, Duration.ZERO);
            assertThat(batch.gap()).isFalse();
            batch.events().forEach(event -> payloads.add(event.payload()));
            source.acknowledge(batch.events().stream().map(ChangeEvent::id).toList());
            return payloads.size() >= count;
        });
        return payloads;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void redis_killed_and_restarted_loses_nothing_and_has_no_gap(boolean recommended) throws Exception {
        client.setOptions(recommended ? RedisClients.recommendedOptions() : ClientOptions.create());
        send(0, 5);
        Batch before = source.poll(3, Duration.ZERO);
        redis.kill();
        long begin = System.nanoTime();
        assertThatThrownBy(() -> source.poll(10, LONG))
                .isInstanceOf(EventsUnavailableException.class)
                .hasMessageContaining("stream events")
                .hasMessageContaining("127.0.0.1:" + proxy.port());
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(20));
        redis.restart();
        assertThat(takeAll(2)).containsExactly("3", "4");
        source.acknowledge(before.events().stream().map(ChangeEvent::id).toList());
        assertThat(redis.command("XPENDING", "events", "olapsync").toString()).startsWith("[0,");
    }

    @Test
    void redis_killed_while_it_is_waited_for_fails_the_poll_and_works_again_by_itself() throws Exception {
        CompletableFuture<Batch> waiting = waiting();
        awaitWaiting();
        redis.kill();
        assertThat(waiting)
                .failsWithin(Duration.ofSeconds(20))
                .withThrowableThat()
                .withStackTraceContaining("EventsUnavailableException");
        redis.restart();
        send(0, 3);
        assertThat(takeAll(3)).containsExactly("0", "1", "2");
    }

    @Test
    void flushall_while_it_is_waited_for_is_a_gap() throws Exception {
        CompletableFuture<Batch> waiting = waiting();
        awaitWaiting();
        redis.command("FLUSHALL");
        assertThat(waiting.get(20, TimeUnit.SECONDS).gap()).isTrue();
        send(0, 1);
        assertThat(source.poll(10, Duration.ZERO).events()).hasSize(1);
    }

    @Test
    void a_link_that_swallows_everything_costs_the_limit() {
        proxy.blackhole();
        long begin = System.nanoTime();
        assertThatThrownBy(() -> source.poll(10, LONG)).isInstanceOf(EventsUnavailableException.class);
        assertThatThrownBy(() -> source.acknowledge(List.of("1-1"))).isInstanceOf(EventsUnavailableException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));
        proxy.cut();
        proxy.restore();
        send(0, 2);
        assertThat(takeAll(2)).containsExactly("0", "1");
    }

    @Test
    void closing_ends_a_poll_that_waits_and_both_connections() throws Exception {
        CompletableFuture<Batch> waiting = waiting();
        awaitWaiting();
        assertThat(proxy.connections()).isEqualTo(2);
        source.close();
        assertThat(waiting.handle((batch, failure) -> true)).succeedsWithin(Duration.ofSeconds(10));
        await().until(() -> proxy.connections() == 0);
        assertThatThrownBy(() -> source.poll(1, Duration.ZERO))
                .isInstanceOf(EventsUnavailableException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void an_interrupted_poll_says_so_and_keeps_the_flag() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> source.poll(1, LONG)).isInstanceOf(EventsUnavailableException.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void dead_letters_that_cannot_be_written_hold_up_nothing_and_are_not_lost() throws Exception {
        redis.command("SET", "events:dead", "not a stream");
        redis.command("XADD", "events", "*", "no", "type");
        send(0, 2);
        Batch batch = source.poll(10, Duration.ZERO);
        assertThat(batch.events()).hasSize(2);
        assertThat(batch.setAside()).isEmpty();
        assertThat(redis.command("XPENDING", "events", "olapsync").toString()).startsWith("[3,");
    }

    @Test
    void a_connection_of_the_host_is_never_blocked() throws Exception {
        try (var borrowed = client.connect();
                RedisStreamEventSource shared = RedisStreamEventSource.builder(RedisEndpoint.of(borrowed), "events")
                        .build()) {
            CompletableFuture<Batch> waiting = CompletableFuture.supplyAsync(() -> {
                try {
                    return shared.poll(10, LONG);
                } catch (EventsUnavailableException e) {
                    throw new IllegalStateException(e);
                }
            });
            await().until(() -> String.valueOf(redis.command("CLIENT", "LIST")).contains("cmd=eval "));
            send(0, 1);
            assertThat(waiting.get(20, TimeUnit.SECONDS).events()).hasSize(1);
            assertThat(String.valueOf(redis.command("CLIENT", "LIST"))).doesNotContain("cmd=xread ");
        }
    }

    @Test
    void a_backlog_of_200_000_comes_in_portions() throws Exception {
        for (int i = 0; i < 200; i++) {
            redis.command(
                    "EVAL",
                    "for i = 1, 1000 do redis.call('XADD', KEYS[1], '*', 'type', 't', 'payload', i) end",
                    "1",
                    "events");
        }
        int taken = 0;
        while (taken < 200_000) {
            Batch batch = source.poll(1_000, Duration.ZERO);
            assertThat(batch.events()).hasSizeBetween(1, 1_000);
            taken += batch.events().size();
        }
        assertThat(taken).isEqualTo(200_000);
        assertThat(source.poll(1_000, Duration.ZERO)).isEqualTo(Batch.EMPTY);
    }

    @Test
    void no_secret_is_told() {
        redis.command("CONFIG", "SET", "requirepass", "another");
        RedisClient withPassword = RedisClient.create("redis://:secret@127.0.0.1:" + proxy.port());
        try (RedisStreamEventSource named = RedisStreamEventSource.of(RedisEndpoint.of(withPassword), "events")) {
            assertThatThrownBy(() -> named.poll(1, Duration.ZERO))
                    .isInstanceOf(EventsUnavailableException.class)
                    .message()
                    .doesNotContain("secret");
            assertThat(named.name() + named).contains("stream events").doesNotContain("secret");
        } finally {
            withPassword.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        }
    }
}
