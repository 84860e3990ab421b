package io.olapsync.testkit.internal;

import io.olapsync.testkit.PostgresServer;
import io.olapsync.testkit.RedisServer;
import java.util.OptionalInt;

/** Another source of test servers, found by {@link java.util.ServiceLoader}; the Maven profile {@code docker} adds one. */
public interface TestServerProvider {

    /** Starts a server that ends with the JVM; no major version: the provider chooses. */
    PostgresServer startPostgres(OptionalInt major);

    /** Starts a server that ends with the JVM. */
    RedisServer startRedis();
}
