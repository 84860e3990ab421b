package io.olapsync.testkit;

import io.olapsync.testkit.internal.ExternalPostgres;
import io.olapsync.testkit.internal.ExternalRedis;
import io.olapsync.testkit.internal.PostgresBinaries;
import io.olapsync.testkit.internal.TestServerProvider;
import io.olapsync.testkit.internal.Workspace;
import java.util.Map;
import java.util.OptionalInt;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/**
 * The servers all tests of a JVM share, started when the first test asks.
 *
 * <p>They are embedded ones, unless {@value #JDBC_URL} or {@value #REDIS_URI} names another in the environment, or the
 * system property {@value #DOCKER} is true (the Maven profile {@code docker} sets it) and they run in containers. A
 * test that stops, kills or empties its server starts one of its own: {@link EmbeddedPostgres#start()},
 * {@link EmbeddedRedis#start()}.
 */
public final class TestServers {

    /** The environment variable that names a PostgreSQL to use; its user must be allowed to create databases. */
    public static final String JDBC_URL = "OLAPSYNC_TEST_JDBC_URL";

    /** The environment variable that names a Redis to use; nothing but keys with a test's own prefix is touched. */
    public static final String REDIS_URI = "OLAPSYNC_TEST_REDIS_URI";

    /** The system property that asks for containers. */
    public static final String DOCKER = "olapsync.testkit.docker";

    private static final TestServers SHARED = new TestServers(System.getenv());

    private final Map<String, String> environment;
    private @Nullable PostgresServer postgres;
    private @Nullable RedisServer redis;

    TestServers(Map<String, String> environment) {
        this.environment = environment;
    }

    /** The shared PostgreSQL; a test works in a {@link PostgresServer#newDatabase() database of its own}. */
    public static PostgresServer postgres() {
        return SHARED.sharedPostgres();
    }

    /** The shared Redis; a test works under a {@link RedisServer#newPrefix() prefix of its own}. */
    public static RedisServer redis() {
        return SHARED.sharedRedis();
    }

    synchronized PostgresServer sharedPostgres() {
        if (postgres == null) {
            String url = environment.getOrDefault(JDBC_URL, "");
            if (!url.isBlank()) {
                postgres = new ExternalPostgres(url);
            } else if (Boolean.getBoolean(DOCKER)) {
                postgres = containers().startPostgres(wantedMajor());
            } else {
                EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder().setting("max_connections", "200");
                if (System.getProperty(Workspace.DATA_PROPERTY) != null) {
                    builder.setting("fsync", "off"); // its data is in memory: what it would wait for saves nothing
                }
                postgres = builder.start();
            }
        }
        return postgres;
    }

    synchronized RedisServer sharedRedis() {
        if (redis == null) {
            String uri = environment.getOrDefault(REDIS_URI, "");
            if (!uri.isBlank()) {
                redis = new ExternalRedis(uri);
            } else if (Boolean.getBoolean(DOCKER)) {
                redis = containers().startRedis();
            } else {
                redis = EmbeddedRedis.start();
            }
        }
        return redis;
    }

    private static OptionalInt wantedMajor() {
        Integer major = Integer.getInteger(PostgresBinaries.MAJOR_PROPERTY);
        return major == null ? OptionalInt.empty() : OptionalInt.of(major);
    }

    private static TestServerProvider containers() {
        return ServiceLoader.load(TestServerProvider.class)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("-D" + DOCKER + "=true, but the testkit was built without "
                        + "Testcontainers: build with the Maven profile docker (-Pdocker)"));
    }
}
