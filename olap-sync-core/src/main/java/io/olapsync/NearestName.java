package io.olapsync;

import io.olapsync.spi.ViewName;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Finds the name that was probably meant. */
final class NearestName {

    private static final int MOST_LISTED = 5;

    private NearestName() {}

    /** A question after the nearest of these views, or the first of them where none is near. */
    static String hint(ViewName wanted, Collection<ViewName> known) {
        Optional<String> elsewhere = known.stream()
                .filter(view -> view.name().equals(wanted.name()))
                .min(ViewName::compareTo)
                .map(ViewName::toString);
        return hint(
                wanted.toString(),
                elsewhere,
                known.stream().map(ViewName::toString).toList());
    }

    /** A question after the nearest of these words, or the first of them where none is near. */
    static String hint(String wanted, Collection<String> known) {
        return hint(wanted, Optional.empty(), known);
    }

    private static String hint(String wanted, Optional<String> best, Collection<String> known) {
        return best.or(() -> among(wanted, known))
                .map(name -> "did you mean " + name + "?")
                .orElseGet(() -> known.isEmpty() ? "there is none" : "known are " + listed(known));
    }

    private static String listed(Collection<String> known) {
        String first = known.stream().limit(MOST_LISTED).collect(Collectors.joining(", "));
        int more = known.size() - MOST_LISTED;
        return more > 0 ? first + " and " + more + " more" : first;
    }

    /** The one with the fewest edits, case aside, unless that would be more than every second character. */
    static Optional<String> among(String wanted, Collection<String> known) {
        String best = null;
        int fewest = Integer.MAX_VALUE;
        for (String name : known) {
            int limit = Math.min(fewest - 1, Math.max(1, Math.max(wanted.length(), name.length()) / 2));
            int edits = edits(wanted.toLowerCase(Locale.ROOT), name.toLowerCase(Locale.ROOT), limit);
            if (edits <= limit) {
                best = name;
                fewest = edits;
            }
        }
        return Optional.ofNullable(best);
    }

    /** The Levenshtein distance, or any number above the limit once it is known to be above. */
    private static int edits(String a, String b, int limit) {
        if (Math.abs(a.length() - b.length()) > limit) {
            return limit + 1;
        }
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            int least = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
                least = Math.min(least, row[j]);
            }
            if (least > limit) {
                return limit + 1;
            }
        }
        return row[b.length()];
    }
}
