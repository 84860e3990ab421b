package io.olapsync.jdbc.internal.delta;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A grouping query as the server writes it, taken apart into the expressions that it selects and the rest.
 *
 * @param expressions without the names that they are given
 * @param rest from {@code FROM} on
 */
record DefinitionText(List<String> expressions, String rest) {

    /** @throws IllegalArgumentException if the text is not of that form */
    static DefinitionText parse(String sql) {
        return new Parser(sql.strip()).parse();
    }

    private static final class Parser {

        private final String text;
        private final List<String> expressions = new ArrayList<>();
        private int at;
        private int depth;
        private int itemFrom;
        private int itemTo = -1;
        private String lastWord = "";

        Parser(String text) {
            this.text = text;
        }

        DefinitionText parse() {
            if (!word().equalsIgnoreCase("SELECT")) {
                throw new IllegalArgumentException("not a SELECT: " + text);
            }
            itemFrom = at;
            while (at < text.length()) {
                char c = text.charAt(at);
                if (c == '\'' || c == '"') {
                    quoted(c);
                } else if (Character.isLetter(c) || c == '_') {
                    int from = at;
                    String word = word();
                    if (depth == 0 && isEnd(word, from)) {
                        item(itemTo < 0 ? from : itemTo);
                        return new DefinitionText(List.copyOf(expressions), text.substring(from));
                    }
                } else {
                    symbol(c);
                }
            }
            throw new IllegalArgumentException("no FROM: " + text);
        }

        private void symbol(char c) {
            if (c == '(' || c == '[') {
                depth++;
            } else if (c == ')' || c == ']') {
                depth--;
            } else if (c == ',' && depth == 0) {
                item(itemTo < 0 ? at : itemTo);
                itemFrom = at + 1;
                itemTo = -1;
            }
            if (!Character.isWhitespace(c)) {
                lastWord = "";
            }
            at++;
        }

        /** Whether the list ends here; a name that an expression is given begins with AS. */
        private boolean isEnd(String word, int from) {
            String upper = word.toUpperCase(Locale.ROOT);
            boolean end = upper.equals("FROM") && !lastWord.equals("DISTINCT");
            if (upper.equals("AS")) {
                itemTo = from;
            }
            lastWord = upper;
            return end;
        }

        private void item(int to) {
            expressions.add(text.substring(itemFrom, to).strip());
        }

        private String word() {
            int from = at;
            while (at < text.length()
                    && (Character.isLetterOrDigit(text.charAt(at)) || "_$".indexOf(text.charAt(at)) >= 0)) {
                at++;
            }
            return text.substring(from, at);
        }

        /** A doubled quote ends it and begins the next one, which comes to the same. */
        private void quoted(char quote) {
            boolean escapes = quote == '\'' && at > 0 && "eE".indexOf(text.charAt(at - 1)) >= 0;
            for (at++; at < text.length() && text.charAt(at) != quote; at++) {
                if (escapes && text.charAt(at) == '\\') {
                    at++;
                }
            }
            at++;
            lastWord = "";
        }
    }
}
