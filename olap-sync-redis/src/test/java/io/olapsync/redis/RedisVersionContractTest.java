package io.olapsync.redis;

import io.olapsync.spi.ViewName;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;

/** The version strategy, read through the view cache. */
class RedisVersionContractTest extends RedisInvalidatorContract {

    private final RedisViewCache cache =
            RedisViewCache.builder(RedisEndpoint.of(reader)).keyPrefix(prefix).build();

    RedisVersionContractTest() {
        super(RedisCacheInvalidator.Builder::keyPrefix);
    }

    @Override
    protected String read(ViewName view, String key, Supplier<String> loader) {
        return Objects.requireNonNull(cache.get(Set.of(view), key, String.class, loader::get));
    }
}
