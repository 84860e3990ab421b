/** The plan, the engine and the SPI. */
module io.olapsync.core {
    requires io.github.resilience4j.core;
    requires io.github.resilience4j.retry;
    requires transitive org.jspecify;
    requires org.slf4j;
    requires java.net.http;
    requires static jakarta.mail;
    requires tools.jackson.databind;

    exports io.olapsync;
    exports io.olapsync.notify;
    exports io.olapsync.report;
    exports io.olapsync.schedule;
    exports io.olapsync.spi;
}
