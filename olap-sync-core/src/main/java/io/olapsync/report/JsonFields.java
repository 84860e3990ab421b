package io.olapsync.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** The fields of an object, read by name and type. Whatever does not fit becomes a problem, and reads as absent. */
final class JsonFields {

    private final Json.Place place;
    private final Map<String, Json> fields;
    private final boolean isObject;
    private final List<String> problems;

    /** @param known the fields that the object may have, in the order in which a message lists them; empty: any */
    JsonFields(Json value, List<String> problems, String... known) {
        this.place = value.place();
        this.problems = problems;
        this.isObject = value instanceof Json.Obj;
        if (value instanceof Json.Obj object) {
            this.fields = object.fields();
        } else {
            this.fields = Map.of();
            mismatch(value, "an object");
        }
        Set<String> allowed = Set.of(known);
        if (known.length > 0) {
            fields.forEach((name, field) -> {
                if (!allowed.contains(name)) {
                    problems.add(
                            field.place() + ": unknown field '" + name + "'; known are " + String.join(", ", known));
                }
            });
        }
    }

    Json.Place place() {
        return place;
    }

    Set<String> names() {
        return fields.keySet();
    }

    /** The text of a field that must be there; empty, and a problem, where it is not. */
    Optional<String> requiredText(String name) {
        requirePresence(name);
        return text(name);
    }

    <T> Optional<T> requiredText(String name, Function<String, T> read) {
        requirePresence(name);
        return text(name, read);
    }

    Optional<String> text(String name) {
        return field(name).flatMap(this::asText);
    }

    /** @param read throws an IllegalArgumentException, whose message becomes the problem */
    <T> Optional<T> text(String name, Function<String, T> read) {
        return text(name).flatMap(text -> {
            try {
                return Optional.of(read.apply(text));
            } catch (IllegalArgumentException e) {
                problem(name, String.valueOf(e.getMessage()));
                return Optional.empty();
            }
        });
    }

    Optional<Double> requiredNumber(String name) {
        requirePresence(name);
        return field(name).flatMap(value -> {
            if (value instanceof Json.Num number) {
                return Optional.of(Double.valueOf(number.digits()));
            }
            return mismatch(value, "a number");
        });
    }

    Optional<Boolean> flag(String name) {
        return field(name).flatMap(value -> {
            if (value instanceof Json.Bool flag) {
                return Optional.of(flag.value());
            }
            return mismatch(value, "true or false");
        });
    }

    /** The texts of an array that must be there; empty, and a problem, where it is not. */
    List<String> requiredTexts(String name) {
        requirePresence(name);
        return texts(name);
    }

    /** The texts of an array; empty where it is absent. */
    List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        items(name).forEach(item -> asText(item).ifPresent(texts::add));
        return texts;
    }

    /** The values of an array that must be there; empty, and a problem, where it is not. */
    List<Json> requiredItems(String name) {
        requirePresence(name);
        return items(name);
    }

    /** The values of an array; empty where it is absent. */
    List<Json> items(String name) {
        return field(name)
                .<List<Json>>flatMap(value ->
                        value instanceof Json.Arr array ? Optional.of(array.items()) : mismatch(value, "an array"))
                .orElse(List.of());
    }

    Optional<Json> field(String name) {
        return Optional.ofNullable(fields.get(name));
    }

    private void requirePresence(String name) {
        if (isObject && !fields.containsKey(name)) {
            problems.add(place + ": the field '" + name + "' is missing");
        }
    }

    private void problem(String name, String what) {
        problems.add(field(name).map(Json::place).orElse(place) + ": " + what);
    }

    private Optional<String> asText(Json value) {
        return value instanceof Json.Text text ? Optional.of(text.value()) : mismatch(value, "a text");
    }

    private <T> Optional<T> mismatch(Json value, String expected) {
        problems.add(value.place() + ": must be " + expected + ", not " + value.kind());
        return Optional.empty();
    }
}
