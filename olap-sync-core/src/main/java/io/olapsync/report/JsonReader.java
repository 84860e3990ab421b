package io.olapsync.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Reads one JSON document into {@link Json}. How deep it may nest is bounded by the parser. */
final class JsonReader {

    private static final JsonFactory FACTORY = new JsonFactory();

    private final List<String> problems;

    /** @param problems takes the fields that occur twice; the first one counts */
    JsonReader(List<String> problems) {
        this.problems = problems;
    }

    /** @throws BadJsonException if it is not one JSON document and nothing else */
    Json read(String text) {
        // some editors begin a file with a byte order mark
        String json = text.startsWith("\uFEFF") ? text.substring(1) : text;
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), json)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw new BadJsonException("the text is empty; a JSON object was expected");
            }
            Json document = value(parser, first, "");
            if (parser.nextToken() != null) {
                throw new BadJsonException(
                        "line " + parser.currentTokenLocation().getLineNr()
                                + ": something follows after the end of the plan; remove it");
            }
            return document;
        } catch (JacksonException e) {
            String where = e.getLocation() == null
                    ? ""
                    : "line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr() + ": ";
            throw new BadJsonException(where + "not JSON: " + e.getOriginalMessage());
        }
    }

    private Json value(JsonParser parser, JsonToken token, String path) {
        Json.Place place = new Json.Place(path, parser.currentTokenLocation().getLineNr());
        return switch (token) {
            case START_OBJECT -> object(parser, place);
            case START_ARRAY -> array(parser, place);
            case VALUE_STRING -> new Json.Text(place, parser.getString());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Json.Num(place, parser.getString());
            case VALUE_TRUE -> new Json.Bool(place, true);
            case VALUE_FALSE -> new Json.Bool(place, false);
            default -> new Json.Null(place);
        };
    }

    private Json object(JsonParser parser, Json.Place place) {
        Map<String, Json> fields = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            Json value = value(parser, parser.nextToken(), place.path().isEmpty() ? name : place.path() + "." + name);
            Json earlier = fields.putIfAbsent(name, value);
            if (earlier != null) {
                problems.add(value.place() + ": the field stands there twice, first in line "
                        + earlier.place().line() + "; remove one of them");
            }
        }
        return new Json.Obj(place, fields);
    }

    private Json array(JsonParser parser, Json.Place place) {
        List<Json> items = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            items.add(value(parser, token, place.path() + "[" + items.size() + "]"));
        }
        return new Json.Arr(place, items);
    }

    /** The text is not a JSON document. */
    static final class BadJsonException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        BadJsonException(String message) {
            super(message);
        }
    }
}
