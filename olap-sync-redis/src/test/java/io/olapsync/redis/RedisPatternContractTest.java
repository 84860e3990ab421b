package io.olapsync.redis;

import io.olapsync.spi.ViewName;
import java.util.function.Supplier;

/** The pattern strategy, with a host that caches under keys of its own. */
class RedisPatternContractTest extends RedisInvalidatorContract {

    private static final String OWN = "own:";

    RedisPatternContractTest() {
        super((builder, prefix) -> builder.patterns(prefix + OWN + "{schema}/{name}:*"));
    }

    @Override
    protected String read(ViewName view, String key, Supplier<String> loader) {
        String name = prefix + OWN + view.schema() + "/" + view.name() + ":" + key;
        String cached = reader.sync().get(name);
        if (cached == null) {
            cached = loader.get();
            reader.sync().set(name, cached);
        }
        return cached;
    }

    @Override
    protected boolean defeatsSlowReaders() {
        return false;
    }
}
