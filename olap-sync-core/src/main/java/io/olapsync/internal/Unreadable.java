package io.olapsync.internal;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.SyncClock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How long something could not be read: what passes by itself is not yet wrong. Guarded by its owner. */
final class Unreadable {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final SyncClock clock;
    private @Nullable Long since;

    Unreadable(SyncClock clock) {
        this.clock = clock;
    }

    /** It could be read. */
    void over() {
        since = null;
    }

    /**
     * What mends it, where it is certainly wrong.
     *
     * @throws RefreshException the same, where it may still pass
     */
    String remedy(RefreshException failure) throws RefreshException {
        long now = clock.nanoTime();
        long first = since == null ? now : since;
        since = first;
        if (failure.kind() != RefreshException.Kind.PERMANENT && now - first < PATIENCE.toNanos()) {
            throw failure;
        }
        return failure.remedy().orElse("see what keeps this role from the tables of olap_sync");
    }
}
