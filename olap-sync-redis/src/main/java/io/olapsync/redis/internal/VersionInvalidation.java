package io.olapsync.redis.internal;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A new version for each view; what was cached under the old one is never asked for again. */
public final class VersionInvalidation implements Invalidation {

    private static final Logger LOG = LoggerFactory.getLogger(VersionInvalidation.class);
    private static final Duration SETTLE = Duration.ofMillis(50);

    private final KeyLayout keys;
    private final Duration timeout;
    private final ViewVersions versions = new ViewVersions();

    public VersionInvalidation(KeyLayout keys, Duration timeout) {
        this.keys = keys;
        this.timeout = timeout;
    }

    @Override
    public void invalidate(RedisLink link, Set<ViewName> views) {
        RedisClusterAsyncCommands<String, String> commands = link.commands(timeout);
        List<ViewVersions.Bump> bumps = new ArrayList<>(views.size());
        for (ViewName view : views) {
            bumps.add(versions.bump(commands, keys.version(view)));
        }
        RedisException failed = null;
        for (ViewVersions.Bump bump : bumps) {
            try {
                versions.learnt(bump.key(), Replies.await(bump.reply(), timeout));
            } catch (RedisException e) {
                failed = droppedInstead(commands, bump.key(), e) ? failed : e;
            }
        }
        if (failed != null) {
            throw failed;
        }
    }

    /**
     * A Redis that is full and may not evict refuses to write, but not to delete; and a missing version is as good as a
     * new one, since the next reader creates it from the time.
     */
    private boolean droppedInstead(RedisClusterAsyncCommands<String, String> commands, String key, RedisException why) {
        if (!isOutOfMemory(why)) {
            return false;
        }
        try {
            Replies.await(commands.unlink(key), timeout);
            return true;
        } catch (RedisException e) {
            why.addSuppressed(e);
            return false;
        }
    }

    private static boolean isOutOfMemory(RedisException e) {
        @Nullable String message = e.getMessage();
        return e instanceof RedisCommandExecutionException && message != null && message.contains("OOM ");
    }

    /**
     * After a reconnect, perhaps to a replica that had not received the last bumps or to a server restored from an older
     * snapshot: what fell behind is raised again.
     */
    public void repairAfterReconnect(RedisLink link) {
        if (versions.keys().isEmpty()) {
            return;
        }
        try {
            ScheduledExecutorService timer = link.timer(Duration.ZERO);
            timer.schedule(() -> repairAll(link), SETTLE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RuntimeException e) {
            LOG.debug("could not look after the versions on {} after a reconnect", link.address(), e);
        }
    }

    private void repairAll(RedisLink link) {
        try {
            RedisClusterAsyncCommands<String, String> commands = link.commands(Duration.ZERO);
            for (String key : versions.keys()) {
                ViewVersions.Bump repair = versions.repair(commands, key);
                repair.reply().whenComplete((version, failure) -> {
                    if (failure == null) {
                        versions.learnt(key, version);
                    } else {
                        LOG.debug("could not look after {} on {}", key, link.address(), failure);
                    }
                });
            }
        } catch (RuntimeException e) {
            LOG.debug("could not look after the versions on {} after a reconnect", link.address(), e);
        }
    }

    @Override
    public String name() {
        return "version";
    }
}
