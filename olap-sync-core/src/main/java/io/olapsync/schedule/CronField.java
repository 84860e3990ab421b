package io.olapsync.schedule;

import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One of the five fields of a cron expression: what it is called, what it may hold, and how it is read. */
enum CronField {
    MINUTE("minute", 0, 59, List.of()),
    HOUR("hour", 0, 23, List.of()),
    DAY_OF_MONTH("day of month", 1, 31, List.of()),
    MONTH("month", 1, 12, List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")),
    /** 0 and 7 are both Sunday. */
    DAY_OF_WEEK("day of week", 0, 7, List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat"));

    private static final Pattern PART = Pattern.compile("(?:\\*|(?<from>\\w+)(?:-(?<to>\\w+))?)(?:/(?<step>\\w+))?");

    private final String text;
    private final int least;
    private final int most;
    private final List<String> names;

    CronField(String text, int least, int most, List<String> names) {
        this.text = text;
        this.least = least;
        this.most = most;
        this.names = names;
    }

    @Override
    public String toString() {
        return text;
    }

    /**
     * The values that the field selects.
     *
     * @throws IllegalArgumentException with the field, the value and the rule
     */
    BitSet read(String value) {
        BitSet selected = new BitSet(most + 1);
        for (String part : value.split(",", -1)) {
            read(part, selected);
        }
        if (this == DAY_OF_WEEK && selected.get(7)) {
            selected.clear(7);
            selected.set(0);
        }
        return selected;
    }

    private void read(String part, BitSet selected) {
        Matcher matcher = PART.matcher(part);
        if (!matcher.matches()) {
            throw wrong(
                    part,
                    "is neither *, a value, a range a-b, nor one of these with a step /n; a list separates them"
                            + " by commas");
        }
        String from = matcher.group("from");
        String to = matcher.group("to");
        String step = matcher.group("step");
        int first = from == null ? least : value(from);
        int last = first;
        if (to != null) {
            last = value(to);
            last = this == DAY_OF_WEEK && last == 0 && first > 0 ? 7 : last;
        } else if (from == null || step != null) {
            last = end(first);
        }
        if (last < first) {
            throw wrong(
                    part,
                    "is a range that ends before it begins"
                            + (step == null
                                    ? "; write " + from + "-" + end(first) + "," + least + "-" + to
                                    : "; write it as two"));
        }
        int by = step == null ? 1 : step(part, step);
        for (int i = first; i <= last; i += by) {
            selected.set(i);
        }
    }

    /** Where a range ends that has no end of its own; Sunday is its 0, unless it begins with 7. */
    private int end(int first) {
        return this == DAY_OF_WEEK ? Math.max(6, first) : most;
    }

    private int value(String word) {
        int named = names.indexOf(word.toLowerCase(Locale.ROOT));
        if (named >= 0) {
            return named + least;
        }
        int number = number(word);
        if (number < least || number > most) {
            throw wrong(
                    word,
                    "must be between " + least + " and " + most + (names.isEmpty() ? "" : ", or one of " + names));
        }
        return number;
    }

    private int step(String part, String word) {
        int step = number(word);
        if (step < 1 || step > most) {
            throw wrong(part, "has a step that is not between 1 and " + most);
        }
        return step;
    }

    private static int number(String word) {
        return word.matches("[0-9]{1,4}") ? Integer.parseInt(word) : -1;
    }

    private IllegalArgumentException wrong(String value, String rule) {
        return new IllegalArgumentException("the " + text + " '" + value + "' " + rule);
    }
}
