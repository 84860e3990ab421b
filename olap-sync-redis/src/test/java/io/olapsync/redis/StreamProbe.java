package io.olapsync.redis;

import io.lettuce.core.Consumer;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.XClaimArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.models.stream.PendingMessage;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** What a test does to a stream, and sees of it, past the source under test. */
final class StreamProbe {

    static final String GROUP = "olapsync";

    final RedisCommands<String, String> redis;
    final String key;
    private long sent;

    StreamProbe(StatefulRedisConnection<String, String> connection, String key) {
        this.redis = connection.sync();
        this.key = key;
    }

    /** Every second message carries a transaction id. */
    OptionalLong send(String type, String payload) {
        Map<String, String> body = new HashMap<>(Map.of("type", type, "payload", payload, "unknown field", "x"));
        OptionalLong transaction = sent++ % 2 == 0 ? OptionalLong.of(Long.MAX_VALUE - sent) : OptionalLong.empty();
        transaction.ifPresent(id -> body.put("xid", Long.toString(id)));
        redis.xadd(key, body);
        return transaction;
    }

    void sendMany(int count) {
        for (int i = 0; i < count; i++) {
            send("numbered", Integer.toString(i));
        }
    }

    List<PendingMessage> pending() {
        try {
            return redis.xpending(key, GROUP, Range.unbounded(), Limit.from(100_000));
        } catch (RedisCommandExecutionException noGroup) {
            return List.of();
        }
    }

    /** Those that are still in the stream. */
    long unacknowledged() {
        return pending().stream().filter(each -> exists(each.getId())).count();
    }

    boolean exists(String id) {
        return !redis.xrange(key, Range.create(id, id)).isEmpty();
    }

    /** Every pending entry that is still in the stream has been idle for so much longer. */
    void age(Duration time) {
        for (PendingMessage each : pending()) {
            if (exists(each.getId())) {
                long idle = each.getMsSinceLastDelivery() + time.toMillis();
                redis.xclaim(
                        key,
                        Consumer.from(GROUP, each.getConsumer()),
                        XClaimArgs.Builder.justid().minIdleTime(0).idle(idle),
                        each.getId());
            }
        }
    }

    long deadLetters() {
        return redis.xlen(key + ":dead");
    }

    /** The names in XINFO CONSUMERS. */
    List<String> consumers() {
        return redis.xinfoConsumers(key, GROUP).stream()
                .map(each -> String.valueOf(((List<?>) each).get(1)))
                .toList();
    }
}
