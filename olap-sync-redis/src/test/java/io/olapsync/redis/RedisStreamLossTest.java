package io.olapsync.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.Consumer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XTrimArgs;
import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventSource.Batch;
import io.olapsync.testkit.RedisServer;
import io.olapsync.testkit.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Every way in which a stream loses messages is a gap, once, and nothing else is. */
class RedisStreamLossTest {

    private final RedisServer redis = TestServers.redis();
    private final RedisClient client = RedisClient.create(RedisURI.create(redis.uri()));
    private final StreamProbe probe = new StreamProbe(client.connect(), redis.newPrefix() + "events");
    private final List<RedisStreamEventSource> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(RedisStreamEventSource::close);
        probe.redis.del(probe.key, probe.key + ":dead");
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }

    private RedisStreamEventSource open(Duration patience) {
        RedisStreamEventSource source = RedisStreamEventSource.builder(RedisEndpoint.of(client), probe.key)
                .lookEvery(Duration.ZERO)
                .patience(patience)
                .commandTimeout(Duration.ofSeconds(20))
                .build();
        opened.add(source);
        return source;
    }

    /** One whose group is there, and which has no gap. */
    private RedisStreamEventSource settled(Duration patience) throws Exception {
        RedisStreamEventSource source = open(patience);
        if (source.poll(1, Duration.ZERO).gap()) {
            source.gapRecorded();
        }
        assertThat(source.poll(1, Duration.ZERO)).isEqualTo(Batch.EMPTY);
        return source;
    }

    private List<String> deliver(RedisStreamEventSource source, int most) throws Exception {
        Batch batch = source.poll(most, Duration.ZERO);
        assertThat(batch.gap()).isFalse();
        return batch.events().stream().map(ChangeEvent::id).toList();
    }

    /** The next poll tells of a gap, also for another process, until it is recorded; then nobody does. */
    private void assertOneGap(RedisStreamEventSource source) throws Exception {
        await().until(() -> source.poll(1, Duration.ZERO).gap());
        RedisStreamEventSource other = open(source.patience());
        assertThat(other.poll(1, Duration.ZERO).gap())
                .as("also by another process")
                .isTrue();
        source.gapRecorded();
        assertNoGap(source);
        assertNoGap(other);
        assertNoGap(open(source.patience()));
        assertThat(probe.consumers()).noneMatch(name -> name.startsWith("olapsync:gap:"));
    }

    private static void assertNoGap(RedisStreamEventSource source) throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(source.poll(1, Duration.ZERO).gap()).isFalse();
        }
    }

    @Test
    void trimming_what_was_not_delivered() throws Exception {
        RedisStreamEventSource source = settled(Duration.ofMinutes(2));
        probe.sendMany(10);
        source.acknowledge(deliver(source, 4));
        probe.redis.xtrim(probe.key, 5);
        assertOneGap(source);
    }

    @Test
    void trimming_by_the_sender_while_nobody_reads() throws Exception {
        RedisStreamEventSource source = settled(Duration.ofMinutes(2));
        source.close();
        for (int i = 0; i < 300; i++) {
            probe.redis.xadd(probe.key, new XAddArgs().maxlen(20), Map.of("type", "t"));
        }
        assertOneGap(open(Duration.ofMinutes(2)));
    }

    @Test
    void trimming_all_that_was_not_delivered_and_nothing_comes_after() throws Exception {
        RedisStreamEventSource source = settled(Duration.ofMinutes(2));
        probe.sendMany(10);
        source.acknowledge(deliver(source, 4));
        probe.redis.xtrim(probe.key, 0);
        assertOneGap(source);
        assertThat(source.poll(10, Duration.ZERO)).isEqualTo(Batch.EMPTY);
    }

    @Test
    void trimming_what_was_delivered_is_none() throws Exception {
        RedisStreamEventSource source = settled(Duration.ofMinutes(2));
        for (int round = 0; round < 20; round++) {
            probe.sendMany(10);
            source.acknowledge(deliver(source, 7));
            source.acknowledge(deliver(source, 7));
            probe.redis.xtrim(probe.key, round % 4);
        }
        assertNoGap(source);
        probe.sendMany(10);
        assertThat(deliver(source, 7)).hasSize(7);
        probe.redis.xtrim(probe.key, 3);
        assertThat(deliver(source, 7)).hasSize(3);
        assertNoGap(open(Duration.ofMinutes(2)));
    }

    @Test
    void deleting_what_was_not_delivered() throws Exception {
        RedisStreamEventSource source = settled(Duration.ofMinutes(2));
        probe.sendMany(4);
        deliver(source, 4);
        String lost = probe.redis.xadd(probe.key, Map.of("type", "t"));
        probe.sendMany(20);
        probe.redis.xdel(probe.key, lost);
        assertOneGap(source);
    }

    @Test
    void deleting_what_was_acknowledged_is_none() throws Exception {
        RedisStreamEventSource source = settled(Duration.ofMinutes(2));
        for (int round = 0; round < 10; round++) {
            probe.sendMany(10);
            for (int part = 0; part < 2; part++) {
                List<String> ids = deliver(source, 5);
                source.acknowledge(ids);
                probe.redis.xdel(probe.key, ids.toArray(String[]::new));
            }
        }
        assertNoGap(source);
    }

    @Test
    void losing_what_a_dead_consumer_had() throws Exception {
        RedisStreamEventSource source = settled(Duration.ofMillis(50));
        probe.sendMany(5);
        List<String> ids = deliver(source, 5);
        source.close();
        probe.redis.xdel(probe.key, ids.get(1), ids.get(2));
        RedisStreamEventSource other = open(Duration.ofMillis(50));
        assertOneGap(other);
        await().until(() -> {
            other.acknowledge(other.poll(10, Duration.ZERO).events().stream()
                    .map(ChangeEvent::id)
                    .toList());
            return probe.pending().isEmpty();
        });
    }

    @Test
    void trimming_what_a_living_consumer_still_acknowledges_is_none() throws Exception {
        RedisStreamEventSource source = settled(Duration.ofMinutes(2));
        probe.sendMany(5);
        List<String> ids = deliver(source, 5);
        probe.redis.xtrim(probe.key, new XTrimArgs().maxlen(0));
        source.keep(ids);
        assertThat(probe.pending()).as("keeping has not dropped the signs").hasSize(5);
        source.acknowledge(ids);
        assertThat(probe.pending()).isEmpty();
        assertNoGap(source);
    }

    @Test
    void a_new_group_on_a_stream_with_a_history() throws Exception {
        probe.sendMany(10);
        probe.redis.xtrim(probe.key, 6);
        assertOneGap(open(Duration.ofMinutes(2)));
        assertThat(probe.pending()).as("all that is there is delivered").isNotEmpty();
    }

    @Test
    void a_group_that_an_operator_has_made_is_none() throws Exception {
        probe.redis.xgroupCreate(
                XReadArgs.StreamOffset.from(probe.key, "0"), StreamProbe.GROUP, new XGroupCreateArgs().mkstream(true));
        probe.sendMany(10);
        RedisStreamEventSource source = open(Duration.ofMinutes(2));
        assertThat(deliver(source, 4)).hasSize(4);
        assertNoGap(source);
    }

    @Test
    void a_lost_group_or_stream() throws Exception {
        RedisStreamEventSource source = settled(Duration.ofMinutes(2));
        probe.sendMany(3);
        List<String> ids = deliver(source, 3);
        probe.redis.xgroupDestroy(probe.key, StreamProbe.GROUP);
        source.keep(ids);
        source.acknowledge(ids);
        assertOneGap(source);
        probe.redis.del(probe.key);
        source.gapRecorded();
        assertOneGap(source);
    }

    @Test
    void losing_again_and_again_while_nothing_is_recorded_leaves_few_traces() throws Exception {
        RedisStreamEventSource source = settled(Duration.ofMinutes(2));
        for (int loss = 0; loss < 50; loss++) {
            probe.sendMany(3);
            probe.redis.xtrim(probe.key, 1);
            assertThat(source.poll(10, Duration.ZERO).gap()).isTrue();
        }
        assertThat(probe.consumers()).hasSizeLessThan(12);
        assertOneGap(source);
    }

    @Test
    void consumers_that_are_gone_are_removed_once_nothing_is_pending_with_them() throws Exception {
        settled(Duration.ofMinutes(2));
        probe.sendMany(2);
        for (String name : List.of("olapsync-empty", "olapsync-busy", "somebody else")) {
            probe.redis.xgroupCreateconsumer(probe.key, Consumer.from(StreamProbe.GROUP, name));
        }
        probe.redis.xreadgroup(
                Consumer.from(StreamProbe.GROUP, "olapsync-busy"), XReadArgs.StreamOffset.lastConsumed(probe.key));
        await().until(() -> {
            RedisStreamEventSource reaper = RedisStreamEventSource.builder(RedisEndpoint.of(client), probe.key)
                    .removeConsumersAfter(Duration.ofMillis(1))
                    .build();
            opened.add(reaper);
            reaper.poll(1, Duration.ZERO);
            return !probe.consumers().contains("olapsync-empty");
        });
        assertThat(probe.consumers()).contains("olapsync-busy", "somebody else");
        assertThat(probe.pending()).hasSize(2);
    }
}
