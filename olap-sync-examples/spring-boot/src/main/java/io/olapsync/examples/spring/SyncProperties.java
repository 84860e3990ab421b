package io.olapsync.examples.spring;

import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.core.io.Resource;

/**
 * What the service says of its sync, under {@code olap-sync}.
 *
 * @param plan the plan as JSON, for instance {@code classpath:plan.json}
 * @param redisUri where the caches and the streams are, for instance {@code redis://localhost:6379}
 * @param streams the streams to read events from; none by default
 * @param nightly when to refresh everything: a cron expression, in UTC
 * @param debounce how long no event may come for a view before it is refreshed
 * @param longestWait how long an event waits at most
 * @param minInterval how long after a refresh a call does not refresh the view again
 * @param staleAfter from which age on data counts as stale
 * @param closeGrace how long running refreshes may take to end when the service stops
 */
@ConfigurationProperties("olap-sync")
public record SyncProperties(
        Resource plan,
        String redisUri,
        @DefaultValue List<String> streams,
        @DefaultValue("0 3 * * *") String nightly,
        @DefaultValue("10s") Duration debounce,
        @DefaultValue("60s") Duration longestWait,
        @DefaultValue("5m") Duration minInterval,
        @DefaultValue("25h") Duration staleAfter,
        @DefaultValue("30s") Duration closeGrace) {}
