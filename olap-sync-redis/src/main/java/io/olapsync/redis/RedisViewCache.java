package io.olapsync.redis;

import io.olapsync.redis.internal.CacheCounters;
import io.olapsync.redis.internal.KeyLayout;
import io.olapsync.redis.internal.LoadOnce;
import io.olapsync.redis.internal.RedisLink;
import io.olapsync.redis.internal.ValueCodec;
import io.olapsync.spi.ViewName;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.json.JsonMapper;

/**
 * Results of queries on views, kept in Redis until one of the views is refreshed.
 *
 * <pre>{@code
 * Totals totals = cache.get(Set.of(CASHFLOW, DIM_TIME), "totals:2026", Totals.class, () -> dao.totals(2026));
 * }</pre>
 *
 * <p>What is served was loaded under the versions that its views have now: the versions are read first, then the loader
 * runs, then the result is stored with the versions that were read. A refresh in between raises a version, and the result
 * is never served afterwards. Two conditions are the reader's: name <em>every</em> view the query reads, and read with a
 * snapshot that begins after the loader was called (see {@link ViewLoader}).
 *
 * <p>One load per key, however many readers miss at once: within the process they wait for the first, and other processes
 * wait for its lease. A reader waits for another's load at most the longest wait, then loads by itself. What a loader
 * throws reaches all who wait for it in the process, and is not cached.
 *
 * <p>The cache never fails a reader: when Redis is away, slow, full or read-only, the loader answers. Every key
 * has one type; what is found and cannot be read as it is loaded anew. Values shared by readers that waited for one load
 * are one instance: treat them as immutable. Null is a result and is cached.
 *
 * <p>Thread-safe. Blocks. Closing closes only a connection it opened itself; afterwards every call loads.
 */
public final class RedisViewCache implements AutoCloseable {

    private final RedisLink link;
    private final KeyLayout keys;
    private final JsonMapper mapper;
    private final LoadOnce loads;
    private final CacheCounters counters = new CacheCounters();
    private final Map<Type, ValueCodec> codecs = new ConcurrentHashMap<>();

    private RedisViewCache(Builder builder) {
        this.link = builder.endpoint.link();
        this.keys = new KeyLayout(builder.keyPrefix);
        this.mapper = builder.mapper;
        this.loads = new LoadOnce(
                link,
                keys,
                new LoadOnce.Limits(
                        builder.commandTimeout,
                        builder.timeToLive,
                        builder.longestWait,
                        builder.lease,
                        builder.pauseAfterTimeout),
                counters);
    }

    /** A cache with the defaults. Nothing is sent to Redis yet. */
    public static RedisViewCache of(RedisEndpoint endpoint) {
        return builder(endpoint).build();
    }

    /** Starts with the prefix {@code olapsync:}, values that live an hour, and the waits named at each setting. */
    public static Builder builder(RedisEndpoint endpoint) {
        return new Builder(endpoint);
    }

    /**
     * The result under this key, from the cache or the loader.
     *
     * @param views every view the query reads, at least one; they are part of the key
     * @param key what tells this query from others on the same views; any text of any length
     * @throws ViewLoadException if the loader failed with a checked exception; an unchecked one is passed on as it is
     */
    public <T> @Nullable T get(Set<ViewName> views, String key, Class<T> type, ViewLoader<? extends T> loader) {
        return answer(views, key, type, loader);
    }

    /** The same for a generic type: {@code new TypeReference<List<Row>>() {}}. */
    public <T> @Nullable T get(Set<ViewName> views, String key, TypeReference<T> type, ViewLoader<? extends T> loader) {
        return answer(views, key, type.getType(), loader);
    }

    /** The same for a type known at run time only; the caller answers for {@code T}. */
    public <T> @Nullable T get(Set<ViewName> views, String key, JavaType type, ViewLoader<? extends T> loader) {
        return answer(views, key, type, loader);
    }

    @SuppressWarnings("unchecked") // the codec of a type reads values of this type, and the loader's are of it
    private <T> @Nullable T answer(Set<ViewName> views, String key, Type type, ViewLoader<? extends T> loader) {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(loader, "loader");
        ValueCodec codec = codecs.computeIfAbsent(
                type, t -> new ValueCodec(mapper, t instanceof JavaType known ? known : mapper.constructType(t)));
        return (T) loads.get(keys.question(views, key), codec, () -> load(key, loader));
    }

    private static <T> @Nullable T load(String key, ViewLoader<? extends T> loader) {
        try {
            return loader.load();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            throw new ViewLoadException("the result for '" + key + "' could not be loaded: " + e.getMessage(), e);
        }
    }

    /** What has happened so far. */
    public ViewCacheStats stats() {
        return new ViewCacheStats(
                counters.hits.sum(),
                counters.misses.sum(),
                counters.shared.sum(),
                counters.loads.sum(),
                counters.fallbacks.sum(),
                counters.unreadable.sum());
    }

    /** Closes the connection it opened, if it opened one. Idempotent. */
    @Override
    public void close() {
        link.close();
    }

    @Override
    public String toString() {
        return "RedisViewCache[" + keys.prefix() + ", " + link.address() + "]";
    }

    /** Settings of a cache. Not thread-safe. */
    public static final class Builder {

        private final RedisEndpoint endpoint;
        private String keyPrefix = KeyLayout.DEFAULT_PREFIX;
        private JsonMapper mapper = JsonMapper.shared();
        private Duration commandTimeout = Duration.ofSeconds(2);
        private Duration timeToLive = Duration.ofHours(1);
        private Duration longestWait = Duration.ofSeconds(30);
        private Duration lease = Duration.ofSeconds(5);
        private Duration pauseAfterTimeout = Duration.ofSeconds(1);

        private Builder(RedisEndpoint endpoint) {
            this.endpoint = Objects.requireNonNull(endpoint, "endpoint");
        }

        /** What our keys begin with; the same as in {@link RedisCacheInvalidator.Builder#keyPrefix}. */
        public Builder keyPrefix(String prefix) {
            this.keyPrefix = new KeyLayout(prefix).prefix();
            return this;
        }

        /** How values are written and read; the shared mapper of Jackson by default. */
        public Builder jsonMapper(JsonMapper json) {
            this.mapper = Objects.requireNonNull(json, "json");
            return this;
        }

        /** The longest wait for one answer of Redis, or for a connection; 2 s by default. */
        public Builder commandTimeout(Duration limit) {
            this.commandTimeout = Settings.positive(limit, "command timeout");
            return this;
        }

        /** The longest life of a value, an hour by default; each lives nine to ten tenths of it, at random. */
        public Builder timeToLive(Duration ttl) {
            this.timeToLive = Settings.positive(ttl, "time to live");
            return this;
        }

        /** How long a reader waits for a load that another has under way, before it loads by itself; 30 s by default. */
        public Builder longestWait(Duration wait) {
            this.longestWait = Settings.positive(wait, "longest wait");
            return this;
        }

        /** After which the load of a process that died is taken over, 5 s by default; a living one renews its lease. */
        public Builder lease(Duration duration) {
            this.lease = Settings.positive(duration, "lease");
            return this;
        }

        /** How long Redis is left alone after it did not answer in time, 1 s by default. */
        public Builder pauseAfterTimeout(Duration pause) {
            this.pauseAfterTimeout = Settings.positive(pause, "pause after a timeout");
            return this;
        }

        /** The cache. Nothing is sent to Redis yet. */
        public RedisViewCache build() {
            return new RedisViewCache(this);
        }
    }
}
