package io.olapsync.redis.internal;

import io.lettuce.core.RedisException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps other processes from loading the same result: a key that expires unless its holder lives and renews it.
 *
 * <p>It only saves work. If it is lost, two processes load, and nothing else happens.
 */
final class LoadLease {

    private static final String RENEW =
            "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0";
    private static final String RELEASE =
            "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

    private final RedisLink link;
    private final Duration duration;
    private final Duration timeout;
    private final String token = UUID.randomUUID().toString();
    private @Nullable String held;
    private @Nullable Future<?> renewal;

    LoadLease(RedisLink link, Duration duration, Duration timeout) {
        this.link = link;
        this.duration = duration;
        this.timeout = timeout;
    }

    /** One attempt; whether it is ours now. */
    boolean tryTake(String key) {
        SetArgs onlyIfFree = SetArgs.Builder.nx().px(duration.toMillis());
        if (!"OK".equals(Replies.await(link.commands(timeout).set(key, token, onlyIfFree), timeout))) {
            return false;
        }
        held = key;
        long period = Math.max(1, duration.toMillis() / 3);
        renewal = link.timer(timeout).scheduleAtFixedRate(() -> renew(key), period, period, TimeUnit.MILLISECONDS);
        return true;
    }

    /** Sends the release and does not wait for it; nothing if it is not held. */
    void release() {
        Future<?> running = renewal;
        if (running != null) {
            running.cancel(false);
        }
        String key = held;
        held = null;
        if (key != null) {
            send(RELEASE, key, token);
        }
    }

    private void renew(String key) {
        send(RENEW, key, token, Long.toString(duration.toMillis()));
    }

    private void send(String script, String key, String... args) {
        try {
            RedisClusterAsyncCommands<String, String> commands = link.commands(Duration.ZERO);
            commands.eval(script, ScriptOutputType.INTEGER, new String[] {key}, args);
        } catch (RedisException e) {
            // it expires by itself
        }
    }
}
