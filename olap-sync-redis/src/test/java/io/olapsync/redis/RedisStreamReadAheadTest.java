package io.olapsync.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisClient;
import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventSource.Batch;
import io.olapsync.spi.EventsUnavailableException;
import io.olapsync.testkit.EmbeddedRedis;
import io.olapsync.testkit.TcpProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** In a backlog the server reads the next pages before anybody asks for them; what becomes of them. */
@Timeout(120)
class RedisStreamReadAheadTest {

    private static final int PAGE = 100;

    private EmbeddedRedis redis;
    private TcpProxy proxy;
    private RedisClient client;
    private RedisStreamEventSource source;

    @BeforeEach
    void start() throws Exception {
        redis = EmbeddedRedis.start();
        proxy = TcpProxy.to("127.0.0.1", redis.port());
        client = RedisClient.create("redis://127.0.0.1:" + proxy.port());
        source = open();
        assertThat(source.poll(1, Duration.ZERO).gap())
                .as("the very first start")
                .isTrue();
        source.gapRecorded();
    }

    @AfterEach
    void stop() {
        source.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        proxy.close();
        redis.close();
    }

    private RedisStreamEventSource open() {
        return RedisStreamEventSource.builder(RedisEndpoint.of(client), "events")
                .lookEvery(Duration.ofHours(1))
                .commandTimeout(Duration.ofSeconds(20))
                .build();
    }

    private void send(int from, int to) {
        for (int i = from; i < to; i++) {
            redis.command("XADD", "events", "*", "type", "t", "xid", "7", "payload", Integer.toString(i));
        }
    }

    /** Leaves the stream without its first so many entries. */
    private void trim(int sent, int lost) {
        redis.command("XTRIM", "events", "MAXLEN", Integer.toString(sent - lost));
    }

    private Batch poll() throws EventsUnavailableException {
        return source.poll(PAGE, Duration.ZERO);
    }

    private static List<String> payloads(Batch batch) {
        return batch.events().stream().map(ChangeEvent::payload).toList();
    }

