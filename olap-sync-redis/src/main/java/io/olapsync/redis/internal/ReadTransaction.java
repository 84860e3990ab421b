package io.olapsync.redis.internal;

import io.lettuce.core.Consumer;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
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
     * Empty where nothing has happened: there is no connection for it, or the server has refused it.
     *
     * @throws RedisException if the look or the read failed, or nobody knows; the connection is given up then, and
     *     what was read comes back after the patience
     */
    Optional<Result> read(int most, String gapName) {
        Optional<StatefulRedisConnection<String, String>> connection = link.exclusive(timeout);
        if (connection.isEmpty()) {
            return Optional.empty();
        }
        TransactionResult result;
        try {
            result = run(connection.get().async(), most, gapName);
        } catch (RedisCommandExecutionException e) {
            LOG.debug("{} is read by a script, the transaction was refused", key, e);
            return Optional.empty();
        } catch (RedisException e) {
            boolean cut = !connection.get().isOpen();
            link.drop(connection.get());
            throw cut ? new RedisException("the connection was cut", e) : e;
        }
        return Optional.of(result(result));
    }

    /** Nothing follows before MULTI is answered: without it, the rest would be carried out piece by piece. */
    @SuppressWarnings("unchecked") // a generic varargs parameter of Lettuce
    private TransactionResult run(RedisAsyncCommands<String, String> commands, int most, String gapName) {
        Replies.await(commands.multi(), timeout);
        commands.eval(StreamScripts.LOOK, ScriptOutputType.MULTI, new String[] {key}, consumer.getGroup(), gapName);
        commands.xreadgroup(consumer, XReadArgs.Builder.count(most), XReadArgs.StreamOffset.lastConsumed(key));
        RedisFuture<TransactionResult> done = commands.exec();
        return Replies.await(done, timeout);
    }

    private static Result result(TransactionResult result) {
        if (result.size() != 2) {
            throw new RedisException("a transaction of two commands has " + result.size() + " answers");
        }
        Object look = result.get(0);
        Object read = result.get(1);
        if (read instanceof RedisException failed) {
            throw look instanceof RedisException first ? first : failed;
        }
        List<StreamEntry> entries = entries(read);
        if (look instanceof RedisException failed) {
            if (entries.isEmpty()) {
                throw failed;
            }
            LOG.warn(
                    "Nobody knows what was lost before {}: the look failed",
                    entries.get(0).id(),
                    failed);
            return new Result(false, new EventStream.Page(true, last(entries), entries));
        }
        List<?> found = (List<?>) look;
        String position = entries.isEmpty() ? String.valueOf(found.get(1)) : last(entries);
        return new Result(true, new EventStream.Page(Long.valueOf(1).equals(found.get(0)), position, entries));
    }

    @SuppressWarnings("unchecked") // the results of a transaction have no types
    private static List<StreamEntry> entries(Object read) {
        return ((List<StreamMessage<String, String>>) read)
                .stream().map(StreamEntry::of).toList();
    }

    private static String last(List<StreamEntry> entries) {
        return entries.get(entries.size() - 1).id();
    }
}
