package io.olapsync.spi;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The schema-qualified name of a view, exactly as the database stores it.
 *
 * <p>Case is kept and never folded: {@code Sales} and {@code sales} are two views. Each part is 1 to 63 bytes of UTF-8,
 * PostgreSQL's limit for an identifier (<a href="https://www.postgresql.org/docs/current/sql-syntax-lexical.html">SQL
 * Syntax, Identifiers</a>); a longer one would be truncated silently there and is refused here.
 *
 * @param schema the schema, {@code public} where none was given
 * @param name the name within the schema
 */
public record ViewName(String schema, String name) implements Comparable<ViewName> {

    private static final String DEFAULT_SCHEMA = "public";
    private static final int MAX_BYTES = 63;

    /** @throws IllegalArgumentException if a part is not an identifier */
    public ViewName {
        requireIdentifier(schema, "schema");
        requireIdentifier(name, "name");
    }

    /** The view of this name in this schema; both are taken literally. */
    public static ViewName of(String schema, String name) {
        return new ViewName(schema, name);
    }

    /**
     * Reads {@code name} or {@code schema.name}. A part may be wrapped in double quotes, where it contains a dot or a
     * quote (written twice): {@code "my.schema"."a ""view"""}. Quoting changes nothing else: names are literal.
     *
     * @throws IllegalArgumentException if the text is not one or two identifiers
     */
    public static ViewName parse(String text) {
        Objects.requireNonNull(text, "text");
        List<String> parts = split(text);
        return switch (parts.size()) {
            case 1 -> new ViewName(DEFAULT_SCHEMA, parts.get(0));
            case 2 -> new ViewName(parts.get(0), parts.get(1));
            default ->
                throw new IllegalArgumentException("'" + text + "' is not a view name: it has " + parts.size()
                        + " parts; write name or schema.name, and quote a part that contains a dot");
        };
    }

    /** Both parts in double quotes, ready for SQL: {@code "public"."mv_sales"}. */
    public String sql() {
        return quote(schema) + "." + quote(name);
    }

    /** What {@link #parse} reads back: the name alone in the schema {@code public}, else {@code schema.name}. */
    @Override
    public String toString() {
        return schema.equals(DEFAULT_SCHEMA) ? plain(name) : plain(schema) + "." + plain(name);
    }

    @Override
    public int compareTo(ViewName other) {
        int bySchema = schema.compareTo(other.schema);
        return bySchema != 0 ? bySchema : name.compareTo(other.name);
    }

    private static String plain(String part) {
        boolean simple = part.codePoints().allMatch(c -> Character.isLetterOrDigit(c) || c == '_' || c == '$');
        return simple ? part : quote(part);
    }

    private static String quote(String part) {
        return '"' + part.replace("\"", "\"\"") + '"';
    }

    private static void requireIdentifier(String part, String which) {
        Objects.requireNonNull(part, which);
        if (part.isEmpty()) {
            throw new IllegalArgumentException("a view's " + which + " must not be empty");
        }
        if (part.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a view's " + which + " must not contain the character NUL");
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(part)) {
            throw new IllegalArgumentException(
                    "a view's " + which + " must be text that UTF-8 can hold, not half of a character: '" + part + "'");
        }
        int bytes = part.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_BYTES) {
            throw new IllegalArgumentException("'" + part + "' is not an identifier: it has " + bytes
                    + " bytes in UTF-8, PostgreSQL keeps " + MAX_BYTES);
        }
    }

    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        int at = 0;
        while (true) {
            StringBuilder part = new StringBuilder();
            at = at < text.length() && text.charAt(at) == '"' ? quoted(text, at, part) : bare(text, at, part);
            parts.add(part.toString());
            if (at == text.length()) {
                return parts;
            }
            if (text.charAt(at) != '.') {
                throw new IllegalArgumentException("'" + text + "' is not a view name: a dot was expected at character "
                        + (at + 1) + "; write name or schema.name");
            }
            at++;
        }
    }

    private static int bare(String text, int from, StringBuilder part) {
        int end = text.indexOf('.', from);
        end = end < 0 ? text.length() : end;
        part.append(text, from, end);
        if (part.indexOf("\"") >= 0) {
            throw new IllegalArgumentException("'" + text
                    + "' is not a view name: a quote within a name must wrap the whole part, doubled inside");
        }
        return end;
    }

    private static int quoted(String text, int from, StringBuilder part) {
        int at = from + 1;
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c != '"') {
                part.append(c);
            } else if (at < text.length() && text.charAt(at) == '"') {
                part.append('"');
                at++;
            } else {
                return at;
            }
        }
        throw new IllegalArgumentException("'" + text + "' is not a view name: a double quote is not closed");
    }
}
