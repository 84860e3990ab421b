package io.olapsync.jdbc.internal;

import java.util.Collection;
import java.util.stream.Collectors;

/** Names as SQL and as words. */
public final class Names {

    private Names() {}

    /** The name in double quotes, ready for SQL. */
    public static String quote(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /** The names in double quotes, with commas between. */
    public static String quote(Collection<String> names) {
        return names.stream().map(Names::quote).collect(Collectors.joining(", "));
    }

    /** What a {@code pg_class.relkind} stands for, with its article. */
    public static String kind(String relkind) {
        return switch (relkind) {
            case "r" -> "a table";
            case "p" -> "a partitioned table";
            case "v" -> "a plain view";
            case "m" -> "a materialized view";
            case "f" -> "a foreign table";
            case "S" -> "a sequence";
            case "i", "I" -> "an index";
            case "c" -> "a composite type";
            case "t" -> "a TOAST table";
            default -> "a relation of kind '" + relkind + "'";
        };
    }
}
