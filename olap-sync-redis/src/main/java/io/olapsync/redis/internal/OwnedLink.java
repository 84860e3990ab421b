package io.olapsync.redis.internal;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection of our own over the host's client: made on first use, made again if it died and the client does not
 * reconnect, closed with us.
 *
 * <p>Connecting happens on a thread of its own, once for all who ask at the same time: with the defaults of Lettuce it may
 * take ten seconds to find that nobody is there, and no caller shall wait that long.
 */
public final class OwnedLink implements RedisLink {

    private static final Duration CLOSING = Duration.ofSeconds(1);

    private final AbstractRedisClient client;
    private final Supplier<? extends StatefulConnection<String, String>> opener;
    private final boolean reconnects;
    private final List<Runnable> hooks = new CopyOnWriteArrayList<>();
    private final Connections.OnConnected listener = this::connected;
    private volatile @Nullable String address;
    private volatile @Nullable StatefulConnection<String, String> ready;
    private @Nullable CompletableFuture<StatefulConnection<String, String>> opening;
    private boolean closed;

    /** @param address what is known of where it leads; null: learnt from the first connection */
    public OwnedLink(
            AbstractRedisClient client,
            Supplier<? extends StatefulConnection<String, String>> opener,
            @Nullable String address) {
        this(client, opener, address, true);
    }

    private OwnedLink(
            AbstractRedisClient client,
            Supplier<? extends StatefulConnection<String, String>> opener,
            @Nullable String address,
            boolean reconnects) {
        this.client = client;
        this.opener = opener;
        this.address = address;
        this.reconnects = reconnects;
    }

    @Override
    public RedisClusterAsyncCommands<String, String> commands(Duration timeout) {
        return Connections.commandsOf(connection(timeout));
    }

    @Override
    public ScheduledExecutorService timer(Duration timeout) {
        return connection(timeout).getResources().eventExecutorGroup();
    }

    @Override
    public void onReconnect(Runnable hook) {
        hooks.add(hook);
    }

    @Override
    public boolean isOwn() {
        return true;
    }

    @Override
    public RedisLink withoutReconnect() {
        return new OwnedLink(client, opener, address, false);
    }

    @Override
    public Optional<StatefulRedisConnection<String, String>> exclusive(Duration timeout) {
        return reconnects ? Optional.empty() : single(connection(timeout));
    }

    private static Optional<StatefulRedisConnection<String, String>> single(
            StatefulConnection<String, String> connection) {
        return connection instanceof StatefulRedisConnection<String, String> one ? Optional.of(one) : Optional.empty();
    }

    @Override
    public void drop(StatefulRedisConnection<String, String> exclusive) {
        synchronized (this) {
            if (reconnects || ready != exclusive) {
                return;
            }
            ready = null;
            opening = null;
        }
        exclusive.closeAsync();
    }

    @Override
    public String address() {
        String known = address;
        return known == null ? "the default address of the Redis client" : known;
    }

    private StatefulConnection<String, String> connection(Duration timeout) {
        StatefulConnection<String, String> open = ready;
        if (open != null && isUsable(open)) {
            return open;
        }
        return Replies.await(pending().thenApply(Function.identity()), timeout);
    }

    private static boolean isUsable(StatefulConnection<String, String> connection) {
        return connection.isOpen() || connection.getOptions().isAutoReconnect();
    }

    private synchronized CompletableFuture<StatefulConnection<String, String>> pending() {
        if (closed) {
            throw new RedisException("the connection to " + address() + " has been closed");
        }
        StatefulConnection<String, String> dead = ready;
        if (dead != null && !isUsable(dead)) {
            dead.closeAsync();
            ready = null;
            opening = null;
        }
        CompletableFuture<StatefulConnection<String, String>> running = opening;
        if (running == null || running.isCompletedExceptionally()) {
            running = new CompletableFuture<>();
            opening = running;
            open(running);
        }
        return running;
    }

    private void open(CompletableFuture<StatefulConnection<String, String>> into) {
        Thread thread = new Thread(
                () -> {
                    try {
                        publish(into, opener.get());
                    } catch (Throwable t) {
                        into.completeExceptionally(t);
                    }
                },
                "olapsync-redis-connect");
        thread.setDaemon(true);
        client.removeListener(listener);
        client.addListener(listener);
        thread.start();
    }

    private void publish(
            CompletableFuture<StatefulConnection<String, String>> into, StatefulConnection<String, String> connection) {
        boolean late;
        synchronized (this) {
            late = closed;
            ready = closed ? null : connection;
            if (!reconnects) {
                single(connection).ifPresent(one -> one.addListener(new Ending(one)));
            }
        }
        if (late) {
            connection.closeAsync();
            into.completeExceptionally(new RedisException("the connection to " + address() + " has been closed"));
        } else {
            into.complete(connection);
        }
    }

    private void connected(@Nullable SocketAddress to) {
        if (address == null) {
            address = Connections.describe(to);
        }
        if (ready != null) {
            hooks.forEach(Runnable::run);
        }
    }

    @Override
    public void close() {
        StatefulConnection<String, String> open;
        synchronized (this) {
            closed = true;
            open = ready;
            ready = null;
        }
        hooks.clear();
        client.removeListener(listener);
        if (open != null) {
            awaitClosed(open);
        }
    }

    /** So that the client, which may be shut down next, does not close it once more and complain. */
    private static void awaitClosed(StatefulConnection<String, String> open) {
        try {
            Replies.await(open.closeAsync(), CLOSING);
        } catch (RedisException e) {
            // it is given up either way
        }
    }

    /**
     * Closes a connection as soon as it is cut. The client would reconnect, and send again what had no answer by then: of a
     * transaction that had begun, the rest, on its own. It tells of the cut before it sets out to reconnect.
     */
    private final class Ending implements RedisConnectionStateListener {

        private final StatefulRedisConnection<String, String> one;

        Ending(StatefulRedisConnection<String, String> one) {
            this.one = one;
        }

        @Override
        public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
            drop(one);
        }
    }
}
