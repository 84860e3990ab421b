package io.olapsync.report;

import io.olapsync.SyncHealth;
import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.SkipReason;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The health document as JSON: one line, times in ISO-8601 UTC, what is not known as null. */
public final class HealthJson {

    private static final JsonMapper MAPPER = new JsonMapper();

    private HealthJson() {}

    /** The document, without a line break. */
    public static String write(SyncHealth health) {
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.put("health", lower(health.status()));
        document.put("read_at", text(health.readAt()));
        document.put("last_full_sync", text(health.lastFullSync()));
        document.put("last_incremental_sync", text(health.lastIncrementalSync()));
        ArrayNode views = document.putArray("views");
        health.views().forEach(view -> write(view, views.addObject()));
        ArrayNode pending = document.putArray("pending_invalidations");
        health.pendingInvalidations().forEach(view -> pending.add(view.toString()));
        ArrayNode sources = document.putArray("event_sources");
        health.sources().forEach(source -> write(source, sources.addObject()));
        ArrayNode schedules = document.putArray("schedules");
        health.schedules().forEach(schedule -> write(schedule, schedules.addObject()));
        ArrayNode problems = document.putArray("problems");
        health.problems().forEach(problems::add);
        return MAPPER.writeValueAsString(document);
    }

    private static void write(SyncHealth.View view, ObjectNode json) {
        json.put("name", view.name().toString());
        json.put("status", lower(view.status()));
        json.put("row_count", view.rows().orElse(null));
        json.put("last_refreshed", text(view.lastRefreshed()));
        json.put(
                "refresh_duration_ms",
                view.refreshDuration().map(Duration::toMillis).orElse(null));
        json.put("as_of", text(view.asOf().map(DataAsOf::time)));
        json.put("staleness_ms", view.staleness().map(Duration::toMillis).orElse(null));
        json.put("stale_after_ms", view.staleAfter().toMillis());
        json.put("target_lag_ms", view.targetLag().map(Duration::toMillis).orElse(null));
        json.put("next_due", text(view.nextDue()));
        json.put("held_back", view.heldBack().map(SkipReason::toString).orElse(null));
        json.put("pending_events", view.pendingEvents());
        json.put("pending_orders", view.pendingOrders());
        json.put("pending_invalidation", view.pendingInvalidation());
        json.put("failures", view.failures());
        json.put("last_error", view.lastError().orElse(null));
    }

    private static void write(SyncHealth.Schedule schedule, ObjectNode json) {
        json.put("name", schedule.name());
        json.put("schedule", schedule.text());
        json.put("last_tick", text(schedule.lastTick()));
        json.put("next", text(schedule.next()));
        json.put("problem", schedule.problem().orElse(null));
    }

    private static void write(SyncHealth.Source source, ObjectNode json) {
        json.put("name", source.name());
        json.put("problem", source.problem().orElse(null));
        json.put("delivered", source.delivered());
        json.put("waiting", source.waiting());
        json.put("unknown", source.unknown());
        json.put("set_aside", source.setAside());
    }

    private static String lower(SyncHealth.Status status) {
        return status.name().toLowerCase(Locale.ROOT);
    }

    private static @Nullable String text(Optional<Instant> time) {
        return time.map(Instant::toString).orElse(null);
    }
}
