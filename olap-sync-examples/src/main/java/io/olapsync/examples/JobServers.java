package io.olapsync.examples;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.olapsync.redis.RedisClients;
import io.olapsync.testkit.EmbeddedPostgres;
import io.olapsync.testkit.EmbeddedRedis;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/** The servers that the job works on: the user's own, or embedded ones that end with the job. */
final class JobServers implements AutoCloseable {

    private static final int CONNECTIONS = 10;

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final HikariDataSource dataSource;
    private final RedisClient redis;

    private JobServers(JobOptions options, PrintStream out) {
        this.dataSource = opening(pool(options.jdbcUrl().orElseGet(() -> embeddedPostgres(out))));
        this.redis = RedisClient.create(RedisURI.create(options.redisUri().orElseGet(() -> embeddedRedis(out))));
        redis.setOptions(RedisClients.recommendedOptions());
        opened.push(() -> redis.shutdown(Duration.ZERO, Duration.ofSeconds(2)));
    }

    /** Asks each server for a sign of life, so that one that is not there is named before anything is done. */
    private void meet() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            connection.getMetaData().getDatabaseProductVersion();
        }
        try (StatefulRedisConnection<String, String> connection = redis.connect()) {
            connection.sync().ping();
        }
    }

    static JobServers open(JobOptions options, PrintStream out) throws Exception {
        JobServers servers = new JobServers(options, out);
        try {
            servers.meet();
            return servers;
        } catch (SQLException | RuntimeException e) {
            servers.close();
            throw e;
        }
    }

    HikariDataSource dataSource() {
        return dataSource;
    }

    RedisClient redis() {
        return redis;
    }

    private String embeddedPostgres(PrintStream out) {
        EmbeddedPostgres postgres = opening(EmbeddedPostgres.start());
        out.println("PostgreSQL " + postgres.major() + " started on port " + postgres.port());
        return postgres.jdbcUrl();
    }

    private String embeddedRedis(PrintStream out) {
        EmbeddedRedis server = opening(EmbeddedRedis.start());
        out.println("Redis started: " + server.uri());
        return server.uri();
    }

    private <T extends AutoCloseable> T opening(T resource) {
        opened.push(resource);
        return resource;
    }

    private static HikariDataSource pool(String jdbcUrl) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(jdbcUrl);
        config.setMaximumPoolSize(CONNECTIONS);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(5_000);
        return new HikariDataSource(config);
    }

    @Override
    public void close() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }
}
