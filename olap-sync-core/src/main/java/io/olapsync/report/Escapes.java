package io.olapsync.report;

import java.util.Locale;

/** Makes names harmless where they are shown. */
final class Escapes {

    private Escapes() {}

    /** The text with what a terminal would obey or hide (controls, direction marks, line ends) written as escapes. */
    static String visible(String text) {
        StringBuilder visible = new StringBuilder();
        text.codePoints().forEach(c -> {
            switch (Character.getType(c)) {
                case Character.CONTROL,
                        Character.FORMAT,
                        Character.LINE_SEPARATOR,
                        Character.PARAGRAPH_SEPARATOR,
                        Character.SURROGATE ->
                    visible.append(String.format(Locale.ROOT, c > 0xFFFF ? "\\U%08x" : "\\u%04x", c));
                default -> visible.appendCodePoint(c);
            }
        });
        return visible.toString();
    }

    /**
     * The text for a quoted label of Mermaid: all but letters, digits and a few harmless characters as Mermaid's entity
     * codes, so that neither Mermaid nor the HTML that it makes can take it for anything but text.
     */
    static String mermaid(String text) {
        StringBuilder label = new StringBuilder();
        visible(text).codePoints().forEach(c -> {
            if (Character.isLetterOrDigit(c) || c == ' ' || c == '_' || c == '-' || c == '.') {
                label.appendCodePoint(c);
            } else {
                label.append('#').append(c).append(';');
            }
        });
        return label.toString();
    }
}
