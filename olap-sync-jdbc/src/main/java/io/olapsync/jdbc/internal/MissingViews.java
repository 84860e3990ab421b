package io.olapsync.jdbc.internal;

import io.olapsync.jdbc.internal.delta.DeltaNames;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Finds what was probably meant by the name of a view that does not exist. */
public final class MissingViews {

    private static final int MOST_CONSIDERED = 10_000;

    private static final String QUERY = """
            SELECT n.nspname, c.relname
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE (c.relkind = 'm' OR %s) AND n.nspname <> 'olap_sync' AND n.nspname NOT LIKE 'pg\\_temp\\_%%'
             ORDER BY n.nspname = ANY (?) DESC, n.nspname, c.relname
             LIMIT ?
            """.formatted(DeltaNames.IS_DELTA_TABLE);

    private MissingViews() {}

    /** A question for each of these names that has something like it. */
    public static Map<ViewName, String> meant(Connection connection, Collection<ViewName> missing) throws SQLException {
        Map<ViewName, String> meant = new HashMap<>();
        if (missing.isEmpty()) {
            return meant;
        }
        List<ViewName> known;
        try (PreparedStatement select = connection.prepareStatement(QUERY)) {
            Rows.bindTexts(select, 1, missing.stream().map(ViewName::schema).toList());
            select.setInt(2, MOST_CONSIDERED);
            known = Rows.all(select, row -> ViewName.of(row.getString("nspname"), row.getString("relname")));
        }
        for (ViewName view : missing) {
            nearest(view, known).ifPresent(near -> meant.put(view, "did you mean " + near.sql() + "?"));
        }
        return meant;
    }

    /** The same name but for case, here or in another schema, else the one with the fewest typing errors. */
    static Optional<ViewName> nearest(ViewName wanted, List<ViewName> known) {
        record Candidate(ViewName view, int distance) {}
        int most = Math.max(1, wanted.name().length() / 3);
        return known.stream()
                .map(view -> new Candidate(view, distance(wanted, view, most)))
                .filter(candidate -> candidate.distance() <= 4 * most + 3)
                .min(Comparator.comparingInt(Candidate::distance).thenComparing(Candidate::view))
                .map(Candidate::view);
    }

    private static int distance(ViewName wanted, ViewName view, int most) {
        int elsewhere =
                view.schema().equals(wanted.schema()) ? 0 : view.schema().equalsIgnoreCase(wanted.schema()) ? 1 : 2;
        int otherCase = view.name().equals(wanted.name()) ? 0 : 1;
        int edits = edits(wanted.name().toLowerCase(Locale.ROOT), view.name().toLowerCase(Locale.ROOT), most);
        return 4 * edits + elsewhere + otherCase;
    }

    /** The Levenshtein distance, or one above the limit where it is beyond it. */
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
            for (int j = 1; j < row.length; j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return Math.min(row[b.length()], limit + 1);
    }
}
