package io.olapsync.examples.spring;

import io.olapsync.OlapSync;
import io.olapsync.SyncHealth;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.stereotype.Component;

/**
 * The data's health beside the service's: {@code UP}, {@code STALE}, {@code FAILING} or {@code UNKNOWN}.
 *
 * <p>Old data is a reason to look, not to restart the service: a new process would find the same data. So this belongs to
 * no liveness probe, and {@code application.properties} answers it with 200.
 */
@Component("olapSyncHealthIndicator")
class SyncHealthIndicator implements HealthIndicator {

    private final OlapSync sync;

    SyncHealthIndicator(OlapSync sync) {
        this.sync = sync;
    }

    @Override
    public Health health() {
        SyncHealth health = sync.health();
        Map<String, String> views = new LinkedHashMap<>();
        health.views()
                .forEach(view ->
                        views.put(view.name().toString(), view.status().name().toLowerCase(Locale.ROOT)));
        Health.Builder answer = Health.status(status(health.status())).withDetail("views", views);
        health.lastFullSync().ifPresent(time -> answer.withDetail("lastFullSync", time));
        if (!health.problems().isEmpty()) {
            answer.withDetail("problems", health.problems());
        }
        return answer.build();
    }

    private static Status status(SyncHealth.Status status) {
        return status == SyncHealth.Status.HEALTHY ? Status.UP : new Status(status.name());
    }
}
