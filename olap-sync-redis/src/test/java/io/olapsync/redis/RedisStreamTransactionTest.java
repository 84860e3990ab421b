package io.olapsync.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.protocol.ProtocolVersion;
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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Looking for losses and reading on are one step, whatever happens between the two. */
@Timeout(120)
class RedisStreamTransactionTest {

    private EmbeddedRedis redis;
    private TcpProxy proxy;
    private RedisClient client;
    private RedisStreamEventSource source;

    @BeforeEach
    void start() throws Exception {
        redis = EmbeddedRedis.start();
        proxy = TcpProxy.to("127.0.0.1", redis.port());
        client = RedisClient.create("redis://127.0.0.1:" + proxy.port());
        source = settled(RedisEndpoint.of(client));
    }

    @AfterEach
    void stop() {
        source.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        proxy.close();
        redis.close();
    }

    /** One that has read once, has no gap, and looks for nothing else. */
    private static RedisStreamEventSource settled(RedisEndpoint endpoint) throws Exception {
        return settled(endpoint, Duration.ofSeconds(20));
    }

    private static RedisStreamEventSource settled(RedisEndpoint endpoint, Duration limit) throws Exception {
        RedisStreamEventSource settled = RedisStreamEventSource.builder(endpoint, "events")
                .lookEvery(Duration.ofHours(1))
                .commandTimeout(limit)
                .build();
        await().ignoreExceptions().until(() -> {
            Batch batch = settled.poll(1, Duration.ZERO);
            if (batch.gap()) {
                settled.gapRecorded();
            }
            return batch.equals(Batch.EMPTY);
        });
        return settled;
    }

    private void send(int from, int to) {
        for (int i = from; i < to; i++) {
            redis.command("XADD", "events", "*", "type", "t", "xid", "7", "payload", Integer.toString(i));
        }
    }

    private static List<String> payloads(Batch batch) {
        return batch.events().stream().map(ChangeEvent::payload).toList();
    }

    private Batch poll() throws EventsUnavailableException {
        return source.poll(10, Duration.ZERO);
    }

    /** How many calls of this command have succeeded. */
    private long calls(String command) {
        Matcher calls = Pattern.compile("cmdstat_" + command + ":calls=(\\d+),.*failed_calls=(\\d+)")
                .matcher(String.valueOf(redis.command("INFO", "commandstats")));
        return calls.find() ? Long.parseLong(calls.group(1)) - Long.parseLong(calls.group(2)) : 0;
    }

    private boolean anyInTransaction() {
        return String.valueOf(redis.command("CLIENT", "LIST")).contains("multi=0");
    }

    @ParameterizedTest
    @EnumSource(ProtocolVersion.class)
    void entries_are_read_in_a_transaction_in_both_protocols(ProtocolVersion version) throws Exception {
        source.close();
        client.setOptions(ClientOptions.builder().protocolVersion(version).build());
        source = settled(RedisEndpoint.of(client));
        send(0, 15);
        long before = calls("exec");
        Batch batch = poll();
        assertThat(payloads(batch)).containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
        assertThat(batch.events())
                .allMatch(
                        event -> event.type().equals("t") && event.transaction().orElseThrow() == 7);
        assertThat(payloads(poll())).containsExactly("10", "11", "12", "13", "14");
        assertThat(poll()).isEqualTo(Batch.EMPTY);
        assertThat(calls("exec") - before).isEqualTo(3);
        source.acknowledge(batch.events().stream().map(ChangeEvent::id).toList());
        assertThat(redis.command("XPENDING", "events", "olapsync").toString()).startsWith("[5,");
    }

    @Test
    void a_gap_and_the_entries_after_it_come_together_and_the_gap_outlives_the_process() throws Exception {
        send(0, 10);
        redis.command("XTRIM", "events", "MAXLEN", "4");
        long before = calls("exec");
        Batch batch = poll();
        assertThat(calls("exec")).isEqualTo(before + 1);
        assertThat(payloads(batch)).containsExactly("6", "7", "8", "9");
        assertThat(batch.gap()).isTrue();
        assertThat(poll().gap()).as("until it is recorded").isTrue();
        source.close();
        source = RedisStreamEventSource.of(RedisEndpoint.of(client), "events");
        assertThat(poll().gap()).as("also for the next process").isTrue();
        source.gapRecorded();
        assertThat(poll().gap()).isFalse();
    }

