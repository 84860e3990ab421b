package io.olapsync.redis.internal;

import io.lettuce.core.Consumer;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One consumer of a group on a stream, and what it may do there. Thread-safe. */
public final class EventStream {

    private static final Pattern ID = Pattern.compile("\\d{1,20}-\\d{1,20}");
    private static final int ACKNOWLEDGED_AT_ONCE = 500;
    private static final int KEPT_AT_ONCE = 100;

    private final RedisLink link;
    private final Duration timeout;
    private final String key;
    private final String group;
    private final String consumer;

    public EventStream(RedisLink link, Duration timeout, String key, String group, String consumer) {
        this.link = link;
        this.timeout = timeout;
        this.key = key;
        this.group = group;
        this.consumer = consumer;
    }

    /** What a script found: whether messages were lost, from where to go on, the entries. */
    record Page(boolean gap, String position, List<StreamEntry> entries) {}

    Page read(int most, String gapName) {
        List<Object> reply = run(StreamScripts.READ, consumer, Integer.toString(most), gapName);
        List<StreamEntry> entries = ((List<?>) reply.get(2))
                .stream().map(entry -> StreamEntry.of((List<?>) entry, 1)).toList();
        return new Page(reply.get(0).equals(1L), String.valueOf(reply.get(1)), entries);
    }

    Page takeOver(Duration idle, String cursor, int scan, int most, String gapName) {
        List<Object> reply = run(
                StreamScripts.TAKE_OVER,
                consumer,
                Long.toString(idle.toMillis()),
                cursor,
                Integer.toString(scan),
                Integer.toString(most),
                gapName);
        List<StreamEntry> entries = new ArrayList<>();
        for (Object each : (List<?>) reply.get(2)) {
            List<?> taken = (List<?>) each;
            long before = (Long) taken.get(1);
            entries.add(StreamEntry.of((List<?>) taken.get(0), before + 1));
        }
        return new Page(reply.get(0).equals(1L), String.valueOf(reply.get(1)), entries);
    }

    /** The gaps not recorded; consumers that begin so, have nothing and were idle for longer are removed. */
    List<String> lookAround(String consumerPrefix, @Nullable Duration idle) {
        String limit = idle == null ? "-1" : Long.toString(idle.toMillis());
        return run(StreamScripts.LOOK_AROUND, consumer, consumerPrefix, limit).stream()
                .map(String::valueOf)
                .toList();
    }

    void keep(Collection<String> ids) {
        List<String> known = known(ids);
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
        return ids.stream().filter(id -> ID.matcher(id).matches()).toList();
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
