package io.olapsync.examples.cli;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.lettuce.core.RedisClient;
import io.olapsync.InvalidPlanException;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.jdbc.PostgresPlans;
import io.olapsync.jdbc.PostgresPlugin;
import io.olapsync.jdbc.PostgresSchema;
import io.olapsync.redis.RedisClients;
import io.olapsync.redis.RedisPlugin;
import io.olapsync.report.PlanJson;
import io.olapsync.spi.RefreshException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The servers of one call, and the plan that is to be run on them. */
final class Database implements AutoCloseable {

    private static final int CONNECTIONS = 10;
    private static final long CONNECT_MILLIS = 5_000;
    private static final long SHORTEST_MILLIS = 250;

    private final CommonOptions options;
    private final HikariDataSource pool;
    private @Nullable RedisClient redis;

    private Database(CommonOptions options, HikariDataSource pool) {
        this.options = options;
        this.pool = pool;
    }

    private static Database of(CommonOptions options) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(options.jdbcUrl());
        options.user().ifPresent(config::setUsername);
        options.password().ifPresent(config::setPassword);
        config.setMaximumPoolSize(CONNECTIONS);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(CONNECT_MILLIS);
        config.setInitializationFailTimeout(-1);
        config.addDataSourceProperty("ApplicationName", "olap-sync");
        return new Database(options, new HikariDataSource(config));
    }

    /** The same, once the server has given a sign of life. */
    static Database reached(CommonOptions options) throws SQLException {
        Database database = of(options);
        try {
            database.meet();
            return database;
        } catch (SQLException e) {
            database.close();
            throw e;
        }
    }

    /** The same, whether or not the server is there: for those who say what they do not know. */
    static Database perhaps(CommonOptions options) {
        Database database = of(options);
        try {
            database.meet();
        } catch (SQLException e) {
            // each of the reads that follow will say so; none needs to wait for as long as this one did
            database.pool.getHikariConfigMXBean().setConnectionTimeout(SHORTEST_MILLIS);
        }
        return database;
    }

    private void meet() throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT 1");
        }
    }

    DataSource dataSource() {
        return pool;
    }

    SyncPlan plan() throws RefreshException {
        Optional<Path> file = options.plan();
        if (file.isEmpty()) {
            return discovered();
        }
        try {
            return PlanJson.read(file.get());
        } catch (UncheckedIOException e) {
            throw new BadInputException("--plan: '" + file.get() + "' cannot be read", e);
        } catch (InvalidPlanException e) {
            throw new BadInputException("--plan: " + String.join("; ", e.problems()), e);
        } catch (IllegalArgumentException e) {
            throw new BadInputException("--plan: " + e.getMessage(), e);
        }
    }

    private SyncPlan discovered() throws RefreshException {
        try {
            return PostgresPlans.discover(pool, options.schemas().toArray(String[]::new));
        } catch (IllegalArgumentException e) {
            throw new BadInputException(String.valueOf(e.getMessage()), e);
        }
    }

    /** An engine that may create the library's tables. */
    OlapSync.Builder engine(SyncPlan plan) {
        return engine(plan, PostgresPlugin.of(pool));
    }

    /** An engine to be asked only: nothing is created. */
    OlapSync onlooker(SyncPlan plan, UnaryOperator<OlapSync.Builder> settings) {
        PostgresPlugin reading =
                PostgresPlugin.builder(pool).createSchema(false).build();
        return built(settings.apply(engine(plan, reading)));
    }

    /** The library's tables for those who must not create them. */
    PostgresSchema tables() {
        return PostgresSchema.existing(pool);
    }

    /** Whether the library has been here: without its tables nothing was ever synced. */
    boolean hasTables() throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT to_regclass('olap_sync.schema_version') IS NOT NULL")) {
            return row.next() && row.getBoolean(1);
        }
    }

    /** @throws BadInputException if the plan asks for what no plugin has */
    static OlapSync built(OlapSync.Builder builder) {
        try {
            return builder.build();
        } catch (IllegalStateException e) {
            throw new BadInputException(String.valueOf(e.getMessage()), e);
        }
    }

    private OlapSync.Builder engine(SyncPlan plan, PostgresPlugin postgres) {
        // SIGTERM closes the engine: what runs is to be cancelled within the time that Kubernetes gives.
        OlapSync.Builder builder = OlapSync.builder(plan).install(postgres).closeGrace(Duration.ZERO);
        options.redisUri().ifPresent(uri -> {
            RedisClient client = RedisClient.create(uri);
            client.setOptions(RedisClients.recommendedOptions());
            redis = client;
            builder.install(RedisPlugin.of(client));
        });
        return builder;
    }

    @Override
    public void close() {
        if (redis != null) {
            redis.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        }
        pool.close();
    }
}