    /** The server holds back writes: it answers MULTI, and nothing that comes after. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_link_that_is_cut_between_multi_and_exec_takes_nothing_along(boolean recommended) throws Exception {
        source.close();
        client.setOptions(recommended ? RedisClients.recommendedOptions() : ClientOptions.create());
        source = settled(RedisEndpoint.of(client));
        send(0, 3);
        redis.command("CLIENT", "PAUSE", "60000", "WRITE");
        CompletableFuture<Batch> cut = CompletableFuture.supplyAsync(() -> {
            try {
                return poll();
            } catch (EventsUnavailableException e) {
                return Batch.EMPTY;
            }
        });
        await().until(this::anyInTransaction);
        proxy.cut();
        await().until(() -> !anyInTransaction());
        proxy.restore();
        redis.command("CLIENT", "UNPAUSE");
        List<String> taken = new ArrayList<>(payloads(cut.get(60, TimeUnit.SECONDS)));
        await().ignoreExceptions().until(() -> taken.addAll(payloads(poll())));
        assertThat(taken).containsExactly("0", "1", "2");
    }

    @Test
    void a_transaction_without_an_answer_in_time_is_ended_and_takes_nothing_along() throws Exception {
        source.close();
        source = settled(RedisEndpoint.of(client), Duration.ofSeconds(1));
        send(0, 3);
        redis.command("CLIENT", "PAUSE", "60000", "WRITE");
        assertThatThrownBy(this::poll).isInstanceOf(EventsUnavailableException.class);
        await().until(() -> !anyInTransaction());
        redis.command("CLIENT", "UNPAUSE");
        assertThat(payloads(poll())).containsExactly("0", "1", "2");
    }

    @Test
    void what_other_threads_send_meanwhile_is_in_no_transaction() throws Exception {
        send(0, 500);
        AtomicBoolean reading = new AtomicBoolean(true);
        CompletableFuture<Void> acknowledging = CompletableFuture.runAsync(() -> {
            try {
                while (reading.get()) {
                    source.acknowledge(List.of("1-1", "1-2"));
                }
            } catch (EventsUnavailableException e) {
                throw new IllegalStateException(e);
            }
        });
        List<String> taken = new ArrayList<>();
        while (taken.size() < 500) {
            Batch batch = source.poll(2, Duration.ZERO);
            assertThat(batch.events()).hasSize(2);
            taken.addAll(payloads(batch));
        }
        reading.set(false);
        assertThat(acknowledging).succeedsWithin(Duration.ofSeconds(20));
        assertThat(calls("exec")).isGreaterThanOrEqualTo(250);
    }

    @Test
    void a_full_server_that_takes_no_transaction_is_read_by_the_script() throws Exception {
        send(0, 3);
        redis.command("CONFIG", "SET", "maxmemory", "1");
        long before = calls("exec");
        assertThat(payloads(poll())).containsExactly("0", "1", "2");
        redis.command("CONFIG", "SET", "maxmemory", "0");
        assertThat(poll()).isEqualTo(Batch.EMPTY);
        assertThat(calls("exec")).as("refused, and taken again").isEqualTo(before + 1);
    }

    @Test
    void a_user_who_may_make_no_transaction_reads_by_the_script() throws Exception {
        redis.command("ACL", "SETUSER", "default", "-multi");
        send(0, 3);
        assertThat(payloads(poll())).containsExactly("0", "1", "2");
        send(3, 5);
        assertThat(payloads(poll())).containsExactly("3", "4");
    }

    @Test
    void entries_whose_look_has_failed_come_with_a_gap() throws Exception {
        send(0, 10);
        redis.command("XTRIM", "events", "MAXLEN", "4");
        redis.command("ACL", "SETUSER", "default", "-xinfo");
        Batch batch = poll();
        assertThat(payloads(batch)).containsExactly("6", "7", "8", "9");
        assertThat(batch.gap()).isTrue();
        send(10, 11);
        assertThatThrownBy(this::poll)
                .as("no second time")
                .isInstanceOf(EventsUnavailableException.class)
                .hasMessageContaining("can't run this command");
        redis.command("ACL", "SETUSER", "default", "+xinfo");
        source.close();
        source = RedisStreamEventSource.of(RedisEndpoint.of(client), "events");
        Batch after = poll();
        assertThat(after.gap()).as("also for the next process").isTrue();
        assertThat(payloads(after)).containsExactly("10");
    }

    @Test
    void a_key_that_is_no_stream_fails_until_it_has_gone() throws Exception {
        redis.command("SET", "events", "not a stream");
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(this::poll).hasMessageContaining("WRONGTYPE");
        }
        redis.command("DEL", "events");
        assertThat(poll().gap()).isTrue();
        send(0, 2);
        assertThat(payloads(poll())).containsExactly("0", "1");
    }

    @Test
    void a_group_that_has_gone_is_made_again_in_the_transaction_that_finds_it() throws Exception {
        send(0, 2);
        redis.command("XGROUP", "DESTROY", "events", "olapsync");
        long before = calls("exec");
        Batch batch = poll();
        assertThat(calls("exec")).isEqualTo(before + 1);
        assertThat(batch.gap()).isTrue();
        assertThat(payloads(batch)).containsExactly("0", "1");
    }

    @Test
    void no_transaction_is_made_on_a_connection_of_the_host() throws Exception {
        try (var borrowed = client.connect();
                RedisStreamEventSource shared = settled(RedisEndpoint.of(borrowed))) {
            long before = calls("multi");
            send(0, 3);
            assertThat(payloads(shared.poll(10, Duration.ZERO))).containsExactly("0", "1", "2");
            assertThat(shared.poll(10, Duration.ZERO)).isEqualTo(Batch.EMPTY);
            assertThat(calls("multi")).isEqualTo(before);
        }
    }
}
