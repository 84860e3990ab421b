package io.olapsync.report;

import io.olapsync.InvalidPlanException;
import io.olapsync.PlannedCheck;
import io.olapsync.PlannedView;
import io.olapsync.Publication;
import io.olapsync.SyncPlan;
import io.olapsync.spi.DeltaSource;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.EventKeys;
import io.olapsync.spi.ViewName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Plans as JSON.
 *
 * <pre>{@code
 * {
 *   "name": "sales",
 *   "publication": "each",
 *   "checks": [{"name": "sources_readable", "type": "postgres.tables-readable", "arguments": ["orders"]}],
 *   "views": [
 *     {"name": "dim_org"},
 *     {"name": "mv_sales", "after": ["dim_org"], "tags": ["nightly"], "together": "star", "deadline": "PT5M",
 *      "minInterval": "PT10M", "staleAfter": "PT25H", "targetLag": "PT15M",
 *      "fuse": {"maxChangedShare": 0.5, "mayBecomeEmpty": false},
 *      "delta": {"key": ["case_id"], "sources": [
 *        {"table": "cases", "columns": ["case_id"]},
 *        {"table": "regions", "columns": ["region_id"],
 *         "lookup": "SELECT c.case_id FROM changed JOIN public.cases c USING (region_id)"},
 *        {"table": "calendar"}], "aging": "due_on >= current_date - 2"}}
 *   ],
 *   "events": {"order_created": ["mv_sales"]},
 *   "invalidationStep": "invalidate_caches",
 *   "completionStep": "record_sync_completion"
 * }
 * }</pre>
 *
 * <p>Only {@code name} and {@code views} must be there, in a view its {@code name}, in a check its {@code name} and
 * {@code type}, in a fuse its {@code maxChangedShare}, in a delta table its {@code key} and {@code sources}, in a source
 * its {@code table}: one without columns calls for a recomputation of the whole view. Names of views are read by {@link ViewName#parse}. Nothing is
 * ignored: an unknown field, a field that stands twice and a value of the wrong type are refused.
 */
public final class PlanJson {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final DefaultIndenter INDENTER = new DefaultIndenter("  ", "\n");

    private PlanJson() {}

    /**
     * Reads a plan.
     *
     * @throws InvalidPlanException with all that is wrong with the text, by field and line, or else with the plan
     */
    public static SyncPlan parse(String json) {
        return builder(json, "the plan's JSON").build();
    }

    /**
     * Reads a plan from a file in UTF-8.
     *
     * @throws InvalidPlanException with all that is wrong with the text, by field and line, or else with the plan
     * @throws UncheckedIOException if the file cannot be read
     */
    public static SyncPlan read(Path file) {
        String subject = "the plan in " + file;
        SyncPlan.Builder builder = builder(text(file, subject), subject);
        try {
            return builder.build();
        } catch (InvalidPlanException e) {
            throw new InvalidPlanException(subject, e.problems());
        }
    }

    /** The plan as {@link #parse} reads it back, indented, in a stable order, with what has its default left out. */
    public static String write(SyncPlan plan) {
        ObjectNode json = MAPPER.createObjectNode();
        json.put("name", plan.name());
        if (plan.publication() != Publication.EACH) {
            json.put("publication", plan.publication().name().toLowerCase(Locale.ROOT));
        }
        if (!plan.checks().isEmpty()) {
            ArrayNode checks = json.putArray("checks");
            plan.checks().forEach(check -> write(check, checks.addObject()));
        }
        ArrayNode views = json.putArray("views");
        plan.views().forEach(view -> write(view, views.addObject()));
        if (!plan.events().isEmpty()) {
            ObjectNode events = json.putObject("events");
            plan.events().forEach((type, stale) -> putTexts(events, type, names(stale)));
        }
        if (!plan.eventKeys().isEmpty()) {
            ObjectNode types = json.putObject("eventKeys");
            plan.eventKeys().forEach((type, all) -> {
                ArrayNode written = types.putArray(type);
                all.forEach(keys -> write(keys, written.addObject()));
            });
        }
        putUnless(json, "invalidationStep", plan.invalidationStep(), "invalidate_caches");
        putUnless(json, "completionStep", plan.completionStep(), "record_sync_completion");
        DefaultPrettyPrinter pretty = new DefaultPrettyPrinter().withObjectIndenter(INDENTER);
        return MAPPER.writer().with(pretty).writeValueAsString(json) + "\n";
    }

    private static SyncPlan.Builder builder(String json, String subject) {
        List<String> problems = new ArrayList<>();
        SyncPlan.Builder builder;
        try {
            builder = new PlanReader(problems).read(new JsonReader(problems).read(json));
        } catch (JsonReader.BadJsonException e) {
            throw new InvalidPlanException(subject, List.of(e.getMessage()));
        }
        if (!problems.isEmpty()) {
            throw new InvalidPlanException(subject, problems);
        }
        return builder;
    }

    private static String text(Path file, String subject) {
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new InvalidPlanException(subject, List.of("the file is not a text in UTF-8: save it as UTF-8"));
        } catch (IOException e) {
            throw new UncheckedIOException(subject + " cannot be read: " + e, e);
        }
    }

    private static void write(PlannedCheck check, ObjectNode json) {
        json.put("name", check.name());
        json.put("type", check.spec().type());
        putTexts(json, "arguments", check.spec().arguments());
    }

    private static void write(PlannedView view, ObjectNode json) {
        json.put("name", view.name().toString());
        putTexts(json, "after", names(view.upstreams()));
        putTexts(json, "tags", view.tags());
        view.group().ifPresent(group -> json.put("together", group));
        view.deadline().ifPresent(deadline -> json.put("deadline", deadline.toString()));
        view.minInterval().ifPresent(interval -> json.put("minInterval", interval.toString()));
        view.staleAfter().ifPresent(age -> json.put("staleAfter", age.toString()));
        view.targetLag().ifPresent(age -> json.put("targetLag", age.toString()));
        view.fuse().ifPresent(fuse -> {
            ObjectNode written = json.putObject("fuse");
            written.put("maxChangedShare", fuse.maxChangedShare());
            if (fuse.mayBecomeEmpty()) {
                written.put("mayBecomeEmpty", true);
            }
        });
        view.delta().ifPresent(delta -> write(delta, json.putObject("delta")));
    }

    private static void write(DeltaSpec delta, ObjectNode json) {
        putTexts(json, "key", delta.key());
        ArrayNode sources = json.putArray("sources");
        delta.sources().forEach(source -> write(source, sources.addObject()));
        delta.aging().ifPresent(condition -> json.put("aging", condition));
    }

    private static void write(DeltaSource source, ObjectNode json) {
        json.put("table", source.table().toString());
        putTexts(json, "columns", source.columns());
        source.query().ifPresent(query -> json.put("lookup", query));
        if (source.fed()) {
            json.put("fed", true);
        }
    }

    private static void write(EventKeys keys, ObjectNode json) {
        json.put("table", keys.table().toString());
        if (!keys.columns().isEmpty()) {
            ObjectNode columns = json.putObject("columns");
            keys.columns().forEach(columns::put);
        }
    }

    private static List<String> names(Collection<ViewName> views) {
        return views.stream().map(ViewName::toString).toList();
    }

    private static void putTexts(ObjectNode json, String field, Collection<String> texts) {
        if (!texts.isEmpty()) {
            ArrayNode array = json.putArray(field);
            texts.forEach(array::add);
        }
    }

    private static void putUnless(ObjectNode json, String field, String value, String standard) {
        if (!value.equals(standard)) {
            json.put(field, value);
        }
    }
}
