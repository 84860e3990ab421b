package io.olapsync.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.Consumer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.XClaimArgs;
import io.lettuce.core.XReadArgs;
import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventSource.Batch;
import io.olapsync.spi.EventsUnavailableException;
import io.olapsync.testkit.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rounds through what is pending, page by page, in which entries of dead consumers are found. */
@Timeout(60)
class RedisStreamRoundTest {

    /** What one poll reads, and looks at. */
    private static final int PAGE = 100;

    /** Of another consumer: a round through them takes more than one poll. */
    private static final int OTHERS = 250;

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private RedisClient client;
    private StreamProbe probe;
    private RedisStreamEventSource source;

    @BeforeEach
    void start() {
        client = RedisClient.create(TestServers.redis().uri());
        client.setOptions(RedisClients.recommendedOptions());
        probe = new StreamProbe(client.connect(), TestServers.redis().newPrefix() + "events");
        source = RedisStreamEventSource.builder(RedisEndpoint.of(client), probe.key)
                .lookEvery(Duration.ZERO)
                .patience(PATIENCE)
                .commandTimeout(Duration.ofSeconds(20))
                .build();
    }

    @AfterEach
    void stop() {
        source.close();
        probe.redis.del(probe.key);
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }

    private List<String> polled(int polls) throws EventsUnavailableException {
        List<String> payloads = new ArrayList<>();
        for (int i = 0; i < polls; i++) {
            Batch batch = source.poll(PAGE, Duration.ZERO);
            payloads.addAll(batch.events().stream().map(ChangeEvent::payload).toList());
        }
        return payloads;
    }

    @SuppressWarnings("unchecked") // a generic varargs parameter of Lettuce
    private List<String> readByAnother(int count) {
        return probe
                .redis
                .xreadgroup(
                        Consumer.from(StreamProbe.GROUP, "another"),
                        XReadArgs.Builder.count(count),
                        XReadArgs.StreamOffset.lastConsumed(probe.key))
                .stream()
                .map(message -> message.getId())
                .toList();
    }

    private void diesWith(String id) {
        probe.redis.xclaim(
                probe.key,
                Consumer.from(StreamProbe.GROUP, "another"),
                XClaimArgs.Builder.justid().minIdleTime(0).idle(PATIENCE.toMillis() + 1),
                id);
    }

    /** As much is read with each poll as is looked at: whoever looks for the end of what is pending does not get there. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_round_ends_where_the_stream_was_when_it_began_and_another_follows(boolean readBefore) throws Exception {
        source.poll(1, Duration.ZERO);
        source.gapRecorded();
        if (readBefore) {
            probe.send("early", "early");
            assertThat(polled(1)).containsExactly("early");
        }
        probe.sendMany(OTHERS);
        String first = readByAnother(OTHERS).get(0);
        probe.sendMany(20 * PAGE);
        List<String> taken = polled(1);
        diesWith(first); // behind the round that has begun
        taken.addAll(polled(10));
        assertThat(taken).hasSizeGreaterThan(8 * PAGE).contains("0");
        assertThat(probe.pending())
                .filteredOn(each -> each.getId().equals(first))
                .allMatch(each -> each.getConsumer().equals(source.consumer()));
    }

    @Test
    void a_round_takes_over_every_page_of_what_a_dead_consumer_had_and_leaves_what_a_living_one_has() throws Exception {
        source.poll(1, Duration.ZERO);
        source.gapRecorded();
        probe.sendMany(OTHERS + 1);
        List<String> others = readByAnother(OTHERS + 1);
        others.subList(0, OTHERS).forEach(this::diesWith);
        assertThat(polled(4)).hasSize(OTHERS).doesNotContain(Integer.toString(OTHERS));
    }
}
