package io.olapsync.internal;

import io.olapsync.SyncPlan;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.SyncClock;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import io.olapsync.spi.ViewsSeen;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the store said when a sync was called for, asked once for all: the run that begins at once need not ask again, and
 * where nothing has changed nobody asks anything more.
 *
 * <p>What is proven unchanged here contains what had been committed before the call, however long the run waits for a
 * worker. The rest grows old: a view may be refreshed, paused or resumed meanwhile.
 */
final class FirstLook {

    private static final Logger log = LoggerFactory.getLogger(FirstLook.class);
    private static final Duration LONGEST_KEPT = Duration.ofSeconds(1);

    /** Nobody has looked. */
    static final FirstLook NONE = new FirstLook(null, 0);

    private final @Nullable ViewsSeen seen;
    private final long atNanos;
    private volatile boolean sufficed;

    private FirstLook(@Nullable ViewsSeen seen, long atNanos) {
        this.seen = seen;
        this.atNanos = atNanos;
    }

    /**
     * Asks the store; blocks for one read. What it does not answer is asked again by the run, which reports it.
     *
     * @param inQuestion the views of which to ask whether they are unchanged
     */
    static FirstLook at(EngineParts parts, Set<ViewName> targets, Set<ViewName> inQuestion) {
        SyncPlan plan = parts.plan();
        Map<ViewName, Set<ViewName>> ancestors = new LinkedHashMap<>();
        inQuestion.forEach(view -> ancestors.put(view, Demand.ancestors(plan, view)));
        long now = parts.clock().nanoTime();
        try {
            return new FirstLook(parts.adapters().states().look(Demand.beneath(plan, targets), ancestors), now);
        } catch (RefreshException | RuntimeException e) {
            log.debug("The store could not be asked about {}", targets, e);
            return new FirstLook(null, now);
        }
    }

    /** The store's snapshot then; empty where it did not answer. */
    Optional<Snapshot> snapshot() {
        return Optional.ofNullable(seen).map(ViewsSeen::now);
    }

    /** What was seen, if that is not long ago. */
    Optional<ViewsSeen> recent(SyncClock clock) {
        return Optional.ofNullable(seen).filter(found -> clock.nanoTime() - atNanos <= LONGEST_KEPT.toNanos());
    }

    /** Says that the run leaves all its views alone by what was seen here. */
    void suffices() {
        sufficed = true;
    }

    /** Whether the cache of none of these views was left to be invalidated, and no run of this call leaves more. */
    boolean leavesNothing() {
        return sufficed && seen != null && seen.pending().isEmpty();
    }

    /** The states of the views, where the run left all of them as they were seen. */
    Optional<Map<ViewName, ViewState>> states() {
        return sufficed ? Optional.ofNullable(seen).map(ViewsSeen::states) : Optional.empty();
    }
}
