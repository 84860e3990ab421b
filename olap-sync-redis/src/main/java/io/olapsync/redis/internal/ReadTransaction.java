package io.olapsync.redis.internal;

import io.lettuce.core.Consumer;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StreamReadOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for what was lost and reads on in one step, without sending the entries through Lua: MULTI, the look, XREADGROUP,
 * EXEC.
 *
 * <p>Only on a connection that nobody else sends on, and that ends where anything is left open: whatever comes after a MULTI
 * without an EXEC would be swallowed, and what comes after an EXEC that nobody has heard of would be guesswork. For one
 * thread.
 */
final class ReadTransaction {

    private static final Logger LOG = LoggerFactory.getLogger(ReadTransaction.class);

    private final RedisLink link;
    private final Duration timeout;
    private final String key;
    private final Consumer<String> consumer;

    /** On which a transaction was made before. */
    private @Nullable StatefulRedisConnection<String, String> trusted;

    ReadTransaction(RedisLink link, Duration timeout, String key, Consumer<String> consumer) {
        this.link = link;
        this.timeout = timeout;
        this.key = key;
        this.consumer = consumer;
    }

    /**
     * What a transaction brought.
     *
     * @param looked false: entries were read and the look before them failed, so it counts as one that found a gap
     */
    record Result(boolean looked, EventStream.Page page) {}

    /**
     * One that is under way.
     *
     * @param read has the entries also where they were not read in a transaction
     */
    record Started(
            StatefulRedisConnection<String, String> connection,
            RedisFuture<TransactionResult> reply,
            StreamReadOutput<String, String> read) {

        /** Whether it shares the connection, which was given up when the other had failed. */
        boolean isLostWith(Started other) {
            return connection == other.connection;
        }

        /** The entries it has brought so far. */
        List<String> ids() {
            return reply.isDone() ? entries(read).stream().map(StreamEntry::id).toList() : List.of();
        }
    }

    /**
     * Sends one; several may be under way. Empty where nothing has happened: there is no connection for it, or the server
     * has refused it.
     *
     * @throws RedisException if nobody knows; the connection is given up then
     */
    Optional<Started> begin(int most, String gapName) {
        Optional<StatefulRedisConnection<String, String>> connection = link.exclusive(timeout);
        try {
            return connection.map(one -> send(one, most, gapName));
        } catch (RedisCommandExecutionException e) {
            refused(e);
            return Optional.empty();
        } catch (RedisException e) {
            throw givenUp(connection.orElseThrow(), e);
        }
    }

    /**
     * What it brought, in the order in which they were sent. Empty where nothing has happened, since the server has refused
     * it.
     *
     * @throws RedisException if the look or the read failed, or nobody knows; the connection is given up then, and
     *     what was read comes back after the patience
     */
    Optional<Result> end(Started started, String gapName) {
        TransactionResult result;
        try {
            result = Replies.await(started.reply, timeout);
        } catch (RedisCommandExecutionException e) {
            refused(e);
            trusted = null;
            List<StreamEntry> entries = entries(started.read);
            return entries.isEmpty() ? Optional.empty() : Optional.of(notLooked(entries, gapName, e));
        } catch (RedisException e) {
            throw givenUp(started.connection, e);
        }
        return Optional.of(result(result, entries(started.read), gapName));
    }

    private void refused(RedisCommandExecutionException e) {
        LOG.debug("{} is read by a script, the transaction was refused", key, e);
    }

    private RedisException givenUp(StatefulRedisConnection<String, String> connection, RedisException e) {
        boolean cut = !connection.isOpen();
        link.drop(connection);
        return cut ? new RedisException("the connection was cut", e) : e;
    }

    /**
     * On a new connection nothing follows before MULTI is answered: without it, the rest is carried out piece by piece, and
     * what was read counts as read without a look. Where it was answered once, all goes out together.
     */
    private Started send(StatefulRedisConnection<String, String> connection, int most, String gapName) {
        RedisAsyncCommands<String, String> commands = connection.async();
        StreamReadOutput<String, String> read = new StreamReadOutput<>(StringCodec.UTF8);
        CommandArgs<String, String> arguments = new CommandArgs<>(StringCodec.UTF8)
                .add("GROUP")
                .add(consumer.getGroup())
                .add(consumer.getName())
                .add("COUNT")
                .add(most)
                .add("STREAMS")
                .addKey(key)
                .add(">");
        if (connection != trusted) {
            Replies.await(commands.multi(), timeout);
            trusted = connection;
        } else {
            connection.setAutoFlushCommands(false);
            commands.multi();
        }
        try {
            commands.eval(StreamScripts.LOOK, ScriptOutputType.MULTI, new String[] {key}, consumer.getGroup(), gapName);
            commands.dispatch(CommandType.XREADGROUP, read, arguments);
            return new Started(connection, commands.exec(), read);
        } finally {
            connection.setAutoFlushCommands(true);
            connection.flushCommands();
        }
    }

    private static Result result(TransactionResult result, List<StreamEntry> entries, String gapName) {
        if (result.size() != 2) {
            throw new RedisException("a transaction of two commands has " + result.size() + " answers");
        }
        Object look = result.get(0);
        if (result.get(1) instanceof RedisException failed) {
            throw look instanceof RedisException first ? first : failed;
        }
        if (look instanceof RedisException failed) {
            if (entries.isEmpty()) {
                throw failed;
            }
            return notLooked(entries, gapName, failed);
        }
        List<?> found = (List<?>) look;
        String position = entries.isEmpty() ? String.valueOf(found.get(1)) : last(entries);
        Optional<String> gap = Long.valueOf(1).equals(found.get(0)) ? Optional.of(gapName) : Optional.empty();
        return new Result(true, new EventStream.Page(gap, position, entries));
    }

    private static Result notLooked(List<StreamEntry> entries, String gapName, RedisException cause) {
        LOG.warn(
                "Nobody knows what was lost before {}: the look failed",
                entries.get(0).id(),
                cause);
        return new Result(false, new EventStream.Page(Optional.of(gapName), last(entries), entries));
    }

    private static List<StreamEntry> entries(StreamReadOutput<String, String> read) {
        List<StreamMessage<String, String>> messages = read.get();
        return messages == null
                ? List.of()
                : messages.stream().map(StreamEntry::of).toList();
    }

    private static String last(List<StreamEntry> entries) {
        return entries.get(entries.size() - 1).id();
    }
}