    private static List<String> numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj(Integer::toString).toList();
    }

    private static List<String> ids(Batch batch) {
        return batch.events().stream().map(ChangeEvent::id).toList();
    }

    /** How many are pending, or so many that were idle for so long. */
    private int pending(Duration idle) {
        List<?> found = (List<?>) redis.command(
                "XPENDING", "events", "olapsync", "IDLE", Long.toString(idle.toMillis()), "-", "+", "1000");
        return found.size();
    }

    private boolean anyInTransaction() {
        return String.valueOf(redis.command("CLIENT", "LIST")).contains("multi=0");
    }

    @Test
    void a_backlog_does_not_wait_for_looks_at_what_others_have() throws Exception {
        send(0, 5 * PAGE);
        redis.command("XREADGROUP", "GROUP", "olapsync", "another", "COUNT", "500", "STREAMS", "events", ">");
        send(5 * PAGE, 15 * PAGE);
        source.close();
        source = open(); // its first round begins with the first poll
        poll();
        redis.command("CONFIG", "RESETSTAT");
        List<String> taken = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            taken.addAll(payloads(poll()));
        }
        assertThat(taken).hasSize(8 * PAGE);
        assertThat(String.valueOf(redis.command("INFO", "commandstats")))
                .as("pages of what is pending")
                .doesNotContain("cmdstat_xpending");
        redis.command("XCLAIM", "events", "olapsync", "another", "0", id(PAGE), "IDLE", "600000", "JUSTID");
        for (int i = 0; i < 10; i++) {
            taken.addAll(payloads(poll()));
        }
        assertThat(taken)
                .as("what another had for too long, once the backlog is over")
                .contains(Integer.toString(PAGE));
    }

    /** Of the entry with this number. */
    private String id(int number) {
        List<?> found = (List<?>) redis.command("XRANGE", "events", "-", "+");
        return String.valueOf(((List<?>) found.get(number)).get(0));
    }

    @Test
    void a_backlog_is_read_ahead_and_comes_once_and_in_order() throws Exception {
        send(0, 5 * PAGE + 7);
        List<String> taken = new ArrayList<>(payloads(poll()));
        await().until(() -> pending(Duration.ZERO) == 2 * PAGE);
        for (Batch batch = poll(); !batch.equals(Batch.EMPTY); batch = poll()) {
            assertThat(batch.gap()).isFalse();
            taken.addAll(payloads(batch));
            source.acknowledge(ids(batch));
        }
        assertThat(taken).isEqualTo(numbers(0, 5 * PAGE + 7));
        assertThat(pending(Duration.ZERO)).as("the first was not acknowledged").isEqualTo(PAGE);
    }

    @Test
    void where_there_is_no_backlog_nothing_is_read_ahead() throws Exception {
        send(0, PAGE - 1);
        assertThat(poll().events()).hasSize(PAGE - 1);
        send(0, 5);
        assertThat(pending(Duration.ZERO)).isEqualTo(PAGE - 1);
    }

    @Test
    void what_arrives_after_an_empty_page_was_read_ahead_is_seen_by_the_next_poll() throws Exception {
        send(0, PAGE);
        assertThat(poll().events()).hasSize(PAGE);
        await().until(() ->
                String.valueOf(redis.command("INFO", "commandstats")).contains("cmdstat_exec:calls=2"));
        send(PAGE, PAGE + 3);
        assertThat(payloads(poll())).isEqualTo(numbers(PAGE, PAGE + 3));
    }

    @Test
    void who_asks_for_less_than_was_read_ahead_gets_the_rest_later() throws Exception {
        send(0, 2 * PAGE);
        assertThat(poll().events()).hasSize(PAGE);
        List<String> taken = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Batch batch = source.poll(30, Duration.ZERO);
            assertThat(batch.events()).hasSizeLessThanOrEqualTo(30);
            taken.addAll(payloads(batch));
        }
        assertThat(taken).isEqualTo(numbers(PAGE, 2 * PAGE));
    }

    /** The second page read ahead finds one gap, the third another. */
    @Test
    void recording_the_gap_before_one_page_leaves_the_gap_before_the_next() throws Exception {
        send(0, 6 * PAGE);
        assertThat(payloads(poll())).isEqualTo(numbers(0, PAGE));
        await().until(() -> pending(Duration.ZERO) == 2 * PAGE);
        trim(6 * PAGE, 2 * PAGE + 10);
        assertThat(payloads(poll())).isEqualTo(numbers(PAGE, 2 * PAGE));
        await().until(() -> pending(Duration.ZERO) == 3 * PAGE);
        trim(6 * PAGE, 3 * PAGE + 20);
        Batch after = poll();
        assertThat(payloads(after)).isEqualTo(numbers(2 * PAGE + 10, 3 * PAGE + 10));
        assertThat(after.gap()).isTrue();
        await().until(() -> pending(Duration.ZERO) == 4 * PAGE);
        source.gapRecorded();
        source.close(); // before the page with the second gap was fetched
        source = open();
        assertThat(poll().gap()).as("the second gap outlives the process").isTrue();
    }

    @Test
    void what_was_read_ahead_is_kept_with_the_rest() throws Exception {
        send(0, 2 * PAGE);
        Batch first = poll();
        await().until(() -> pending(Duration.ZERO) == 2 * PAGE);
        List<?> all = (List<?>) redis.command("XPENDING", "events", "olapsync", "-", "+", "1000");
        for (Object each : all) {
            String id = String.valueOf(((List<?>) each).get(0));
            redis.command("XCLAIM", "events", "olapsync", source.consumer(), "0", id, "IDLE", "100000", "JUSTID");
        }
        assertThat(pending(Duration.ofSeconds(100))).isEqualTo(2 * PAGE);
        source.keep(ids(first));
        assertThat(pending(Duration.ofSeconds(100))).isZero();
    }

    /** The server holds back writes, so what is asked for ahead has no answer yet. */
    @Test
    void what_is_being_read_ahead_over_a_link_that_is_cut_is_read_again() throws Exception {
        send(0, 4 * PAGE);
        List<String> taken = new ArrayList<>(payloads(poll()));
        await().until(() -> pending(Duration.ZERO) == 2 * PAGE);
        redis.command("CLIENT", "PAUSE", "60000", "WRITE");
        taken.addAll(payloads(poll()));
        assertThat(taken).isEqualTo(numbers(0, 2 * PAGE));
        await().until(this::anyInTransaction);
        proxy.cut();
        await().until(() -> !anyInTransaction());
        proxy.restore();
        redis.command("CLIENT", "UNPAUSE");
        assertThatThrownBy(this::poll).as("told of the cut").isInstanceOf(EventsUnavailableException.class);
        await().ignoreExceptions().untilAsserted(() -> {
            taken.addAll(payloads(poll()));
            assertThat(taken).hasSize(4 * PAGE);
        });
        assertThat(taken).isEqualTo(numbers(0, 4 * PAGE));
    }

    @Test
    void a_right_taken_away_between_two_reads_costs_a_gap_and_no_entry() throws Exception {
        send(0, 4 * PAGE);
        List<String> taken = new ArrayList<>(payloads(poll()));
        await().until(() -> pending(Duration.ZERO) == 2 * PAGE);
        redis.command("ACL", "SETUSER", "default", "-multi");
        int gaps = 0;
        for (Batch batch = poll(); !batch.equals(Batch.EMPTY); batch = poll()) {
            taken.addAll(payloads(batch));
            if (batch.gap()) {
                gaps++;
                source.gapRecorded();
            }
        }
        assertThat(taken).containsExactlyInAnyOrderElementsOf(numbers(0, 4 * PAGE));
        assertThat(gaps).as("what was read without a look").isBetween(1, 2);
        send(4 * PAGE, 4 * PAGE + 2);
        Batch later = poll();
        assertThat(payloads(later)).isEqualTo(numbers(4 * PAGE, 4 * PAGE + 2));
        assertThat(later.gap()).isFalse();
    }
}
