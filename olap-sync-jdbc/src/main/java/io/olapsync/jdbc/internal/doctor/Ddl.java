package io.olapsync.jdbc.internal.doctor;

import java.util.Collection;
import java.util.stream.Collectors;

/** Writes names and texts the way SQL wants them, whatever is in them. */
public final class Ddl {

    private Ddl() {}

    /** An identifier in double quotes. */
    public static String quote(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    /** Identifiers in double quotes, with commas between. */
    static String quote(Collection<String> identifiers) {
        return identifiers.stream().map(Ddl::quote).collect(Collectors.joining(", "));
    }
}
