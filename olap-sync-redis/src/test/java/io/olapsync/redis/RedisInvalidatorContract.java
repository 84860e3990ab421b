package io.olapsync.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.olapsync.spi.CacheInvalidator;
import io.olapsync.testkit.RedisServer;
import io.olapsync.testkit.TcpProxy;
import io.olapsync.testkit.TestServers;
import io.olapsync.testkit.contract.CacheInvalidatorContract;
import java.time.Duration;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterEach;

/** The contract on a real server: the invalidator over a link that can be cut, the readers on one of their own. */
abstract class RedisInvalidatorContract extends CacheInvalidatorContract {

    final RedisServer redis = TestServers.redis();
    final String prefix = redis.newPrefix();
    private final RedisURI direct = RedisURI.create(redis.uri());
    private final TcpProxy proxy = TcpProxy.to(direct.getHost(), direct.getPort());
    private final RedisClient client = RedisClient.create();
    final StatefulRedisConnection<String, String> reader = client.connect(direct);
    private final RedisCacheInvalidator invalidator;

    /** @param strategy what to set, given the prefix of all keys of this test */
    RedisInvalidatorContract(
            BiFunction<RedisCacheInvalidator.Builder, String, RedisCacheInvalidator.Builder> strategy) {
        client.setOptions(RedisClients.recommendedOptions());
        RedisURI linked = RedisURI.builder(direct)
                .withHost("127.0.0.1")
                .withPort(proxy.port())
                .build();
        RedisCacheInvalidator.Builder builder = RedisCacheInvalidator.builder(RedisEndpoint.of(client, linked));
        invalidator = strategy.apply(builder, prefix).build();
    }

    @AfterEach
    void close() {
        invalidator.close();
        proxy.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }

    @Override
    protected CacheInvalidator invalidator() {
        return invalidator;
    }

    @Override
    protected void loseCache() {
        proxy.cut();
    }

    @Override
    protected void restoreCache() {
        proxy.restore();
    }
}
