package io.olapsync.jdbc.internal.delta;

import java.util.Collection;
import java.util.stream.Collectors;

/** Values as SQL, for statements that take no parameters. */
final class Texts {

    private Texts() {}

    /** A text in quotes, whatever the server thinks of backslashes. */
    static String literal(String text) {
        String quoted = "'" + text.replace("'", "''") + "'";
        return text.indexOf('\\') < 0 ? quoted : "E" + quoted.replace("\\", "\\\\");
    }

    /** An array of texts. */
    static String array(Collection<String> texts) {
        return "ARRAY[" + texts.stream().map(Texts::literal).collect(Collectors.joining(", ")) + "]::text[]";
    }
}
