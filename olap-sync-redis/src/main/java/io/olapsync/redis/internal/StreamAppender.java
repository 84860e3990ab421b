package io.olapsync.redis.internal;

import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.cluster.api.async.RedisAdvancedClusterAsyncCommands;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.olapsync.spi.ChangeEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Appends events to a stream, in pipelines of a bounded length. Thread-safe. */
public final class StreamAppender {

    private static final int AT_ONCE = 500;

    private final RedisLink link;
    private final Duration timeout;
    private final String key;
    private final EventFields fields;
    private final XAddArgs args;
    private final int replicas;

    /**
     * Appends to this stream.
     *
     * @param length about how many entries to keep; empty: all
     * @param replicas how many of them must have the entries; zero: nobody asks
     */
    public StreamAppender(
            RedisLink link, Duration timeout, String key, EventFields fields, OptionalLong length, int replicas) {
        this.replicas = replicas;
        this.link = link;
        this.timeout = timeout;
        this.key = key;
        this.fields = fields;
        this.args = new XAddArgs();
        length.ifPresent(entries -> args.maxlen(entries).approximateTrimming());
    }

    public void append(List<ChangeEvent> events) {
        for (int from = 0; from < events.size(); from += AT_ONCE) {
            RedisClusterAsyncCommands<String, String> commands = link.commands(timeout);
            List<RedisFuture<String>> replies = new ArrayList<>(AT_ONCE);
            for (ChangeEvent event : events.subList(from, Math.min(events.size(), from + AT_ONCE))) {
                replies.add(commands.xadd(key, args, fields.write(event)));
            }
            awaitAll(replies);
            awaitReplicas(commands);
        }
    }

    private void awaitReplicas(RedisClusterAsyncCommands<String, String> commands) {
        if (replicas == 0) {
            return;
        }
        if (commands instanceof RedisAdvancedClusterAsyncCommands) {
            throw new RedisException("in a cluster nobody can say which replicas have an entry");
        }
        long have = Replies.await(commands.waitForReplication(replicas, Math.max(1, timeout.toMillis() / 2)), timeout);
        if (have < replicas) {
            throw new RedisException(have + " replicas have the entries, not " + replicas);
        }
    }

    /** The first failure is enough: what is still under way is not waited for, and not sent later. */
    private void awaitAll(List<RedisFuture<String>> replies) {
        try {
            replies.forEach(reply -> Replies.await(reply, timeout));
        } finally {
            replies.forEach(reply -> reply.cancel(true));
        }
    }
}
