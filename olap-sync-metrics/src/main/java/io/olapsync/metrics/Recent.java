package io.olapsync.metrics;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** What is known of the runs under way, and of 1,000 at most: the end of one that is broken off may not be told. */
final class Recent {

    static final int MOST = 1_000;

    private Recent() {}

    /** @param dropped is told what the map has no room for any more, the oldest */
    static <K, V> Map<K, V> map(Consumer<V> dropped) {
        return Collections.synchronizedMap(new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                boolean full = size() > MOST;
                if (full) {
                    dropped.accept(eldest.getValue());
                }
                return full;
            }
        });
    }
}
