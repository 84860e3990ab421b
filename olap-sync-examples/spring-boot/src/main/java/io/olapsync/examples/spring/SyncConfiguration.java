package io.olapsync.examples.spring;

import io.lettuce.core.RedisClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.jdbc.PostgresPlugin;
import io.olapsync.metrics.OlapSyncMetrics;
import io.olapsync.redis.RedisPlugin;
import io.olapsync.report.PlanJson;
import io.olapsync.schedule.Schedule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import javax.sql.DataSource;
import org.springframework.boot.ApplicationRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * The engine as a bean. Spring closes it before the pool and the client that it uses, and after the web server has ended its
 * requests; {@code close()} lets running refreshes end.
 */
@Configuration(proxyBeanMethods = false)
class SyncConfiguration {

    @Bean(destroyMethod = "shutdown")
    RedisClient redisClient(SyncProperties properties) {
        return RedisClient.create(properties.redisUri());
    }

    @Bean
    SyncPlan syncPlan(SyncProperties properties) throws IOException {
        return PlanJson.parse(properties.plan().getContentAsString(StandardCharsets.UTF_8));
    }

    @Bean(destroyMethod = "close")
    OlapSync olapSync(
            SyncPlan plan,
            DataSource dataSource,
            RedisClient redisClient,
            OlapSyncMetrics metrics,
            SyncProperties properties) {
        RedisPlugin redis = RedisPlugin.of(redisClient);
        for (String stream : properties.streams()) {
            redis = redis.events(stream);
        }
        return OlapSync.builder(plan)
                .install(PostgresPlugin.of(dataSource))
                .install(redis)
                .install(metrics)
                .schedule(Schedule.of("nightly", properties.nightly()))
                .debounce(properties.debounce(), properties.longestWait())
                .minInterval(properties.minInterval())
                .staleAfter(properties.staleAfter())
                .closeGrace(properties.closeGrace())
                .build();
    }

    /** At {@code /actuator/metrics/olapsync.refresh} and so on. */
    @Bean
    OlapSyncMetrics olapSyncMetrics(MeterRegistry registry, SyncPlan plan) {
        return OlapSyncMetrics.of(registry, plan);
    }

    /** Events are read, and the schedule is followed, once everything else is there. */
    @Bean
    ApplicationRunner syncStarter(OlapSync sync, OlapSyncMetrics metrics) {
        return arguments -> {
            metrics.watch(sync);
            sync.start();
        };
    }
}
