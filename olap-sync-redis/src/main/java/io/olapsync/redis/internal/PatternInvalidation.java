package io.olapsync.redis.internal;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.function.Function;

/**
 * Deletes the keys that match globs: SCAN and UNLINK, pipelined.
 *
 * <p>Up to {@value #AT_ONCE} globs are scanned side by side. The next page is asked for before anything is done with this
 * one, and keys are deleted as many at once as one SCAN looks at, however many pages it takes to find them: where each
 * write waits for the disk, so does the page that is asked for beside it. A few pages and deletions are held in memory,
 * however many keys there are. On a cluster connection Lettuce takes the cursor from master to master, and splits UNLINK by
 * slot.
 */
public final class PatternInvalidation implements Invalidation {

    private static final int AT_ONCE = 8;

    /** Deletions of one glob that are under way. */
    private static final int MOST_DELETIONS = 4;

    private final Function<ViewName, ? extends Collection<String>> globs;
    private final int scanCount;
    private final Duration timeout;

    public PatternInvalidation(
            Function<ViewName, ? extends Collection<String>> globs, int scanCount, Duration timeout) {
        if (scanCount < 1) {
            throw new IllegalArgumentException("a scan count of " + scanCount + " is not a number of keys; 1 or more");
        }
        this.globs = globs;
        this.scanCount = scanCount;
        this.timeout = timeout;
    }

    @Override
    public void invalidate(RedisLink link, Set<ViewName> views) {
        Set<String> all = new LinkedHashSet<>();
        views.forEach(view -> all.addAll(globs.apply(view)));
        RedisClusterAsyncCommands<String, String> commands = link.commands(timeout);
        Deque<String> waiting = new ArrayDeque<>(all);
        List<Sweep> sweeps = new ArrayList<>();
        while (!waiting.isEmpty() || !sweeps.isEmpty()) {
            while (!waiting.isEmpty() && sweeps.size() < AT_ONCE) {
                sweeps.add(new Sweep(commands, waiting.remove()));
            }
            for (Iterator<Sweep> each = sweeps.iterator(); each.hasNext(); ) {
                if (each.next().isDone()) {
                    each.remove();
                }
            }
        }
    }

    @Override
    public String name() {
        return "pattern";
    }

    /** One glob on its way through the key space. */
    private final class Sweep {

        private final RedisClusterAsyncCommands<String, String> commands;
        private final ScanArgs args;
        private final List<String> found = new ArrayList<>();
        private final Queue<RedisFuture<Long>> deletions = new ArrayDeque<>();
        private RedisFuture<KeyScanCursor<String>> page;

        Sweep(RedisClusterAsyncCommands<String, String> commands, String glob) {
            this.commands = commands;
            this.args = ScanArgs.Builder.matches(glob).limit(scanCount);
            this.page = commands.scan(ScanCursor.INITIAL, args);
        }

        /** Takes the page that was asked for, asks for the next, and deletes; done when nothing is left to wait for. */
        boolean isDone() {
            KeyScanCursor<String> arrived = Replies.await(page, timeout);
            boolean last = arrived.isFinished();
            if (!last) {
                page = commands.scan(arrived, args);
            }
            found.addAll(arrived.getKeys());
            if (found.size() >= scanCount || (last && !found.isEmpty())) {
                deletions.add(commands.unlink(found.toArray(String[]::new)));
                found.clear();
            }
            while (deletions.size() > (last ? 0 : MOST_DELETIONS)) {
                Replies.await(deletions.remove(), timeout);
            }
            return last;
        }
    }
}
