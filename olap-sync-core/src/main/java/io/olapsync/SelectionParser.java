package io.olapsync;

import io.olapsync.spi.ViewName;
import java.util.ArrayList;
import java.util.List;

/** Reads the terms of a selection expression. */
final class SelectionParser {

    private static final String TAG = "tag:";

    private final String expression;

    SelectionParser(String expression) {
        this.expression = expression;
    }

    /** Characters that need no quotes in a name or tag. */
    static boolean isBare(int c) {
        return Character.isLetterOrDigit(c) || "_$-.".indexOf(c) >= 0;
    }

    List<SelectionTerm> terms() {
        List<SelectionTerm> terms = new ArrayList<>();
        for (String text : split()) {
            terms.add(term(text));
        }
        if (terms.isEmpty()) {
            throw new IllegalArgumentException("the selection '" + expression + "' has no term; * selects all views");
        }
        return terms;
    }

    private List<String> split() {
        List<String> texts = new ArrayList<>();
        boolean inQuotes = false;
        int from = 0;
        for (int at = 0; at < expression.length(); at++) {
            char c = expression.charAt(at);
            if (c == '"') {
                inQuotes = !inQuotes;
            } else if (!inQuotes && (c == ',' || Character.isWhitespace(c))) {
                add(texts, from, at);
                from = at + 1;
            }
        }
        if (inQuotes) {
            throw unreadable(expression.substring(from), "a double quote is not closed");
        }
        add(texts, from, expression.length());
        return texts;
    }

    private void add(List<String> texts, int from, int to) {
        if (to > from) {
            texts.add(expression.substring(from, to));
        }
    }

    private SelectionTerm term(String text) {
        if (text.equals("*")) {
            return new SelectionTerm.All();
        }
        boolean ancestors = text.startsWith("+");
        boolean descendants = text.length() > 1 && text.endsWith("+");
        String body = text.substring(ancestors ? 1 : 0, text.length() - (descendants ? 1 : 0));
        boolean isTag = body.startsWith(TAG);
        String name = isTag ? body.substring(TAG.length()) : body;
        if (name.isEmpty()) {
            throw unreadable(text, "it names no " + (isTag ? "tag" : "view"));
        }
        requireQuotes(text, name);
        return isTag
                ? new SelectionTerm.Tagged(tag(text, name), ancestors, descendants)
                : new SelectionTerm.Named(view(text, name), ancestors, descendants);
    }

    private void requireQuotes(String text, String name) {
        boolean inQuotes = false;
        for (int c : name.codePoints().toArray()) {
            if (c == '"') {
                inQuotes = !inQuotes;
            } else if (!inQuotes && !isBare(c)) {
                throw unreadable(
                        text,
                        "'" + Character.toString(c) + "' has no meaning there; a term is name, +name, name+, +name+, "
                                + "tag:name or *, and other characters of a name go in double quotes");
            }
        }
    }

    private ViewName view(String text, String name) {
        try {
            return ViewName.parse(name);
        } catch (IllegalArgumentException e) {
            throw unreadable(text, String.valueOf(e.getMessage()));
        }
    }

    private String tag(String text, String name) {
        if (name.indexOf('"') < 0) {
            return name;
        }
        String inner = name.length() < 2 ? "" : name.substring(1, name.length() - 1);
        String tag = inner.replace("\"\"", "\"");
        if (!name.equals('"' + tag.replace("\"", "\"\"") + '"') || tag.isBlank()) {
            throw unreadable(text, "quotes must wrap the whole tag, which must not be blank, and be doubled inside");
        }
        return tag;
    }

    private IllegalArgumentException unreadable(String term, String why) {
        return new IllegalArgumentException(
                "the term '" + term + "' of the selection '" + expression + "' cannot be read: " + why);
    }
}
