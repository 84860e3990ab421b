package io.olapsync.benchmarks;

import io.olapsync.testkit.EmbeddedPostgres;
import io.olapsync.testkit.EmbeddedRedis;
import io.olapsync.testkit.PostgresServer;
import io.olapsync.testkit.RedisErrorException;
import io.olapsync.testkit.RedisServer;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.UUID;

/**
 * The servers of a profile: embedded ones, which are stopped at its end, or the user's.
 *
 * @param run what the databases begin with that its questions share
 */
record ProfileServers(PostgresServer postgres, RedisServer redis, String run) implements AutoCloseable {

    private static final Map<String, String> SETTINGS =
            Map.of("max_connections", "200", "shared_buffers", "512MB", "max_wal_size", "4GB");

    /**
     * Blocks until they answer.
     *
     * @throws IllegalArgumentException with one line that says which of the user's does not, and why
     */
    static ProfileServers open(ProfileOptions options) {
        RedisServer redis = redis(options.redisUri());
        String run = "benchmark_" + UUID.randomUUID().toString().substring(0, 8);
        return new ProfileServers(postgres(options.jdbcUrl()), redis, run);
    }

    private static RedisServer redis(String uri) {
        if (uri.isEmpty()) {
            return EmbeddedRedis.start();
        }
        try {
            RedisServer redis = RedisServer.at(uri);
            redis.command("PING");
            return redis;
        } catch (IllegalArgumentException | UncheckedIOException | RedisErrorException e) {
            throw new IllegalArgumentException("--redis-uri: " + e.getMessage(), e);
        }
    }

    private static PostgresServer postgres(String url) {
        if (url.isEmpty()) {
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder();
            SETTINGS.forEach(builder::setting);
            return builder.start();
        }
        try {
            return PostgresServer.at(url);
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new IllegalArgumentException("--jdbc-url: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() throws Exception {
        stop(redis);
        LoadedStar.drop(postgres, run);
        stop(postgres);
    }

    private static void stop(Object server) throws Exception {
        if (server instanceof AutoCloseable embedded) {
            embedded.close();
        }
    }
}
