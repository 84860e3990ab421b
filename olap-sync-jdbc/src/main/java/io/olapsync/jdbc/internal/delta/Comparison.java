package io.olapsync.jdbc.internal.delta;

import io.olapsync.spi.ViewName;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The SQL that compares a view with its definition and writes nothing: one row with the counts and no example, or one for each
 * example, with the counts in each. Without parameters, for a host's definition may hold question marks.
 */
final class Comparison {

    private final ViewName view;
    private final List<Column> columns;
    private final Matching matching;
    private final int examples;
    private final String called;
    private final String pending;

    /** @param examples how many of each kind */
    Comparison(ViewName view, List<Column> columns, List<Integer> identity, int examples) {
        this(view, columns, Matching.byValues(columns, identity), examples, "", "false");
    }

    private Comparison(
            ViewName view, List<Column> columns, Matching matching, int examples, String called, String pending) {
        this.view = view;
        this.columns = columns;
        this.matching = matching;
        this.examples = examples;
        this.called = called;
        this.pending = pending;
    }

    /**
     * The same, telling apart what the next refresh of the delta table mends by itself.
     *
     * @param comparable whether the keys that changed are known; if not, it looks at all
     */
    Comparison called(DeltaTable table, boolean comparable) {
        if (!comparable) {
            return new Comparison(view, columns, matching, examples, "", "true");
        }
        int keys = table.key().size();
        List<Integer> places = table.key().stream()
                .map(column -> table.columns().indexOf(column) + 1)
                .toList();
        String known = ", called AS MATERIALIZED (SELECT ROW("
                + IntStream.rangeClosed(1, keys).mapToObj(i -> "k" + i).collect(Collectors.joining(", "))
                + ")::text AS told FROM " + DeltaNames.keys(table.id()) + ")";
        String expected = "d.op <> 'd' AND (EXISTS (SELECT FROM called WHERE told = ROW("
                + places.stream().map(i -> "d.f" + i).collect(Collectors.joining(", ")) + ")::text)" + aged(table, "f")
                + ")";
        String actual = "d.op <> 'i' AND (EXISTS (SELECT FROM called WHERE told = ROW("
                + places.stream().map(i -> "d.o" + i).collect(Collectors.joining(", ")) + ")::text)" + aged(table, "o")
                + ")";
        return new Comparison(view, columns, matching, examples, known, "(" + expected + " OR " + actual + ")");
    }

    private String aged(DeltaTable table, String prefix) {
        return table.aging()
                .map(condition -> " OR EXISTS (SELECT FROM (SELECT " + named(prefix) + ") r WHERE " + condition + ")")
                .orElse("");
    }

    /** Compares all. */
    String of(String definition) {
        return of(
                "SELECT " + own("") + " FROM " + definition + " v",
                "SELECT " + own("v.ctid, ") + " FROM " + view.sql() + " v");
    }

    /** Compares the rows of these keys. */
    String of(Difference difference, Keys keys, int id) {
        return of(
                difference.rowsOf(keys, DeltaNames.definition(id), "", Difference.Arrays.LITERAL),
                difference.rowsOf(keys, view.sql(), "v.ctid, ", Difference.Arrays.LITERAL));
    }

    private String of(String fresh, String old) {
        int width = columns.size();
        String both = "CASE WHEN o.at IS NULL THEN 'i' WHEN f.there IS NULL THEN 'd' ELSE 'u' END, "
                + list("f.c", width) + ", " + list("o.c", width);
        return "WITH fresh (" + list("c", width) + ") AS MATERIALIZED (" + fresh + "), old (at, " + list("c", width)
                + ") AS MATERIALIZED (" + old + ")" + called + ", pair (op, " + list("f", width) + ", "
                + list("o", width) + ") AS (" + matching.pairs("fresh", "old", both)
                + "), differing AS MATERIALIZED (SELECT d.*, " + pending + " AS pending FROM pair d),"
                + " counted AS (SELECT " + count("op = 'i'") + ", " + count("op = 'd'") + ", " + count("op = 'u'")
                + ", "
                + count("pending") + " FROM differing), example AS (SELECT d.*, pg_catalog.row_number()"
                + " OVER (PARTITION BY op ORDER BY pending) AS nr FROM differing d)"
                + " SELECT (SELECT pg_catalog.count(*) FROM old), c.*, d.op, d.pending,"
                + " CASE WHEN d.op <> 'd' THEN " + json("f") + " END, CASE WHEN d.op <> 'i' THEN " + json("o")
                + " END FROM counted c (missing, surplus, different, pending) LEFT JOIN example d ON d.nr <= "
                + examples
                + " ORDER BY d.pending, d.op, d.nr";
    }

    private static String count(String condition) {
        return "pg_catalog.count(*) FILTER (WHERE " + condition + ")";
    }

    private String json(String prefix) {
        return "(SELECT pg_catalog.to_jsonb(r)::text FROM (SELECT " + named(prefix) + ") r)";
    }

    private String named(String prefix) {
        return IntStream.rangeClosed(1, columns.size())
                .mapToObj(i -> "d." + prefix + i + " AS " + columns.get(i - 1).sql())
                .collect(Collectors.joining(", "));
    }

    private String own(String before) {
        return before + columns.stream().map(column -> "v." + column.sql()).collect(Collectors.joining(", "));
    }

    private static String list(String prefix, int count) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> prefix + i).collect(Collectors.joining(", "));
    }
}
