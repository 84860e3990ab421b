package io.olapsync.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.codec.StringCodec;
import io.olapsync.redis.internal.BorrowedLink;
import io.olapsync.redis.internal.OwnedLink;
import io.olapsync.redis.internal.RedisLink;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where Redis is, and whose connection is used.
 *
 * <p>Of a client, a connection of our own is opened on first use and closed with the adapter that opened it; the client
 * itself is never shut down. A connection handed in is shared and never closed. In both cases nothing is sent until there
 * is something to do.
 *
 * <p>Everything is read from the master: a replica that lags would hand out versions that are no longer current.
 * Immutable.
 */
public final class RedisEndpoint {

    private final Function<@Nullable String, RedisLink> opener;
    private final @Nullable String address;

    private RedisEndpoint(Function<@Nullable String, RedisLink> opener, @Nullable String address) {
        this.opener = opener;
        this.address = address;
    }

    /** The Redis that the client was created with: one server, or the master behind Sentinel. */
    public static RedisEndpoint of(RedisClient client) {
        Objects.requireNonNull(client, "client");
        return new RedisEndpoint(
                address -> new OwnedLink(client, () -> client.connect(StringCodec.UTF8), address), null);
    }

    /** The Redis at this address, by this client. A Sentinel URI leads to the current master. */
    public static RedisEndpoint of(RedisClient client, RedisURI uri) {
        Objects.requireNonNull(client, "client");
        Objects.requireNonNull(uri, "uri");
        return new RedisEndpoint(
                address -> new OwnedLink(client, () -> client.connect(StringCodec.UTF8, uri), address), describe(uri));
    }

    /** The cluster that the client was created with. */
    public static RedisEndpoint of(RedisClusterClient client) {
        Objects.requireNonNull(client, "client");
        return new RedisEndpoint(
                address -> new OwnedLink(client, () -> client.connect(StringCodec.UTF8), address), null);
    }

    /**
     * This connection, which stays the caller's. Its codec must be UTF-8, the default of {@code client.connect()}, and it
     * must not be in a transaction or have its auto-flush turned off.
     *
     * @throws IllegalArgumentException (from the adapter that uses it) if it reads from replicas
     */
    public static RedisEndpoint of(StatefulRedisConnection<String, String> connection) {
        Objects.requireNonNull(connection, "connection");
        return new RedisEndpoint(
                address -> new BorrowedLink(connection, address == null ? "the given connection" : address), null);
    }

    /** This connection to a cluster, which stays the caller's; the same conditions hold. */
    public static RedisEndpoint of(StatefulRedisClusterConnection<String, String> connection) {
        Objects.requireNonNull(connection, "connection");
        return new RedisEndpoint(
                address -> new BorrowedLink(connection, address == null ? "the given connection" : address),
                connection.getPartitions().stream()
                        .limit(3)
                        .map(node -> describe(node.getUri()))
                        .collect(Collectors.joining(",")));
    }

    /** The same, called so in messages: {@code cache-1:6379}. For clients and connections that do not tell their address. */
    public RedisEndpoint named(String name) {
        return new RedisEndpoint(opener, Objects.requireNonNull(name, "name"));
    }

    RedisLink link() {
        return opener.apply(address);
    }

    private static String describe(RedisURI uri) {
        if (!uri.getSentinels().isEmpty()) {
            return uri.getSentinelMasterId() + " at sentinels "
                    + uri.getSentinels().stream()
                            .map(s -> s.getHost() + ":" + s.getPort())
                            .collect(Collectors.joining(","));
        }
        return uri.getSocket() != null ? uri.getSocket() : uri.getHost() + ":" + uri.getPort();
    }

    /** The address as far as it is known; never a password. */
    @Override
    public String toString() {
        return address == null ? "Redis" : "Redis at " + address;
    }
}
