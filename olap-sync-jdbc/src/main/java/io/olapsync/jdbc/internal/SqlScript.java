package io.olapsync.jdbc.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A file of SQL statements, taken apart: a driver may refuse to send several in one. */
public final class SqlScript {

    /** What is passed over as a whole, so that no semicolon in it counts; possessive, for long texts. */
    private static final Pattern PIECE =
            Pattern.compile("--[^\\n]*+|'(?:[^']++|'')*+'|\"[^\"]*+\"|(\\$\\w*+\\$)(?s:.*?)\\1|(;)|(?s:.)");

    private SqlScript() {}

    /** The statements in their order, without comments of the line, blank ones and the semicolons between them. */
    public static List<String> statements(String script) {
        List<String> statements = new ArrayList<>();
        StringBuilder statement = new StringBuilder();
        Matcher piece = PIECE.matcher(script);
        while (piece.find()) {
            if (piece.group(2) != null) {
                add(statements, statement);
            } else if (!piece.group().startsWith("--")) {
                statement.append(piece.group());
            }
        }
        add(statements, statement);
        return List.copyOf(statements);
    }

    private static void add(List<String> statements, StringBuilder statement) {
        if (!statement.toString().isBlank()) {
            statements.add(statement.toString().strip());
        }
        statement.setLength(0);
    }
}
