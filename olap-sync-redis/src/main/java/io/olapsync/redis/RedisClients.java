package io.olapsync.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * What we recommend to set on the host's Redis client.
 *
 * <p>Nothing depends on it for correctness: our adapters put a limit on every wait themselves. With these settings a
 * command fails at once while Redis is away, instead of after the limit, and a connection is back within a second of
 * Redis.
 */
public final class RedisClients {

    private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration LONGEST_RECONNECT_DELAY = Duration.ofSeconds(1);

    private RedisClients() {}

    /** Commands are refused while disconnected and time out after 2 s; connecting gives up after 2 s; TCP keep-alive. */
    public static ClientOptions recommendedOptions() {
        return ClientOptions.builder()
                .disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
                .timeoutOptions(TimeoutOptions.enabled(COMMAND_TIMEOUT))
                .socketOptions(sockets())
                .build();
    }

    /** The same for a cluster, and the topology is read again each minute and on every sign that it has changed. */
    @SuppressWarnings("deprecation") // on by default, and deprecated, since Lettuce 7; off by default before
    public static ClusterClientOptions recommendedClusterOptions() {
        return ClusterClientOptions.builder()
                .disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
                .timeoutOptions(TimeoutOptions.enabled(COMMAND_TIMEOUT))
                .socketOptions(sockets())
                .topologyRefreshOptions(ClusterTopologyRefreshOptions.builder()
                        .enablePeriodicRefresh(Duration.ofMinutes(1))
                        .enableAllAdaptiveRefreshTriggers()
                        .build())
                .build();
    }

    /** Resources with a random reconnect delay of at most 1 s; the caller shuts them down after the client. */
    public static ClientResources recommendedResources() {
        return ClientResources.builder()
                .reconnectDelay(
                        Delay.fullJitter(Duration.ofMillis(10), LONGEST_RECONNECT_DELAY, 100, TimeUnit.MILLISECONDS))
                .build();
    }

    private static SocketOptions sockets() {
        return SocketOptions.builder()
                .connectTimeout(COMMAND_TIMEOUT)
                .keepAlive(true)
                .build();
    }
}
