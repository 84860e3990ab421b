package io.olapsync.report;

import java.util.List;
import java.util.Map;

/** A value of a JSON document that knows where it stands, so that a message can say so. */
sealed interface Json {

    /** Where it begins. */
    Place place();

    /** What it is, in words. */
    String kind();

    /**
     * Where a value begins.
     *
     * @param path the fields and indexes that lead to it, empty for the document itself
     * @param line 1 for the first
     */
    record Place(String path, int line) {
        @Override
        public String toString() {
            return path.isEmpty() ? "line " + line : path + " (line " + line + ")";
        }
    }

    /** An object; its fields in the order of the document. */
    record Obj(Place place, Map<String, Json> fields) implements Json {
        @Override
        public String kind() {
            return "an object";
        }
    }

    /** An array. */
    record Arr(Place place, List<Json> items) implements Json {
        @Override
        public String kind() {
            return "an array";
        }
    }

    /** A text. */
    record Text(Place place, String value) implements Json {
        @Override
        public String kind() {
            return "a text";
        }
    }

    /** A number, as written. */
    record Num(Place place, String digits) implements Json {
        @Override
        public String kind() {
            return "a number";
        }
    }

    /** True or false. */
    record Bool(Place place, boolean value) implements Json {
        @Override
        public String kind() {
            return "true or false";
        }
    }

    /** Null. */
    record Null(Place place) implements Json {
        @Override
        public String kind() {
            return "null";
        }
    }
}
