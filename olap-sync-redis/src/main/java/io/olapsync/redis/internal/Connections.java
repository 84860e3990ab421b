package io.olapsync.redis.internal;

import io.lettuce.core.ReadFrom;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.masterreplica.StatefulRedisMasterReplicaConnection;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** What standalone, master-replica and cluster connections have in common. */
final class Connections {

    private Connections() {}

    static RedisClusterAsyncCommands<String, String> commandsOf(StatefulConnection<String, String> connection) {
        if (connection instanceof StatefulRedisClusterConnection<String, String> cluster) {
            return cluster.async();
        }
        if (connection instanceof StatefulRedisConnection<String, String> single) {
            return single.async();
        }
        throw new IllegalArgumentException("neither a standalone nor a cluster connection: " + connection);
    }

    /** A replica lags: a version read there would hand out what an invalidation has already made unreachable. */
    static void requireReadsFromMaster(StatefulConnection<String, String> connection) {
        ReadFrom readFrom = null;
        if (connection instanceof StatefulRedisClusterConnection<String, String> cluster) {
            readFrom = cluster.getReadFrom();
        } else if (connection instanceof StatefulRedisMasterReplicaConnection<String, String> replicated) {
            readFrom = replicated.getReadFrom();
        }
        if (readFrom != null && readFrom.getClass() != ReadFrom.UPSTREAM.getClass()) {
            throw new IllegalArgumentException("the connection reads from " + readFrom
                    + ", which may be a replica behind its master; a view cache needs ReadFrom.UPSTREAM");
        }
    }

    static @Nullable String describe(@Nullable SocketAddress address) {
        if (address instanceof InetSocketAddress inet) {
            return inet.getHostString() + ":" + inet.getPort();
        }
        return address == null ? null : address.toString();
    }

    /** Tells of every connection made after it was registered. */
    interface OnConnected extends RedisConnectionStateListener {

        void connected(@Nullable SocketAddress address);

        @Override
        default void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress address) {
            connected(address);
        }
    }
}
