package io.olapsync.redis.internal;

import java.util.concurrent.atomic.LongAdder;

/** What a cache counts. */
public final class CacheCounters {

    public final LongAdder hits = new LongAdder();
    public final LongAdder misses = new LongAdder();
    public final LongAdder shared = new LongAdder();
    public final LongAdder loads = new LongAdder();
    public final LongAdder fallbacks = new LongAdder();
    public final LongAdder unreadable = new LongAdder();
}
