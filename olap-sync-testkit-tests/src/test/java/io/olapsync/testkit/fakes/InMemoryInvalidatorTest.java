package io.olapsync.testkit.fakes;

import io.olapsync.spi.CacheInvalidator;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.contract.CacheInvalidatorContract;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** The in-memory invalidator; what a reader caches belongs to the number of invalidations it saw before it loaded. */
class InMemoryInvalidatorTest extends CacheInvalidatorContract {

    private record Key(ViewName view, String key, int version) {}

    private final InMemoryInvalidator invalidator = new InMemoryInvalidator();
    private final Map<Key, String> cache = new ConcurrentHashMap<>();

    @Override
    protected CacheInvalidator invalidator() {
        return invalidator;
    }

    @Override
    protected String read(ViewName view, String key, Supplier<String> loader) {
        Key versioned = new Key(view, key, Collections.frequency(invalidator.invalidated(), view));
        String cached = cache.get(versioned);
        if (cached == null) {
            cached = loader.get();
            cache.put(versioned, cached);
        }
        return cached;
    }

    @Override
    protected void loseCache() {
        invalidator.away(true);
    }

    @Override
    protected void restoreCache() {
        invalidator.away(false);
    }
}
