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
    private final Optional<SyncPlan> given;
    private final HikariDataSource pool;
    private @Nullable RedisClient redis;

    private Database(CommonOptions options, Optional<SyncPlan> given, HikariDataSource pool) {
        this.options = options;
        this.given = given;
        this.pool = pool;
    }

    private static Database of(CommonOptions options, long connectMillis) {
        Optional<SyncPlan> given = options.plan().map(Database::read); // what is wrong there needs no server
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(options.jdbcUrl());
        options.user().ifPresent(config::setUsername);
        options.password().ifPresent(config::setPassword);
        config.setMaximumPoolSize(CONNECTIONS);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(connectMillis);
        config.setInitializationFailTimeout(-1);
        config.addDataSourceProperty("ApplicationName", "olap-sync");
        return new Database(options, given, new HikariDataSource(config));
    }

    /** The same, once the server has given a sign of life. */
    static Database reached(CommonOptions options) throws SQLException {
        Database database = of(options, CONNECT_MILLIS);
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
        try {
            return reached(options);
        } catch (SQLException e) {
            // each of the reads that follow says so; none needs to wait for as long as this one did
            return of(options, SHORTEST_MILLIS);
        }
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
        return given.isPresent() ? given.get() : discovered();
    }

    private static SyncPlan read(Path file) {
        try {
            return PlanJson.read(file);
        } catch (UncheckedIOException e) {
            throw new BadInputException("--plan: '" + file + "' cannot be read", e);
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
