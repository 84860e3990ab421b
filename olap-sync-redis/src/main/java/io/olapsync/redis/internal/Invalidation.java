package io.olapsync.redis.internal;

import io.olapsync.spi.ViewName;
import java.util.Set;

/** One way to make cached results of views unreachable. */
public interface Invalidation {

    /** Throws a {@link io.lettuce.core.RedisException} if it could not be done for all of them. */
    void invalidate(RedisLink link, Set<ViewName> views);

    /** For messages. */
    String name();
}
