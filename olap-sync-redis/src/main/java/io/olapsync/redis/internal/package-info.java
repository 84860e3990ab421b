/** How the Redis adapters work; not for callers. */
@NullMarked
package io.olapsync.redis.internal;

import org.jspecify.annotations.NullMarked;
