package io.olapsync.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventPublisher;
import io.olapsync.spi.EventSource;
import io.olapsync.spi.EventSource.Batch;
import io.olapsync.spi.EventsUnavailableException;
import io.olapsync.testkit.RedisServer;
import io.olapsync.testkit.TcpProxy;
import io.olapsync.testkit.TestServers;
import io.olapsync.testkit.contract.EventPublisherContract;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RedisStreamPublisherTest extends EventPublisherContract {

    private final RedisServer redis = TestServers.redis();
    private final RedisURI direct = RedisURI.create(redis.uri());
    private final TcpProxy proxy = TcpProxy.to(direct.getHost(), direct.getPort());
    private final RedisURI linked = RedisURI.builder(direct)
            .withHost("127.0.0.1")
            .withPort(proxy.port())
            .build();
    private final RedisClient client = RedisClient.create();
    private final String stream = redis.newPrefix() + "events";
    private final EventPublisher publisher = RedisStreamPublisher.builder(RedisEndpoint.of(client, linked), stream)
            .commandTimeout(Duration.ofSeconds(8))
            .build();
    private final EventSource source = RedisStreamEventSource.builder(RedisEndpoint.of(client, direct), stream)
            .commandTimeout(Duration.ofSeconds(8))
            .build();
    private final List<ChangeEvent> received = new ArrayList<>();

    RedisStreamPublisherTest() {
        client.setOptions(RedisClients.recommendedOptions());
    }

    @AfterEach
    void close() {
        redis.command("DEL", stream);
        publisher.close();
        source.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        proxy.close();
    }

    @Override
    protected EventPublisher publisher() {
        return publisher;
    }

    @Override
    protected List<ChangeEvent> received() {
        try {
            Batch batch;
            do {
                batch = source.poll(1_000, Duration.ZERO);
                received.addAll(batch.events());
            } while (!batch.events().isEmpty());
        } catch (EventsUnavailableException e) {
            throw new AssertionError(e);
        }
        return List.copyOf(received);
    }

    @Override
    protected void loseReceiver() {
        proxy.cut();
    }

    @Override
    protected void restoreReceiver() {
        proxy.restore();
    }

    @Test
    void stream_is_kept_at_about_the_length_that_was_set_and_else_not_trimmed() throws Exception {
        List<ChangeEvent> events =
                Collections.nCopies(3_000, new ChangeEvent("of the sender", "t", OptionalLong.empty(), ""));
        publisher.publish(events);
        assertThat(redis.command("XLEN", stream)).isEqualTo(3_000L);
        try (EventPublisher trimming = RedisStreamPublisher.builder(RedisEndpoint.of(client, direct), stream)
                .keepAbout(200)
                .build()) {
            trimming.publish(events);
        }
        assertThat((Long) redis.command("XLEN", stream)).isBetween(200L, 500L);
    }
}
