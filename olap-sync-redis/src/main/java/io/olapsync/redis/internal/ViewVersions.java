package io.olapsync.redis.internal;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The version numbers of views: how they grow, and the highest ones this process has seen.
 *
 * <p>A new version is {@code max(current + 1, the server's microseconds, highest known to the caller + 1)}, set in one
 * atomic step on one key. A number that is at least the time cannot have been used before the key was lost (evicted,
 * flushed, restored from an older snapshot, left behind by a failover), so no entry written under an earlier number can
 * come back to life. A plain {@code INCR} would begin again at 1.
 */
public final class ViewVersions {

    /** Numbers beyond this are not exact in Lua; as microseconds they end in the year 2255. */
    private static final long LARGEST = (1L << 53) - 1;

    private static final String SCRIPT = """
            local raw = redis.call('GET', KEYS[1])
            local current = raw and #raw <= 16 and string.match(raw, '^%d+$') and tonumber(raw) or 0
            if current >= 9007199254740991 then current = 0 end
            local known = tonumber(ARGV[1])
            if ARGV[2] == 'bump' or current == 0 or current < known then
              local time = redis.call('TIME')
              current = math.max(current + 1, known + 1, time[1] * 1000000 + time[2])
              redis.call('SET', KEYS[1], string.format('%.0f', current))
            end
            return string.format('%.0f', current)
            """;

    private final Map<String, Long> highest = new ConcurrentHashMap<>();

    /** The version in this text; 0 if it is missing or not one of ours. */
    public static long parse(@Nullable String text) {
        if (text == null || text.isEmpty() || text.length() > 16) {
            return 0;
        }
        long version = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return 0;
            }
            version = version * 10 + digit;
        }
        return version >= LARGEST ? 0 : version;
    }

    /** Sets a version above every earlier one. */
    Bump bump(RedisClusterAsyncCommands<String, String> commands, String key) {
        return new Bump(key, commands.eval(SCRIPT, ScriptOutputType.VALUE, new String[] {key}, known(key), "bump"));
    }

    /** Sets a version above every earlier one only if the key has none, or one behind what this process has seen. */
    Bump repair(RedisClusterAsyncCommands<String, String> commands, String key) {
        return new Bump(key, commands.eval(SCRIPT, ScriptOutputType.VALUE, new String[] {key}, known(key), "repair"));
    }

    /** Whether this version may be trusted: there is one, and nothing later has been seen here. */
    boolean isCurrent(String key, long version) {
        if (version == 0) {
            return false;
        }
        Long seen = highest.get(key);
        if (seen == null || version > seen) {
            return highest.merge(key, version, Math::max) == version;
        }
        return version == seen;
    }

    /** Keeps what a bump or repair has set. */
    long learnt(String key, String version) {
        long number = parse(version);
        highest.merge(key, number, Math::max);
        return number;
    }

    /** The keys that have been seen or set here. */
    Collection<String> keys() {
        return highest.keySet();
    }

    private String known(String key) {
        return Long.toString(highest.getOrDefault(key, 0L));
    }

    /** A change of one version, under way. */
    record Bump(String key, RedisFuture<String> reply) {}
}
