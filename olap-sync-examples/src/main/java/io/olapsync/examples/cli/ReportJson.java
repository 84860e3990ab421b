package io.olapsync.examples.cli;

import io.olapsync.RefreshResult;
import io.olapsync.StepReport;
import io.olapsync.SyncReport;
import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.Finding;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Reports, results, findings and lines of the history as JSON: lower case words, times in ISO-8601 UTC, durations in ms. */
final class ReportJson {

    private ReportJson() {}

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    static ObjectNode of(SyncReport report) {
        ObjectNode json = object();
        json.put("run", report.run().toString());
        json.put("plan", report.plan());
        json.put("kind", lower(report.kind()));
        json.put("trigger", report.trigger());
        json.put("publication", lower(report.publication()));
        json.put("status", lower(report.status()));
        json.put("started_at", report.startedAt().toString());
        json.put("ended_at", report.endedAt().toString());
        json.put("makespan_ms", report.makespan().toMillis());
        json.put("as_of", text(report.asOf().map(asOf -> asOf.time())));
        ArrayNode path = json.putArray("critical_path");
        report.criticalPath().forEach(path::add);
        ArrayNode steps = json.putArray("steps");
        report.steps().forEach(step -> write(step, steps.addObject()));
        findings(json, report.findings());
        names(json.putArray("pending_invalidations"), report.pendingInvalidations());
        report.failure().ifPresent(failure -> failure(json, failure));
        return json;
    }

    private static void write(StepReport step, ObjectNode json) {
        json.put("step", step.step());
        json.put("kind", lower(step.kind()));
        StepOutcome outcome = step.outcome();
        if (outcome instanceof StepOutcome.Refreshed refreshed) {
            json.put("status", "refreshed");
            json.put("rows", refreshed.result().rows());
            delta(json, refreshed.result().delta());
            incremental(json, refreshed.result().incremental());
            json.put("as_of", refreshed.result().asOf().time().toString());
        } else if (outcome instanceof StepOutcome.Skipped skipped) {
            json.put("status", "skipped");
            json.put("reason", skipped.reason().toString());
            json.put("detail", skipped.detail());
        } else if (outcome instanceof StepOutcome.Failed failed) {
            json.put("status", "failed");
            failure(json, failed.cause());
        } else {
            json.put("status", "passed");
            json.put("detail", ((StepOutcome.Passed) outcome).detail());
        }
        json.put("attempts", step.attempts());
        json.put("began_ms", step.began().toMillis());
        json.put("took_ms", step.took().toMillis());
    }

    static ObjectNode of(RefreshResult result) {
        ObjectNode json = object();
        json.put("view", result.view().toString());
        json.put("status", lower(result.status()));
        json.put("reason", result.reason().map(Object::toString).orElse(null));
        json.put("deferred", result.deferred());
        json.put("as_of", text(result.asOf().map(asOf -> asOf.time())));
        delta(json, result.delta());
        incremental(json, result.incremental());
        json.put("took_ms", result.took().toMillis());
        result.error().ifPresent(error -> failure(json, error));
        return json;
    }

    static ObjectNode of(HistoryEntry.Run run) {
        ObjectNode json = object();
        json.put("run", run.run().toString());
        json.put("plan", run.plan());
        json.put("kind", lower(run.kind()));
        json.put("trigger", run.trigger());
        json.put("status", lower(run.status()));
        json.put("started_at", run.startedAt().toString());
        json.put("ended_at", text(run.endedAt()));
        json.put("process", run.process());
        json.put("error", run.error().orElse(null));
        return json;
    }

    static ObjectNode of(HistoryEntry.Step step) {
        ObjectNode json = object();
        json.put("step", step.step());
        json.put("view", step.view().map(ViewName::toString).orElse(null));
        json.put("status", lower(step.status()));
        json.put("started_at", step.startedAt().toString());
        json.put("ended_at", text(step.endedAt()));
        json.put("rows", step.rows().orElse(null));
        delta(json, step.delta());
        incremental(json, step.incremental());
        json.put("took_ms", step.took().map(Duration::toMillis).orElse(null));
        json.put("as_of", text(step.asOf().map(asOf -> asOf.time())));
        json.put("attempts", step.attempts());
        json.put("sql_state", step.sqlState().orElse(null));
        json.put("error", step.error().orElse(null));
        return json;
    }

    static void findings(ObjectNode document, Collection<Finding> findings) {
        ArrayNode array = document.putArray("findings");
        for (Finding finding : findings) {
            ObjectNode json = array.addObject();
            json.put("severity", lower(finding.severity()));
            json.put("code", finding.code());
            json.put("view", finding.view() == null ? null : finding.view().toString());
            json.put("problem", finding.problem());
            json.put("remedy", finding.remedy());
        }
    }

    static void names(ArrayNode array, Collection<ViewName> views) {
        views.forEach(view -> array.add(view.toString()));
    }

    static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    static @Nullable String text(Optional<Instant> time) {
        return time.map(Instant::toString).orElse(null);
    }

    private static void delta(ObjectNode json, Optional<RowDelta> delta) {
        delta.ifPresent(rows -> json.put("inserted", rows.inserted())
                .put("updated", rows.updated())
                .put("deleted", rows.deleted()));
    }

    private static void incremental(ObjectNode json, Optional<DeltaRefresh> incremental) {
        incremental.ifPresent(how -> json.putObject("incremental")
                .put("way", lower(how.way()))
                .put("reason", how.reason())
                .put("keys", how.keys())
                .put("drift", how.drift()));
    }

    private static void failure(ObjectNode json, RefreshException failure) {
        json.put("error", String.valueOf(failure.getMessage()));
        json.put("error_kind", lower(failure.kind()));
        json.put("sql_state", failure.sqlState().orElse(null));
        json.put("remedy", failure.remedy().orElse(null));
    }
}
