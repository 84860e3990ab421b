package io.olapsync.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.olapsync.spi.EventSource;
import io.olapsync.testkit.RedisServer;
import io.olapsync.testkit.TcpProxy;
import io.olapsync.testkit.TestServers;
import io.olapsync.testkit.contract.EventSourceContract;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;

/** The contract on a real server: the sources over a link that can be cut, the test on one of its own. */
abstract class RedisStreamContract extends EventSourceContract {

    private final RedisServer redis = TestServers.redis();
    private final RedisURI direct = RedisURI.create(redis.uri());
    private final TcpProxy proxy = TcpProxy.to(direct.getHost(), direct.getPort());
    private final RedisClient client = RedisClient.create();
    private final StreamProbe probe;
    private final Consumer<StreamProbe> cut;

    RedisStreamContract(Consumer<StreamProbe> cut) {
        this.cut = cut;
        client.setOptions(RedisClients.recommendedOptions());
        this.probe = new StreamProbe(client.connect(direct), redis.newPrefix() + "사건");
    }

    @AfterEach
    void close() {
        probe.redis.del(probe.key, probe.key + ":dead");
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        proxy.close();
    }

    @Override
    protected EventSource open() {
        RedisURI linked = RedisURI.builder(direct)
                .withHost("127.0.0.1")
                .withPort(proxy.port())
                .build();
        return RedisStreamEventSource.builder(RedisEndpoint.of(client, linked), probe.key)
                .lookEvery(Duration.ZERO)
                .commandTimeout(Duration.ofSeconds(8))
                .build();
    }

    @Override
    protected OptionalLong send(String type, String payload) {
        return probe.send(type, payload);
    }

    @Override
    protected void sendMalformed() {
        probe.redis.xadd(probe.key, "no type", "at all");
    }

    @Override
    protected void cut() {
        cut.accept(probe);
    }

    @Override
    protected void elapse(Duration time) {
        probe.age(time);
    }

    @Override
    protected int maxDeliveries() {
        return 5;
    }

    @Override
    protected long unacknowledged() {
        return probe.unacknowledged();
    }

    @Override
    protected long foundSetAside() {
        return probe.deadLetters();
    }

    @Override
    protected void loseQueue() {
        proxy.cut();
    }

    @Override
    protected void restoreQueue() {
        proxy.restore();
    }
}
