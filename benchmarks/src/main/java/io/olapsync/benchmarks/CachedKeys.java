package io.olapsync.benchmarks;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.olapsync.redis.RedisCacheInvalidator;
import io.olapsync.redis.RedisClients;
import io.olapsync.redis.RedisEndpoint;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.TestServers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/** A Redis full of cached results, a tenth of which are those of one view, and who deletes them. */
final class CachedKeys implements AutoCloseable {

    static final ViewName VIEW = ViewName.parse("mv_business_fact");

    /** One of so many keys is the view's. */
    private static final int SHARE = 10;

    private static final int AT_ONCE = 1_000;
    private static final String RESULT = "{\"cases\":1042,\"claims\":913045.50}";
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final RedisClient client =
            RedisClient.create(RedisURI.create(TestServers.redis().uri()));
    private final StatefulRedisConnection<byte[], byte[]> connection;
    private final StatefulRedisConnection<String, String> writer;
    private final String prefix = TestServers.redis().newPrefix();
    private final int count;

    /** @param count how many keys there are in all */
    CachedKeys(int count) {
        this.count = count;
        client.setOptions(RedisClients.recommendedOptions());
        this.connection = client.connect(ByteArrayCodec.INSTANCE);
        connection.setTimeout(PATIENCE);
        this.writer = client.connect();
        write(1);
    }

    /** How many of the keys are the view's. */
    int ofView() {
        return (count + SHARE - 1) / SHARE;
    }

    /** Puts the view's keys back. */
    void fill() {
        write(SHARE);
    }

    private void write(int step) {
        Queue<RedisFuture<String>> replies = new ArrayDeque<>();
        Map<String, String> page = new HashMap<>();
        for (int i = 0; i < count; i += step) {
            String view = i % SHARE == 0 ? VIEW.name() : "mv_other_" + i % SHARE;
            page.put(prefix + view + ":report:" + i, RESULT);
            if (page.size() == AT_ONCE || i + step >= count) {
                replies.add(writer.async().mset(page));
                page = new HashMap<>();
            }
            if (replies.size() > 4) {
                await(replies.remove());
            }
        }
        replies.forEach(CachedKeys::await);
    }

    /** The library's, raising the version of the view. */
    RedisCacheInvalidator byVersion() {
        return RedisCacheInvalidator.builder(RedisEndpoint.of(client))
                .keyPrefix(prefix)
                .build();
    }

    /** The library's, deleting the view's keys. */
    RedisCacheInvalidator byPattern() {
        return RedisCacheInvalidator.builder(RedisEndpoint.of(client))
                .patterns(prefix + "{view}:*")
                .commandTimeout(PATIENCE)
                .build();
    }

    /**
     * The loop that one would write: the next page is asked for before anything is done with this one, keys stay bytes, and
     * are deleted many at once, since each deletion is written to the disk before anything is answered.
     *
     * @param look how many keys one SCAN looks at, and one UNLINK deletes at least
     * @return how many keys it has deleted
     */
    long sweep(int look) {
        RedisAsyncCommands<byte[], byte[]> redis = connection.async();
        ScanArgs args = ScanArgs.Builder.matches(prefix + VIEW.name() + ":*").limit(look);
        List<RedisFuture<Long>> deletions = new ArrayList<>();
        List<byte[]> found = new ArrayList<>();
        RedisFuture<KeyScanCursor<byte[]>> next = redis.scan(ScanCursor.INITIAL, args);
        boolean finished = false;
        while (!finished) {
            KeyScanCursor<byte[]> page = await(next);
            finished = page.isFinished();
            if (!finished) {
                next = redis.scan(page, args);
            }
            found.addAll(page.getKeys());
            if (found.size() >= look || (finished && !found.isEmpty())) {
                deletions.add(redis.unlink(found.toArray(byte[][]::new)));
                found.clear();
            }
        }
        return deletions.stream().mapToLong(CachedKeys::await).sum();
    }

    /** Raises a number that nobody reads. */
    long increment() {
        return connection.sync().incr(bytes(prefix + "number"));
    }

    /** How many keys the view has; walks over all. */
    long left() {
        long left = 0;
        ScanArgs args = ScanArgs.Builder.matches(prefix + VIEW.name() + ":*").limit(AT_ONCE);
        ScanCursor cursor = ScanCursor.INITIAL;
        do {
            KeyScanCursor<byte[]> page = connection.sync().scan(cursor, args);
            left += page.getKeys().size();
            cursor = page;
        } while (!cursor.isFinished());
        return left;
    }

    private static <T> T await(RedisFuture<T> reply) {
        return reply.toCompletableFuture().join();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        RedisAsyncCommands<byte[], byte[]> redis = connection.async();
        ScanArgs args = ScanArgs.Builder.matches(prefix + "*").limit(AT_ONCE);
        ScanCursor cursor = ScanCursor.INITIAL;
        do {
            KeyScanCursor<byte[]> page = await(redis.scan(cursor, args));
            if (!page.getKeys().isEmpty()) {
                await(redis.unlink(page.getKeys().toArray(byte[][]::new)));
            }
            cursor = page;
        } while (!cursor.isFinished());
        connection.close();
        writer.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }
}
