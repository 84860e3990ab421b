package io.olapsync.benchmarks;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.redis.RedisClients;
import io.olapsync.redis.RedisEndpoint;
import io.olapsync.redis.RedisStreamEventSource;
import io.olapsync.redis.RedisStreamPublisher;
import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventsUnavailableException;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** A stream of events of the requirement's six types on the test Redis, and who reads it. */
final class EventStreams implements AutoCloseable {

    /** As many as the engine reads at once. */
    private static final int BATCH = 1_000;

    /** As many as the engine lets wait. */
    static final int MOST_WAITING = 50_000;

    private static final String GROUP = "olapsync";
    private static final List<String> TYPES = List.of(
            "case_created",
            "case_status_changed",
            "stakeholder_registered",
            "stakeholder_admitted",
            "performance_recorded",
            "cash_flow_entry_created");

    private final RedisClient client =
            RedisClient.create(RedisURI.create(TestServers.redis().uri()));
    private final StatefulRedisConnection<String, String> connection;
    private final String stream = TestServers.redis().newPrefix() + "events";

    EventStreams() {
        client.setOptions(RedisClients.recommendedOptions());
        this.connection = client.connect();
    }

    /** The star of the requirements with its events. */
    static SyncPlan plan() {
        String[] dimensions = {"dim_case_type", "dim_org", "dim_time", "dim_stakeholder_type"};
        SyncPlan.Builder plan = SyncPlan.named("events");
        for (String dimension : dimensions) {
            plan.view(dimension);
        }
        plan.view("mv_business_fact", view -> view.after(dimensions));
        plan.view("mv_cashflow_fact", view -> view.after(dimensions));
        TYPES.subList(0, 4).forEach(type -> plan.onEvent(type, "mv_business_fact"));
        plan.onEvent("performance_recorded", "mv_business_fact", "mv_cashflow_fact");
        plan.onEvent("cash_flow_entry_created", "mv_cashflow_fact");
        return plan.build();
    }

    static List<ViewName> views() {
        return plan().views().stream().map(view -> view.name()).toList();
    }

    /** The stream anew, with so many events that nobody has read; their transactions are 1, 2, 3 and so on. */
    void fill(int events) throws EventsUnavailableException {
        RedisCommands<String, String> redis = connection.sync();
        redis.del(stream);
        redis.xgroupCreate(StreamOffset.from(stream, "0-0"), GROUP, XGroupCreateArgs.Builder.mkstream());
        try (RedisStreamPublisher publisher = RedisStreamPublisher.builder(RedisEndpoint.of(client), stream)
                .commandTimeout(Duration.ofSeconds(30))
                .build()) {
            List<ChangeEvent> batch = new ArrayList<>();
            for (int i = 1; i <= events; i++) {
                String type = TYPES.get(i % TYPES.size());
                batch.add(new ChangeEvent("-", type, OptionalLong.of(i), "{\"ids\": [" + i + "]}"));
                if (batch.size() == BATCH || i == events) {
                    publisher.publish(batch);
                    batch.clear();
                }
            }
        }
    }

    /** The same events, as if nobody had read any of them. */
    void again() {
        RedisCommands<String, String> redis = connection.sync();
        redis.xgroupDestroy(stream, GROUP);
        redis.xgroupCreate(StreamOffset.from(stream, "0-0"), GROUP);
    }

    /** What reads the stream for an engine. */
    CountedSource source(EventWarehouse warehouse, int events) {
        return new CountedSource(
                RedisStreamEventSource.builder(RedisEndpoint.of(client), stream)
                        .group(GROUP)
                        .build(),
                warehouse,
                events);
    }

    /** An engine on this source, which refreshes a view once no event has come for it for so long. */
    static OlapSync engine(EventWarehouse warehouse, CountedSource source, Duration quiet) {
        return OlapSync.builder(plan())
                .install(new NoOpPlugin(Map.of(), warehouse, warehouse))
                .install(registry -> registry.events(source))
                .debounce(quiet, Duration.ofMinutes(1))
                .build();
    }

    /** A loop by hand, which reads as many at once as the engine. */
    BareLoop loop() {
        return new BareLoop(connection, stream, GROUP, BATCH);
    }

    /** How many messages are neither acknowledged nor trimmed, of those that were read. */
    long pending() {
        return connection.sync().xpending(stream, GROUP).getCount();
    }

    @Override
    public void close() {
        connection.sync().del(stream);
        connection.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }
}
