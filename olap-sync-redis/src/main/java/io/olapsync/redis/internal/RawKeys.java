package io.olapsync.redis.internal;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisAdvancedClusterAsyncCommands;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.output.KeyScanOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The keys of a server, or of the masters of a cluster, as they are: each character stands for one byte. A host may have
 * keys that are no text, and whoever reads such a key as text deletes another one.
 */
final class RawKeys {

    private static final StringCodec BYTES = new StringCodec(StandardCharsets.ISO_8859_1);

    private final RedisClusterAsyncCommands<String, String> commands;

    RawKeys(RedisClusterAsyncCommands<String, String> commands) {
        this.commands = commands;
    }

    /** One server, which has all keys or its part of them. */
    record Server(RedisClusterAsyncCommands<String, String> commands) {

        RedisFuture<KeyScanCursor<String>> scan(ScanCursor from, ScanArgs scan) {
            CommandArgs<String, String> args = new CommandArgs<>(BYTES).add(from.getCursor());
            scan.build(args);
            return commands.dispatch(CommandType.SCAN, new KeyScanOutput<>(BYTES), args);
        }
    }

    /** Every server that has keys. */
    @SuppressWarnings("deprecation") // the connection of the commands is nowhere else
    List<Server> servers(Duration timeout) {
        if (!(commands instanceof RedisAdvancedClusterAsyncCommands<String, String> cluster)) {
            return List.of(new Server(commands));
        }
        StatefulRedisClusterConnection<String, String> connection = cluster.getStatefulConnection();
        List<Server> masters = new ArrayList<>();
        for (RedisClusterNode node : connection.getPartitions()) {
            if (node.is(RedisClusterNode.NodeFlag.UPSTREAM) && !node.getSlots().isEmpty()) {
                masters.add(new Server(Replies.await(connection.getConnectionAsync(node.getNodeId()), timeout)
                        .async()));
            }
        }
        return masters;
    }

    /** Deletes these; in a cluster with a command for each slot. */
    List<RedisFuture<Long>> unlink(List<String> keys) {
        if (!(commands instanceof RedisAdvancedClusterAsyncCommands<String, String>)) {
            CommandArgs<String, String> args = new CommandArgs<>(BYTES);
            keys.forEach(key -> args.add(key.getBytes(StandardCharsets.ISO_8859_1))); // faster than as keys
            return List.of(unlink(args));
        }
        List<RedisFuture<Long>> replies = new ArrayList<>();
        for (List<String> ofSlot : SlotHash.partition(BYTES, keys).values()) {
            replies.add(unlink(new CommandArgs<>(BYTES).addKeys(ofSlot))); // as keys: they say where it goes
        }
        return replies;
    }

    private RedisFuture<Long> unlink(CommandArgs<String, String> args) {
        return commands.dispatch(CommandType.UNLINK, new IntegerOutput<>(BYTES), args);
    }
}
