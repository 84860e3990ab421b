/** The Redis adapters. */
module io.olapsync.redis {
    requires transitive io.olapsync.core;
    requires transitive lettuce.core;
    requires transitive org.jspecify;
    requires transitive tools.jackson.databind;
    requires org.slf4j;

    exports io.olapsync.redis;
}
