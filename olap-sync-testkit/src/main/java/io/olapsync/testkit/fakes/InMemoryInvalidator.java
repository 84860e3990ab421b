package io.olapsync.testkit.fakes;

import io.olapsync.spi.CacheInvalidator;
import io.olapsync.spi.CacheUnavailableException;
import io.olapsync.spi.ViewName;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Remembers what was invalidated, and can be away. */
public final class InMemoryInvalidator implements CacheInvalidator {

    private final List<ViewName> invalidated = new ArrayList<>();
    private boolean away;

    /** A cache that is there. */
    public InMemoryInvalidator() {}

    /** Whether the cache refuses from now on. */
    public synchronized void away(boolean isAway) {
        away = isAway;
    }

    /** Every view invalidated so far, in order, with repetitions. */
    public synchronized List<ViewName> invalidated() {
        return List.copyOf(invalidated);
    }

    @Override
    public synchronized void invalidate(Set<ViewName> views) throws CacheUnavailableException {
        if (away) {
            throw new CacheUnavailableException("the cache is away", new IllegalStateException("told to be away"));
        }
        invalidated.addAll(views);
    }
}
