package io.olapsync.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.olapsync.spi.SyncPlugin;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * The Redis adapters, for the engine: invalidates cached results after each refresh, and reads events from streams.
 *
 * <p>Connects on first use, with the engine closes the connection it opened, and never shuts the client down. What to set
 * on the client is in {@link RedisClients}.
 */
public final class RedisPlugin implements SyncPlugin {

    private final RedisEndpoint endpoint;
    private final UnaryOperator<RedisCacheInvalidator.Builder> settings;
    private final List<Supplier<RedisStreamEventSource>> streams;

    private RedisPlugin(
            RedisEndpoint endpoint,
            UnaryOperator<RedisCacheInvalidator.Builder> settings,
            List<Supplier<RedisStreamEventSource>> streams) {
        this.endpoint = Objects.requireNonNull(endpoint, "endpoint");
        this.settings = Objects.requireNonNull(settings, "settings");
        this.streams = List.copyOf(streams);
    }

    /** The version strategy on the Redis that this client was created with. */
    public static RedisPlugin of(RedisClient client) {
        return of(RedisEndpoint.of(client));
    }

    /** The version strategy on the Redis at this address. */
    public static RedisPlugin of(RedisClient client, RedisURI uri) {
        return of(RedisEndpoint.of(client, uri));
    }

    /** The version strategy on this cluster. */
    public static RedisPlugin of(RedisClusterClient client) {
        return of(RedisEndpoint.of(client));
    }

    /** The version strategy there. */
    public static RedisPlugin of(RedisEndpoint endpoint) {
        return new RedisPlugin(endpoint, builder -> builder, List.of());
    }

    /**
     * The same with other settings: {@code of(client).with(i -> i.keyPrefix("shop:").patterns("shop:{view}:*"))}. Applied
     * when the plugin is installed, after earlier ones.
     */
    public RedisPlugin with(UnaryOperator<RedisCacheInvalidator.Builder> changes) {
        Objects.requireNonNull(changes, "changes");
        return new RedisPlugin(endpoint, builder -> changes.apply(settings.apply(builder)), streams);
    }

    /** The same, reading events from this stream too, once the engine is {@linkplain io.olapsync.OlapSync#start started}. */
    public RedisPlugin events(String stream) {
        return events(stream, builder -> builder);
    }

    /** The same with other settings: {@code of(client).events("events", s -> s.group("olap"))}. */
    public RedisPlugin events(String stream, UnaryOperator<RedisStreamEventSource.Builder> changes) {
        Objects.requireNonNull(stream, "stream");
        Objects.requireNonNull(changes, "changes");
        List<Supplier<RedisStreamEventSource>> all = new ArrayList<>(streams);
        all.add(() ->
                changes.apply(RedisStreamEventSource.builder(endpoint, stream)).build());
        return new RedisPlugin(endpoint, settings, all);
    }

    @Override
    public void install(Registry registry) {
        RedisCacheInvalidator invalidator =
                settings.apply(RedisCacheInvalidator.builder(endpoint)).build();
        registry.invalidator(invalidator).onClose(invalidator);
        streams.forEach(stream -> registry.events(stream.get()));
    }

    @Override
    public String toString() {
        return "RedisPlugin[" + endpoint + "]";
    }
}
