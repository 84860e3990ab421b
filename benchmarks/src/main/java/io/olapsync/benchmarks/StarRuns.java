package io.olapsync.benchmarks;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.olapsync.OlapSync;
import io.olapsync.Publication;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.jdbc.PostgresPlugin;
import io.olapsync.redis.RedisClients;
import io.olapsync.redis.RedisPlugin;
import io.olapsync.spi.RunStatus;
import io.olapsync.testkit.TestServers;
import java.time.Duration;

/** The star with an engine, as a host has them, and the same views for bare statements. */
final class StarRuns implements AutoCloseable {

    /** Of engine and script. */
    static final int PARALLELISM = 4;

    /** Of the cases, before each run. */
    static final double SHARE = 0.01;

    private final Star star;
    private final RedisClient redis;
    private final OlapSync sync;
    private final BareRefresh bare;

    StarRuns(int stakeholders) throws Exception {
        star = Star.create(stakeholders);
        // One statement, one processor: else one alone would use both, and two beside each other could not be faster.
        star.database()
                .execute("ALTER DATABASE " + star.database().name() + " SET max_parallel_workers_per_gather = 0");
        star.pool().getHikariPoolMXBean().softEvictConnections();
        redis = RedisClient.create(RedisURI.create(TestServers.redis().uri()));
        redis.setOptions(RedisClients.recommendedOptions());
        String prefix = TestServers.redis().newPrefix();
        sync = OlapSync.builder(Star.plan())
                .install(PostgresPlugin.of(star.pool()))
                .install(RedisPlugin.of(redis).with(invalidator -> invalidator.keyPrefix(prefix)))
                .maxConcurrentRefreshes(PARALLELISM)
                .build();
        bare = new BareRefresh(star.database().dataSource(), Star.stages(), PARALLELISM);
    }

    /** What the next run will find. */
    void change() {
        star.change(SHARE);
        star.quiet();
    }

    SyncReport run(Publication publication) {
        SyncReport report = sync.run(SyncRequest.full().withPublication(publication));
        if (report.status() != RunStatus.COMPLETED) {
            throw new IllegalStateException(report.toString());
        }
        return report;
    }

    BareRefresh bare() {
        return bare;
    }

    @Override
    public void close() throws Exception {
        bare.close();
        sync.close();
        redis.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        star.close();
    }
}
