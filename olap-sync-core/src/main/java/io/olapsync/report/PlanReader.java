package io.olapsync.report;

import io.olapsync.Publication;
import io.olapsync.SyncPlan;
import io.olapsync.spi.CheckSpec;
import io.olapsync.spi.DeltaSource;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Fuse;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Puts a plan together from JSON. */
final class PlanReader {

    private final List<String> problems;

    PlanReader(List<String> problems) {
        this.problems = problems;
    }

    /** The plan as far as it can be read. */
    SyncPlan.Builder read(Json document) {
        JsonFields plan = new JsonFields(
                document,
                problems,
                "name",
                "publication",
                "checks",
                "views",
                "events",
                "eventKeys",
                "invalidationStep",
                "completionStep");
        SyncPlan.Builder builder = SyncPlan.named(plan.requiredText("name").orElse("?"));
        plan.text("publication", PlanReader::publication).ifPresent(builder::publication);
        plan.items("checks").forEach(check -> check(builder, check));
        plan.items("views").forEach(view -> view(builder, view));
        plan.field("events").ifPresent(events -> events(builder, events));
        plan.field("eventKeys").ifPresent(keys -> eventKeys(builder, keys));
        plan.text("invalidationStep").ifPresent(builder::invalidationStep);
        plan.text("completionStep").ifPresent(builder::completionStep);
        return builder;
    }

    private void check(SyncPlan.Builder builder, Json json) {
        JsonFields check = new JsonFields(json, problems, "name", "type", "arguments");
        Optional<String> name = check.requiredText("name");
        List<String> arguments = check.texts("arguments");
        Optional<CheckSpec> spec = check.requiredText("type", type -> new CheckSpec(type, arguments));
        if (name.isPresent() && spec.isPresent()) {
            builder.check(name.get(), spec.get());
        }
    }

    private void view(SyncPlan.Builder builder, Json json) {
        JsonFields view = new JsonFields(
                json,
                problems,
                "name",
                "after",
                "tags",
                "together",
                "deadline",
                "minInterval",
                "staleAfter",
                "targetLag",
                "fuse",
                "delta");
        Optional<String> name = view.requiredText("name");
        String[] after = view.texts("after").toArray(String[]::new);
        String[] tags = view.texts("tags").toArray(String[]::new);
        Optional<String> group = view.text("together");
        Optional<Duration> deadline = view.text("deadline", PlanReader::duration);
        Optional<Duration> minInterval = view.text("minInterval", PlanReader::duration);
        Optional<Duration> staleAfter = view.text("staleAfter", PlanReader::duration);
        Optional<Duration> targetLag = view.text("targetLag", PlanReader::duration);
        Optional<Fuse> fuse = view.field("fuse").flatMap(this::fuse);
        Optional<DeltaSpec> delta = view.field("delta").flatMap(this::delta);
        name.ifPresent(known -> builder.view(known, options -> {
            options.after(after).tags(tags);
            group.ifPresent(options::together);
            deadline.ifPresent(options::deadline);
            minInterval.ifPresent(options::minInterval);
            staleAfter.ifPresent(options::staleAfter);
            targetLag.ifPresent(options::targetLag);
            fuse.ifPresent(options::fuse);
            delta.ifPresent(options::delta);
        }));
    }

    private Optional<Fuse> fuse(Json json) {
        JsonFields fuse = new JsonFields(json, problems, "maxChangedShare", "mayBecomeEmpty");
        Optional<Double> share = fuse.requiredNumber("maxChangedShare");
        boolean mayBecomeEmpty = fuse.flag("mayBecomeEmpty").orElse(false);
        return share.flatMap(value -> made(fuse, () -> new Fuse(value, mayBecomeEmpty)));
    }

    private Optional<DeltaSpec> delta(Json json) {
        int before = problems.size();
        JsonFields delta = new JsonFields(json, problems, "key", "sources", "aging");
        List<String> key = delta.requiredTexts("key");
        List<DeltaSource> sources = new ArrayList<>();
        delta.requiredItems("sources").forEach(source -> source(source).ifPresent(sources::add));
        Optional<String> aging = delta.text("aging");
        return problems.size() > before ? Optional.empty() : made(delta, () -> new DeltaSpec(key, sources, aging));
    }

    private Optional<DeltaSource> source(Json json) {
        JsonFields source = new JsonFields(json, problems, "table", "columns", "lookup", "fed");
        Optional<ViewName> table = source.requiredText("table", ViewName::parse);
        List<String> columns = source.texts("columns");
        Optional<String> lookup = source.text("lookup");
        boolean fed = source.flag("fed").orElse(false);
        return table.flatMap(name -> made(source, () -> new DeltaSource(name, columns, lookup, fed)));
    }

    /** A value whose parts have been read; what its own rules say against it becomes a problem. */
    private <T> Optional<T> made(JsonFields fields, Supplier<T> value) {
        try {
            return Optional.of(value.get());
        } catch (IllegalArgumentException e) {
            problems.add(fields.place() + ": " + e.getMessage());
            return Optional.empty();
        }
    }

    private void events(SyncPlan.Builder builder, Json json) {
        JsonFields events = new JsonFields(json, problems);
        for (String type : events.names()) {
            builder.onEvent(type, events.texts(type).toArray(String[]::new));
        }
    }

    private void eventKeys(SyncPlan.Builder builder, Json json) {
        JsonFields types = new JsonFields(json, problems);
        for (String type : types.names()) {
            for (Json item : types.items(type)) {
                JsonFields keys = new JsonFields(item, problems, "table", "columns");
                Map<String, String> columns = new LinkedHashMap<>();
                keys.field("columns").ifPresent(field -> {
                    JsonFields pointers = new JsonFields(field, problems);
                    pointers.names()
                            .forEach(
                                    column -> pointers.text(column).ifPresent(pointer -> columns.put(column, pointer)));
                });
                keys.requiredText("table").ifPresent(table -> builder.eventKeys(type, table, columns));
            }
        }
    }

    private static Publication publication(String text) {
        return switch (text) {
            case "each" -> Publication.EACH;
            case "together" -> Publication.TOGETHER;
            default -> throw new IllegalArgumentException("must be \"each\" or \"together\", not \"" + text + "\"");
        };
    }

    private static Duration duration(String text) {
        try {
            return Duration.parse(text);
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(
                    "must be a duration as ISO 8601 writes it, such as \"PT5M\" or \"PT1H30M\", not \"" + text + "\"",
                    e);
        }
    }
}
