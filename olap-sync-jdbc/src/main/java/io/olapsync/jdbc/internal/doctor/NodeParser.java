package io.olapsync.jdbc.internal.doctor;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the text form of PostgreSQL's node trees, {@code {TAG :field value ...}}.
 *
 * <p>A text search in it would be fooled by names: a column may be called {@code :funcid 1}. Names are escaped with
 * backslashes there, except for a colon at their beginning, hence the rule that a field's first token is its value.
 */
final class NodeParser {

    private static final String NULL = "<>";

    private final String text;
    private int at;

    private NodeParser(String text) {
        this.text = text;
    }

    /** A node, a list, a token, or null. */
    static @Nullable Object parse(String text) {
        return new NodeParser(text).value();
    }

    private @Nullable Object value() {
        skipBlanks();
        return switch (peek()) {
            case '{' -> node();
            case '(' -> list();
            default -> token();
        };
    }

    private Node node() {
        at++;
        String tag = raw();
        Map<String, Object> fields = new LinkedHashMap<>();
        for (skipBlanks(); peek() != '}'; skipBlanks()) {
            String field = raw();
            if (!field.startsWith(":")) {
                continue; // a further token of a value that has several: the bytes of a constant
            }
            skipBlanks();
            if (peek() == '}') {
                break;
            }
            Object value = value();
            if (value != null) {
                fields.put(field.substring(1), value);
            }
        }
        at++;
        return new Node(tag, fields);
    }

    private List<Object> list() {
        at++;
        List<Object> values = new ArrayList<>();
        for (skipBlanks(); peek() != ')'; skipBlanks()) {
            Object value = value();
            values.add(value == null ? NULL : value);
        }
        at++;
        return values;
    }

    private @Nullable String token() {
        int from = at;
        String token = raw();
        return text.startsWith(NULL, from) && token.equals(NULL) ? null : token;
    }

    /** The next token, its escapes resolved. */
    private String raw() {
        skipBlanks();
        int from = at;
        StringBuilder token = new StringBuilder();
        for (; at < text.length() && "(){} \n\t".indexOf(text.charAt(at)) < 0; at++) {
            if (text.charAt(at) == '\\' && at + 1 < text.length()) {
                at++;
            }
            token.append(text.charAt(at));
        }
        if (at == from) {
            throw new IllegalArgumentException("a node tree cannot be read at character " + at);
        }
        return token.toString();
    }

    private char peek() {
        if (at >= text.length()) {
            throw new IllegalArgumentException("a node tree ends too early, after " + text.length() + " characters");
        }
        return text.charAt(at);
    }

    private void skipBlanks() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }
}
