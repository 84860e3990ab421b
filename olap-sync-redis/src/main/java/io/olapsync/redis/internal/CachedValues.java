package io.olapsync.redis.internal;

import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Values and the versions they belong to, as they lie in Redis.
 *
 * <p>A value carries the versions it was loaded under in front: {@code 1|<version>,<version>|<json>}. One MGET reads the
 * current versions and the value, and the value counts only if its versions are the current ones. So a hit costs one round
 * trip, and an outdated value takes no memory of its own: it is overwritten in place.
 */
final class CachedValues {

    /** A reader that was slow must not put its outdated value over a newer one: it would only cost a load more. */
    private static final String STORE = """
            local found = redis.call('GETRANGE', KEYS[1], 0, #ARGV[1] + 16)
            local theirs = string.match(found, '^1|([%d,]+)|')
            if theirs then
              local mine = string.gmatch(ARGV[1], '%d+')
              mine()
              local older, newer = false, false
              for version in string.gmatch(theirs, '%d+') do
                local own = mine()
                if own and tonumber(own) < tonumber(version) then older = true end
                if own and tonumber(own) > tonumber(version) then newer = true end
              end
              if older and not newer then return 0 end
            end
            redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PX', ARGV[3])
            return 1
            """;

    private final RedisLink link;
    private final Duration timeout;
    private final ViewVersions versions = new ViewVersions();

    CachedValues(RedisLink link, Duration timeout) {
        this.link = link;
        this.timeout = timeout;
    }

    /** The current versions of the views, and the value if it belongs to them. */
    Reading read(KeyLayout.Question question) {
        RedisClusterAsyncCommands<String, String> commands = link.commands(timeout);
        List<ByteBuffer> replies = Texts.read(commands, question.keys(), timeout);
        String header = header(commands, question, replies);
        return new Reading(header, Texts.after(header, replies.get(question.views())));
    }

    private String header(
            RedisClusterAsyncCommands<String, String> commands, KeyLayout.Question question, List<ByteBuffer> replies) {
        StringBuilder header = new StringBuilder("1|");
        for (int i = 0; i < question.views(); i++) {
            String key = question.keys().get(i);
            long version = ViewVersions.parse(Texts.decoded(replies.get(i)));
            if (!versions.isCurrent(key, version)) {
                version = versions.learnt(
                        key, Replies.await(versions.repair(commands, key).reply(), timeout));
            }
            header.append(i == 0 ? "" : ",").append(version);
        }
        return header.append('|').toString();
    }

    CompletionStage<Long> store(KeyLayout.Question question, String header, String json, Duration ttl) {
        return link.commands(timeout)
                .eval(
                        STORE,
                        ScriptOutputType.INTEGER,
                        new String[] {question.valueKey()},
                        header,
                        json,
                        Long.toString(ttl.toMillis()));
    }

    /**
     * What one look at Redis found.
     *
     * @param header the current versions
     * @param json the value that belongs to them; null if there is none
     */
    record Reading(String header, @Nullable ByteBuffer json) {}
}
