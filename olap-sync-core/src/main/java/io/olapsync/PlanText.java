package io.olapsync;

import java.util.Optional;

/** The free texts of a plan: one line each, since logs, reports and the history show them, and not endless. */
final class PlanText {

    private static final int LONGEST = 200;

    private PlanText() {}

    /** What is wrong with it, if anything is; {@code what} begins the sentence. */
    static Optional<String> problem(String text, String what) {
        int length = text.codePointCount(0, text.length());
        if (length > LONGEST) {
            return Optional.of(what + " has " + length + " characters: give it at most " + LONGEST);
        }
        return text.codePoints()
                .filter(PlanText::isNoText)
                .mapToObj(c -> String.format(
                        "%s contains the control character U+%04X: take it out, so that it is one line of text",
                        what, c))
                .findFirst();
    }

    /** The text as an error message can carry it. */
    static String shown(String text) {
        StringBuilder shown = new StringBuilder();
        text.codePoints()
                .limit(LONGEST)
                .forEach(c -> shown.append(isNoText(c) ? String.format("\\u%04x", c) : Character.toString(c)));
        return text.codePointCount(0, text.length()) > LONGEST ? shown + "…" : shown.toString();
    }

    private static boolean isNoText(int c) {
        int type = Character.getType(c);
        return type == Character.CONTROL
                || type == Character.LINE_SEPARATOR
                || type == Character.PARAGRAPH_SEPARATOR
                || type == Character.SURROGATE;
    }
}
