/** Meters and observations for Micrometer. */
module io.olapsync.metrics {
    requires transitive io.olapsync.core;
    requires transitive micrometer.core;
    requires transitive micrometer.observation;
    requires transitive org.jspecify;
    requires micrometer.commons;
    requires org.slf4j;

    exports io.olapsync.metrics;
}
