package io.olapsync.redis.internal;

import io.lettuce.core.Consumer;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One consumer of a group on a stream, and what it may do there. Thread-safe but for {@link #read}: one thread reads. */
public final class EventStream {

    private static final Logger LOG = LoggerFactory.getLogger(EventStream.class);
    private static final int ACKNOWLEDGED_AT_ONCE = 1_000;
    private static final int KEPT_AT_ONCE = 100;

    /** The first read is slower than those that follow, and so not to be long. */
    private static final int FIRST = 100;

    private final RedisLink link;
    private final Duration timeout;
    private final String key;
    private final String group;
    private final String consumer;

    private final ReadTransaction transaction;

    /** Whether the next read is by the script. Touched by the thread that reads alone. */
    private boolean byScript = true;

    /** What is being read before anybody asks for it, in order. Changed by the thread that reads alone. */
    private final Queue<Ahead> ahead = new ConcurrentLinkedQueue<>();

    /** @param reading what nobody sends on but the thread that reads */
    public EventStream(RedisLink link, RedisLink reading, Duration timeout, String key, String group, String consumer) {
        this.link = link;
        this.transaction = new ReadTransaction(reading, timeout, key, Consumer.from(group, consumer));
        this.timeout = timeout;
        this.key = key;
        this.group = group;
        this.consumer = consumer;
    }

    /**
     * What was found.
     *
     * @param gap what the gap is called before these entries; empty: nothing was lost there
     * @param position from where to go on
     */
    record Page(Optional<String> gap, String position, List<StreamEntry> entries) {
        boolean isEmpty() {
            return gap.isEmpty() && entries.isEmpty();
        }
    }

    private record Ahead(ReadTransaction.Started transaction, String gapName) {}

    /**
     * What was {@linkplain #readAhead read ahead}, or else is new, after a look for what was lost before it, in one step: a
     * transaction where there is a connection for it and the server takes it, else the script, which is slower. First comes
     * the script, which reads nothing where the look is refused; also after whatever was not as it should be.
     *
     * @param most unless it was read ahead
     */
    Page read(int most, String gapName) {
        Optional<Page> page = Optional.empty();
        while (!ahead.isEmpty() && page.isEmpty()) {
            page = end(ahead.remove()).filter(found -> !found.isEmpty());
        }
        if (page.isPresent()) {
            return page.get();
        }
        boolean first = byScript;
        page = first ? Optional.empty() : begin(most, gapName).flatMap(this::end);
        return page.isPresent() ? page.get() : readByScript(first ? Math.min(most, FIRST) : most, gapName);
    }

    /** How many pages are being read ahead. */
    int readingAhead() {
        return ahead.size();
    }

    /**
     * Has the server read a page while nobody waits for it. What is never fetched stays pending.
     *
     * @param gapName no other gap's until that page has been fetched
     */
    void readAhead(int most, String gapName) {
        if (byScript) {
            return;
        }
        try {
            begin(most, gapName).ifPresent(ahead::add);
        } catch (RedisException e) {
            LOG.debug("{} could not be read ahead", key, e); // the next read will tell
        }
    }

    /** Until it has ended well, the script comes next. */
    private Optional<Ahead> begin(int most, String gapName) {
        byScript = true;
        Optional<Ahead> begun = transaction.begin(most, gapName).map(started -> new Ahead(started, gapName));
        byScript = false;
        return begun;
    }

    private Optional<Page> end(Ahead started) {
        byScript = true;
        Optional<ReadTransaction.Result> result;
        try {
            result = transaction.end(started.transaction(), started.gapName());
        } catch (RedisException e) {
            ahead.removeIf(other -> other.transaction().isLostWith(started.transaction()));
            throw e;
        }
        if (result.isEmpty()) {
            return Optional.empty();
        }
        if (result.get().looked()) {
            byScript = false;
        } else {
            note(started.gapName());
        }
        return Optional.of(result.get().page());
    }

    private Page readByScript(int most, String gapName) {
        List<Object> reply = run(StreamScripts.READ, gapName, consumer, Integer.toString(most));
        List<StreamEntry> entries = ((List<?>) reply.get(2))
                .stream().map(entry -> StreamEntry.of((List<?>) entry, 1)).toList();
        byScript = false;
        return new Page(gap(reply, gapName), String.valueOf(reply.get(1)), entries);
    }

    private static Optional<String> gap(List<Object> reply, String gapName) {
        return reply.get(0).equals(1L) ? Optional.of(gapName) : Optional.empty();
    }

    /** A gap that the look could not flag itself; where that fails, the batch still tells of it. */
    private void note(String gapName) {
        try {
            Replies.await(commands().xgroupCreateconsumer(key, Consumer.from(group, gapName)), timeout);
        } catch (RedisException e) {
            LOG.warn("The gap {} of {} is not noted in the group, and told of once", gapName, key, e);
        }
    }

    Page takeOver(Duration idle, String cursor, String end, int scan, int most, String gapName) {
        List<Object> reply = run(
                StreamScripts.TAKE_OVER,
                consumer,
                Long.toString(idle.toMillis()),
                cursor,
                Integer.toString(scan),
                Integer.toString(most),
                gapName,
                end);
        List<StreamEntry> entries = new ArrayList<>();
        for (Object each : (List<?>) reply.get(2)) {
            List<?> taken = (List<?>) each;
            long before = (Long) taken.get(1);
            entries.add(StreamEntry.of((List<?>) taken.get(0), before + 1));
        }
        return new Page(gap(reply, gapName), String.valueOf(reply.get(1)), entries);
    }

    /** The gaps not recorded; consumers that begin so, have nothing and were idle for longer are removed. */
    List<String> lookAround(String consumerPrefix, @Nullable Duration idle) {
        String limit = idle == null ? "-1" : Long.toString(idle.toMillis());
        return run(StreamScripts.LOOK_AROUND, consumer, consumerPrefix, limit).stream()
                .map(String::valueOf)
                .toList();
    }

    /** Keeps what was read ahead, too. */
    void keep(Collection<String> ids) {
        List<String> known = new ArrayList<>(known(ids));
        ahead.forEach(read -> known.addAll(read.transaction().ids()));
        for (int from = 0; from < known.size(); from += KEPT_AT_ONCE) {
            List<String> words = new ArrayList<>(List.of(group, consumer));
            words.addAll(known.subList(from, Math.min(known.size(), from + KEPT_AT_ONCE)));
            try {
                Replies.await(
                        commands()
                                .<Long>eval(
                                        StreamScripts.KEEP,
                                        ScriptOutputType.INTEGER,
                                        new String[] {key},
                                        words.toArray(String[]::new)),
                        timeout);
            } catch (RedisCommandExecutionException e) {
                ignoreMissingGroup(e);
            }
        }
    }

    void acknowledge(Collection<String> ids) {
        List<String> known = known(ids);
        List<RedisFuture<Long>> replies = new ArrayList<>();
        for (int from = 0; from < known.size(); from += ACKNOWLEDGED_AT_ONCE) {
            List<String> part = known.subList(from, Math.min(known.size(), from + ACKNOWLEDGED_AT_ONCE));
            replies.add(commands().xack(key, group, part.toArray(String[]::new)));
        }
        replies.forEach(reply -> Replies.await(reply, timeout));
    }

    /** Into the other stream first: a crash before the acknowledgement leaves it in both. */
    void setAside(String deadLetters, StreamEntry entry, String reason) {
        Map<String, String> body = new LinkedHashMap<>(entry.body());
        body.put("olapsync.stream", key);
        body.put("olapsync.id", entry.id());
        body.put("olapsync.reason", reason);
        body.put("olapsync.deliveries", Long.toString(entry.deliveries()));
        Replies.await(commands().xadd(deadLetters, body), timeout);
        acknowledge(List.of(entry.id()));
    }

    /** These gaps are recorded elsewhere. */
    void forget(Collection<String> gapNames) {
        for (String name : gapNames) {
            try {
                Replies.await(commands().xgroupDelconsumer(key, Consumer.from(group, name)), timeout);
            } catch (RedisCommandExecutionException e) {
                ignoreMissingGroup(e);
            }
        }
    }

    /** Without the group, or the stream, there is nothing to do here; the next read finds the gap. */
    private static void ignoreMissingGroup(RedisCommandExecutionException e) {
        String message = String.valueOf(e.getMessage());
        if (!message.contains("NOGROUP") && !message.contains("requires the key to exist")) {
            throw e;
        }
    }

    private static List<String> known(Collection<String> ids) {
        return ids.stream().filter(StreamEntry::isId).toList();
    }

    private List<Object> run(String script, String... arguments) {
        String[] words = new String[arguments.length + 1];
        words[0] = group;
        System.arraycopy(arguments, 0, words, 1, arguments.length);
        return Replies.await(
                commands().<List<Object>>eval(script, ScriptOutputType.MULTI, new String[] {key}, words), timeout);
    }

    private RedisClusterAsyncCommands<String, String> commands() {
        return link.commands(timeout);
    }
}
