package io.olapsync.redis.internal;

import io.lettuce.core.KeyValue;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads texts as the bytes they are: what is parsed as JSON need not be made a string first, and where it is not ASCII that
 * took as long as a third of the parsing.
 */
final class Texts {

    private static final ByteBuffer NONE = ByteBuffer.allocate(0).asReadOnlyBuffer();

    private Texts() {}

    /** What is at each of the keys, in their order, each with an array of its own; empty where there is nothing. */
    static List<ByteBuffer> read(
            RedisClusterAsyncCommands<String, String> commands, List<String> keys, Duration timeout) {
        if (commands instanceof RedisAsyncCommands<String, String> single) {
            CommandArgs<String, String> arguments = new CommandArgs<>(StringCodec.UTF8).addKeys(keys);
            return Replies.await(single.dispatch(CommandType.MGET, new Output(keys.size()), arguments), timeout);
        }
        // only Lettuce's own MGET asks each node of a cluster for its keys
        return Replies.await(commands.mget(keys.toArray(String[]::new)), timeout).stream()
                .map(Texts::bytes)
                .toList();
    }

    private static ByteBuffer bytes(KeyValue<String, String> reply) {
        return reply.hasValue() ? ByteBuffer.wrap(reply.getValue().getBytes(StandardCharsets.UTF_8)) : NONE;
    }

    /** The text, which should be short and ASCII. */
    static String decoded(ByteBuffer text) {
        return StandardCharsets.ISO_8859_1.decode(text.duplicate()).toString();
    }

    /** What follows this beginning, which is ASCII; null if the text begins in another way. */
    static @Nullable ByteBuffer after(String beginning, ByteBuffer text) {
        int length = beginning.length();
        if (text.remaining() < length) {
            return null;
        }
        for (int i = 0; i < length; i++) {
            if (text.get(i) != beginning.charAt(i)) {
                return null;
            }
        }
        return text.slice(length, text.remaining() - length);
    }

    private static final class Output extends CommandOutput<String, String, List<ByteBuffer>> {

        Output(int size) {
            super(StringCodec.UTF8, new ArrayList<>(size));
        }

        @Override
        public void set(@Nullable ByteBuffer bytes) {
            if (bytes == null) {
                output.add(NONE);
            } else {
                byte[] copy = new byte[bytes.remaining()];
                bytes.get(copy);
                output.add(ByteBuffer.wrap(copy));
            }
        }

        @Override
        public void multi(int count) {
            // the answer is one array
        }
    }
}
