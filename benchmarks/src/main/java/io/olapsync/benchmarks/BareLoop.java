package io.olapsync.benchmarks;

import io.lettuce.core.Consumer;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.List;

/** The loop of XREADGROUP and XACK that one would write who does nothing with what is read. For one thread. */
final class BareLoop {

    private final StatefulRedisConnection<String, String> connection;
    private final String stream;
    private final String group;
    private final int batch;
    private int acknowledged;

    /** @param batch how many messages it reads at once */
    BareLoop(StatefulRedisConnection<String, String> connection, String stream, String group, int batch) {
        this.connection = connection;
        this.stream = stream;
        this.group = group;
        this.batch = batch;
    }

    /** Goes on until nothing is left, and tells how many messages there were in all. */
    int untilTheEnd() {
        return until(Integer.MAX_VALUE);
    }

    /** Goes on until at least so many messages are acknowledged in all, or nothing is left; tells how many are. */
    int until(int count) {
        RedisCommands<String, String> redis = connection.sync();
        while (acknowledged < count) {
            @SuppressWarnings("unchecked") // a generic varargs parameter of Lettuce
            List<StreamMessage<String, String>> messages = redis.xreadgroup(
                    Consumer.from(group, "bare"), XReadArgs.Builder.count(batch), StreamOffset.lastConsumed(stream));
            if (messages.isEmpty()) {
                break;
            }
            redis.xack(
                    stream, group, messages.stream().map(StreamMessage::getId).toArray(String[]::new));
            acknowledged += messages.size();
        }
        return acknowledged;
    }
}
