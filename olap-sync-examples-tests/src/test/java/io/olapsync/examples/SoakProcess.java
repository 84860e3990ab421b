package io.olapsync.examples;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.lettuce.core.RedisClient;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.jdbc.OutboxRelay;
import io.olapsync.jdbc.PostgresPlugin;
import io.olapsync.jdbc.PostgresSettings;
import io.olapsync.redis.RedisEndpoint;
import io.olapsync.redis.RedisPlugin;
import io.olapsync.redis.RedisStreamPublisher;
import io.olapsync.report.PlanJson;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;

/** A host of the soak: a relay and an engine, until somebody kills it. */
final class SoakProcess {

    static final Duration QUIET = Duration.ofMillis(300);
    static final Duration LONGEST = Duration.ofSeconds(1);
    static final String STREAM = "soak:events";
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private SoakProcess() {}

    /** The PostgreSQL and the Redis to work on. */
    public static void main(String[] args) {
        RedisClient redis = Warehouse.redisClient(args[1]);
        DataSource pool = pool(args[0]);
        OutboxRelay relay = OutboxRelay.builder(pool, RedisStreamPublisher.of(RedisEndpoint.of(redis), STREAM))
                .pollInterval(Duration.ofMillis(50))
                .build();
        OlapSync sync = engine(pool)
                .install(RedisPlugin.of(redis)
                        .with(invalidator -> invalidator.keyPrefix("soak:"))
                        // A message may be in the hands of many who are killed before it is its turn.
                        .events(STREAM, source -> source.patience(PATIENCE).maxDeliveries(1_000)))
                .build();
        relay.start();
        sync.start();
        System.out.println("started");
        while (true) {
            LockSupport.park();
        }
    }

    static OlapSync.Builder engine(DataSource dataSource) {
        PostgresSettings settings = PostgresSettings.defaults()
                .withConnectionCheckInterval(Duration.ofMillis(200))
                .withCancelGrace(Duration.ofSeconds(1));
        return Warehouse.impatient(OlapSync.builder(plan())
                        .install(PostgresPlugin.builder(dataSource)
                                .settings(settings)
                                .build()))
                .debounce(QUIET, LONGEST);
    }

    /** The example's own plan, with its map of events. */
    static SyncPlan plan() {
        try (InputStream in = Objects.requireNonNull(FullSyncJob.class.getResourceAsStream("vision-olap.json"))) {
            return PlanJson.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static HikariDataSource pool(String url) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setMaximumPoolSize(10);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(2_000);
        config.setInitializationFailTimeout(-1);
        return new HikariDataSource(config);
    }
}
