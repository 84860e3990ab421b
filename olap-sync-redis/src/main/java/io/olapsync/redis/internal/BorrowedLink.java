package io.olapsync.redis.internal;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;

/** A connection of the host: used, never closed. */
public final class BorrowedLink implements RedisLink {

    private final StatefulConnection<String, String> connection;
    private final RedisClusterAsyncCommands<String, String> commands;
    private final List<Runnable> hooks = new CopyOnWriteArrayList<>();
    private final Connections.OnConnected listener = address -> hooks.forEach(Runnable::run);
    private final String address;

    public BorrowedLink(StatefulConnection<String, String> connection, String address) {
        Connections.requireReadsFromMaster(connection);
        this.connection = connection;
        this.commands = Connections.commandsOf(connection);
        this.address = Objects.requireNonNull(address, "address");
        connection.addListener(listener);
    }

    @Override
    public RedisClusterAsyncCommands<String, String> commands(Duration timeout) {
        return commands;
    }

    @Override
    public ScheduledExecutorService timer(Duration timeout) {
        return connection.getResources().eventExecutorGroup();
    }

    @Override
    public void onReconnect(Runnable hook) {
        hooks.add(hook);
    }

    @Override
    public boolean isOwn() {
        return false;
    }

    @Override
    public RedisLink withoutReconnect() {
        return this;
    }

    @Override
    public Optional<StatefulRedisConnection<String, String>> exclusive(Duration timeout) {
        return Optional.empty();
    }

    @Override
    public void drop(StatefulRedisConnection<String, String> exclusive) {
        throw new IllegalStateException("a connection of the host is not dropped");
    }

    @Override
    public String address() {
        return address;
    }

    @Override
    public void close() {
        hooks.clear();
        connection.removeListener(listener);
    }
}
