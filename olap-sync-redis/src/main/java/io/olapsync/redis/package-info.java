/**
 * Redis beside the views: what makes cached results of a refreshed view unreachable, the cache the readers use, and
 * change events over a stream.
 *
 * <p>{@link io.olapsync.redis.RedisPlugin} goes to the engine, {@link io.olapsync.redis.RedisViewCache} to the readers;
 * {@link io.olapsync.redis.RedisEndpoint} says where Redis is. Redis 5 or later, 7 for events; alone, behind
 * Sentinel, or a cluster.
 */
@NullMarked
package io.olapsync.redis;

import org.jspecify.annotations.NullMarked;
