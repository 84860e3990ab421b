package io.olapsync.report;

import java.util.List;
import java.util.Locale;

/** Pieces that all drawings of the page have in common. Lengths are pixels; text is 12 high. */
final class Svg {

    private static final double LATIN = 6.9;
    private static final double WIDE = 12.2;
    private static final List<Character.UnicodeScript> WIDE_SCRIPTS = List.of(
            Character.UnicodeScript.HANGUL,
            Character.UnicodeScript.HAN,
            Character.UnicodeScript.HIRAGANA,
            Character.UnicodeScript.KATAKANA);

    private Svg() {}

    /**
     * Begins a drawing with its name and its description, which is what somebody hears who does not see it.
     *
     * @param id unique in the page
     * @param fluid whether it takes the width that there is; else it keeps its own
     */
    static void open(Markup page, String id, double width, double height, boolean fluid, String title, String desc) {
        page.open(
                "svg",
                "id",
                id,
                "role",
                "img",
                "class",
                fluid ? "fluid" : "fixed",
                "width",
                number(width),
                "height",
                number(height),
                "viewBox",
                "0 0 " + number(width) + " " + number(height),
                "aria-labelledby",
                id + "-t " + id + "-d");
        page.element("title", title, "id", id + "-t");
        page.element("desc", desc, "id", id + "-d");
    }

    static void text(Markup page, double x, double y, String classes, String text) {
        page.element("text", text, "x", number(x), "y", number(y), "class", classes);
    }

    static void line(Markup page, double x1, double y1, double x2, double y2, String classes) {
        page.empty("line", "x1", number(x1), "y1", number(y1), "x2", number(x2), "y2", number(y2), "class", classes);
    }

    static void bar(Markup page, double x, double y, double width, double height, String classes) {
        page.empty(
                "rect",
                "x",
                number(x),
                "y",
                number(y),
                "width",
                number(Math.max(1.5, width)),
                "height",
                number(height),
                "rx",
                "2",
                "class",
                classes);
    }

    /** At most one decimal, with a dot wherever the page is made. */
    static String number(double value) {
        double rounded = Math.round(value * 10) / 10.0;
        return rounded == Math.rint(rounded)
                ? String.valueOf((long) rounded)
                : String.format(Locale.ROOT, "%.1f", rounded);
    }

    /** About how wide the text is, where an East Asian character takes two places. */
    static double width(String text) {
        return Escapes.visible(text).codePoints().mapToDouble(Svg::width).sum();
    }

    /** The text, cut where it is wider than this. */
    static String fit(String text, double most) {
        String visible = Escapes.visible(text);
        if (width(text) <= most) {
            return visible;
        }
        StringBuilder cut = new StringBuilder();
        double used = LATIN;
        for (int c : visible.codePoints().toArray()) {
            used += width(c);
            if (used > most) {
                break;
            }
            cut.appendCodePoint(c);
        }
        return cut.append('\u2026').toString();
    }

    private static double width(int character) {
        return WIDE_SCRIPTS.contains(Character.UnicodeScript.of(character)) ? WIDE : LATIN;
    }
}
