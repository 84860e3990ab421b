package io.olapsync.redis;

/**
 * What a cache has done since it was built. The counters are read one after the other, not at one instant.
 *
 * @param hits answered from Redis at the first look
 * @param misses not in Redis under the current versions at the first look
 * @param shared misses answered by a load that another reader, here or in another process, had under way
 * @param loads how often a loader ran, fallbacks included
 * @param fallbacks loads without the cache: Redis did not answer, or another's load took longer than the longest wait
 * @param unreadable values found that were not valid JSON of the type asked for; they count as misses
 */
public record ViewCacheStats(long hits, long misses, long shared, long loads, long fallbacks, long unreadable) {}
