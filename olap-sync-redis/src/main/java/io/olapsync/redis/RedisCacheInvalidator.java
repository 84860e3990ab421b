package io.olapsync.redis;

import io.olapsync.redis.internal.GlobTemplate;
import io.olapsync.redis.internal.Invalidation;
import io.olapsync.redis.internal.KeyLayout;
import io.olapsync.redis.internal.PatternInvalidation;
import io.olapsync.redis.internal.RedisLink;
import io.olapsync.redis.internal.Replies;
import io.olapsync.redis.internal.VersionInvalidation;
import io.olapsync.spi.CacheInvalidator;
import io.olapsync.spi.CacheUnavailableException;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes cached results of views unreachable in Redis.
 *
 * <h2>Version, the default</h2>
 * Each view has one key with a version, and an invalidation raises it: one command per view, all in one round trip,
 * whatever the number of cached results. Entries that carry an older version are never served again. This is what
 * {@link RedisViewCache} reads, and the only strategy that a slow reader cannot defeat: what it loaded before the refresh
 * and writes after the invalidation still carries the old version.
 *
 * <p>The new version is {@code max(current + 1, the Redis server's clock in microseconds)}, set by a script on one key.
 * So it never returns to a number used before: not when the key was evicted or flushed, and not when a failover or a
 * restored snapshot lost the last bumps. Until the next bump, such a loss puts the <em>old</em> version back, and the
 * entries written under it; against this the invalidator remembers what it has set, and raises after every reconnect what
 * fell behind, and a {@link RedisViewCache} never accepts a version lower than one it has seen.
 *
 * <h2>Pattern</h2>
 * For hosts that cache under keys of their own: SCAN and UNLINK of glob patterns, on every master of a cluster, never
 * KEYS. It costs a walk over all keys (seconds per million), and a reader that missed before the refresh may write its
 * old result after the deletion; only a TTL ends that.
 *
 * <p>Thread-safe. Blocks until Redis has answered. Closing closes only a connection it opened itself.
 */
public final class RedisCacheInvalidator implements CacheInvalidator, AutoCloseable {

    private final RedisLink link;
    private final Invalidation strategy;
    private final Duration timeout;

    private RedisCacheInvalidator(Builder builder) {
        this.link = builder.endpoint.link();
        this.timeout = builder.timeout;
        Function<ViewName, ? extends Collection<String>> globs = builder.globs;
        if (globs == null) {
            VersionInvalidation versions = new VersionInvalidation(new KeyLayout(builder.keyPrefix), timeout);
            link.onReconnect(() -> versions.repairAfterReconnect(link));
            this.strategy = versions;
        } else {
            this.strategy = new PatternInvalidation(globs, builder.scanCount, timeout);
        }
    }

    /** The version strategy with its defaults. Nothing is sent to Redis yet. */
    public static RedisCacheInvalidator of(RedisEndpoint endpoint) {
        return builder(endpoint).build();
    }

    /** Starts with the version strategy, the prefix {@code olapsync:} and a limit of 2 s per command. */
    public static Builder builder(RedisEndpoint endpoint) {
        return new Builder(endpoint);
    }

    @Override
    public void invalidate(Set<ViewName> views) throws CacheUnavailableException {
        if (views.isEmpty()) {
            return;
        }
        try {
            strategy.invalidate(link, views);
        } catch (RuntimeException e) {
            throw new CacheUnavailableException(message(views, e), e);
        }
    }

    private String message(Set<ViewName> views, RuntimeException cause) {
        String names = views.stream().sorted().limit(10).map(ViewName::toString).collect(Collectors.joining(", "));
        return "cached results of " + names + (views.size() > 10 ? " and " + (views.size() - 10) + " more" : "")
                + " could not be invalidated (" + strategy.name() + " strategy, limit " + timeout.toMillis()
                + " ms per command) on Redis at " + link.address() + ": " + Replies.reason(cause);
    }

    /** Closes the connection it opened, if it opened one. Idempotent. */
    @Override
    public void close() {
        link.close();
    }

    @Override
    public String toString() {
        return "RedisCacheInvalidator[" + strategy.name() + ", " + link.address() + "]";
    }

    /** Settings of an invalidator. Not thread-safe. */
    public static final class Builder {

        private final RedisEndpoint endpoint;
        private String keyPrefix = KeyLayout.DEFAULT_PREFIX;
        private Duration timeout = Duration.ofSeconds(2);
        private int scanCount = 1_000;
        private @Nullable Function<ViewName, ? extends Collection<String>> globs;

        private Builder(RedisEndpoint endpoint) {
            this.endpoint = Objects.requireNonNull(endpoint, "endpoint");
        }

        /** What our keys begin with; the same as in {@link RedisViewCache.Builder#keyPrefix}. */
        public Builder keyPrefix(String prefix) {
            this.keyPrefix = new KeyLayout(prefix).prefix();
            return this;
        }

        /** The longest wait for one command, or for a connection. */
        public Builder commandTimeout(Duration limit) {
            this.timeout = Settings.positive(limit, "command timeout");
            return this;
        }

        /**
         * The pattern strategy, with globs such as {@code olap:{view}:*}.
         *
         * <p>In each, {@code {view}} stands for the name of the view ({@code schema.name} outside {@code public}),
         * {@code {schema}} and {@code {name}} for its parts; they go in literally, special characters escaped.
         *
         * @throws IllegalArgumentException if a template has no place for the view
         */
        public Builder patterns(String... templates) {
            List<GlobTemplate> parsed =
                    List.of(templates).stream().map(GlobTemplate::new).toList();
            if (parsed.isEmpty()) {
                throw new IllegalArgumentException("the pattern strategy needs at least one pattern, as olap:{view}:*");
            }
            this.globs =
                    view -> parsed.stream().map(template -> template.of(view)).toList();
            return this;
        }

        /** The pattern strategy, with the globs that this function names for a view; nothing in them is escaped. */
        public Builder patterns(Function<ViewName, ? extends Collection<String>> globsOfView) {
            this.globs = Objects.requireNonNull(globsOfView, "globsOfView");
            return this;
        }

        /** How many keys one SCAN looks at, 1,000 by default: about a millisecond of the server's time. */
        public Builder scanCount(int keys) {
            if (keys < 1) {
                throw new IllegalArgumentException("a scan count of " + keys + " is not a number of keys; 1 or more");
            }
            this.scanCount = keys;
            return this;
        }

        /** The invalidator. Nothing is sent to Redis yet. */
        public RedisCacheInvalidator build() {
            return new RedisCacheInvalidator(this);
        }
    }
}
