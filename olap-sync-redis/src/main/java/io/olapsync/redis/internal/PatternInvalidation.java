package io.olapsync.redis.internal;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.function.Function;

/**
 * Deletes the keys that match globs: SCAN and UNLINK, pipelined.
 *
 * <p>Up to {@value #AT_ONCE} scans go on side by side. The next page is asked for before anything is done with this
 * one, and keys are deleted as many at once as one SCAN looks at, however many pages it takes to find them: where each
 * write waits for the disk, so does the page that is asked for beside it. A few pages and deletions are held in memory,
 * however many keys there are. In a cluster each master is scanned for each glob.
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
        RawKeys keys = new RawKeys(link.commands(timeout));
        Queue<Walk> waiting = new ArrayDeque<>();
        for (RawKeys.Server server : keys.servers(timeout)) {
            all.forEach(glob -> waiting.add(new Walk(server, glob)));
        }
        List<Sweep> sweeps = new ArrayList<>();
        while (!waiting.isEmpty() || !sweeps.isEmpty()) {
            while (!waiting.isEmpty() && sweeps.size() < AT_ONCE) {
                sweeps.add(new Sweep(keys, waiting.remove()));
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

    /** A glob to be looked for on a server. */
    private record Walk(RawKeys.Server server, String glob) {}

    /** One glob on its way through the key space of a server. */
    private final class Sweep {

        private final RawKeys keys;
        private final RawKeys.Server server;
        private final ScanArgs args;
        private final List<String> found = new ArrayList<>();
        private final Queue<List<RedisFuture<Long>>> deletions = new ArrayDeque<>();
        private RedisFuture<KeyScanCursor<String>> page;

        Sweep(RawKeys keys, Walk walk) {
            this.keys = keys;
            this.server = walk.server();
            this.args = ScanArgs.Builder.matches(walk.glob()).limit(scanCount);
            this.page = server.scan(ScanCursor.INITIAL, args);
        }

        /** Takes the page that was asked for, asks for the next, and deletes; done when nothing is left to wait for. */
        boolean isDone() {
            KeyScanCursor<String> arrived = Replies.await(page, timeout);
            boolean last = arrived.isFinished();
            if (!last) {
                page = server.scan(arrived, args);
            }
            found.addAll(arrived.getKeys());
            if (found.size() >= scanCount || (last && !found.isEmpty())) {
                deletions.add(keys.unlink(List.copyOf(found)));
                found.clear();
            }
            while (deletions.size() > (last ? 0 : MOST_DELETIONS)) {
                deletions.remove().forEach(reply -> Replies.await(reply, timeout));
            }
            return last;
        }
    }
}
