package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Names;
import io.olapsync.jdbc.internal.Together;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The SQL of one refresh of a delta table: what it should have, against what it has, and from that the least that must be
 * written. Rows are the same where a unique index says so, and differ where one byte of them does, for not every type can be
 * compared by an operator of its own.
 */
final class Difference {

    private final DeltaTable table;
    private final int width;
    private final Matching matching;

    Difference(DeltaTable table) {
        this.table = table;
        this.width = table.columns().size();
        this.matching = Matching.byBytes(table.columns(), table.identityPlaces());
    }

    /** The table of differences: {@code op}, the row's place {@code at} before, its new columns, its keys after and before. */
    String name() {
        return "pg_temp.olap_sync_difference_" + table.id();
    }

    /** Computes and compares all. */
    String ofAll() {
        String fresh = "SELECT " + own("v") + " FROM " + DeltaNames.definition(table.id()) + " v";
        String old = "SELECT v.ctid, " + own("v") + " FROM " + table.view().sql() + " v";
        return create(fresh, "NOT MATERIALIZED (" + old + ")");
    }

    /**
     * Computes, compares and writes the rows of some keys, with these {@link #parameters}, and tells what {@link #counted} does:
     * one statement, with nothing kept in between. That the definition gave a row twice is known once it is written: then the
     * transaction must not be committed.
     */
    String writingKeys(Keys keys) {
        return differing(freshOf(keys), "MATERIALIZED (" + oldOf(keys) + ")") + writing() + " SELECT " + written()
                + ", CASE WHEN " + twice() + " THEN 1 ELSE 0 END FROM pair";
    }

    /**
     * Writes what is in the common table expression {@code pair}, which stands before it. Where a second unique index could be in
     * the way, an updated row makes room first.
     */
    String writing() {
        boolean several = table.severalUnique();
        // What has gone makes room for what comes.
        String roomMade = " AND (SELECT pg_catalog.count(*) FROM gone) >= 0";
        return ", gone AS (" + deleted("pair", several ? "IN ('d', 'u')" : "= 'd'") + " RETURNING 1)"
                + (several ? "" : ", changed AS (" + updated("pair") + ")")
                + ", come AS (" + inserted("pair", several ? "IN ('i', 'u')" : "= 'i'") + roomMade + ")";
    }

    /** How many of the pairs were inserted, updated, deleted. */
    static String written() {
        return count("i") + ", " + count("u") + ", " + count("d");
    }

    private String freshOf(Keys keys) {
        return rowsOf(keys, DeltaNames.definition(table.id()), "", Arrays.PARAMETER);
    }

    private String oldOf(Keys keys) {
        return rowsOf(keys, table.view().sql(), "v.ctid, ", Arrays.PARAMETER);
    }

    /**
     * One statement, so that what is computed goes past and never into a table. A definition that gives a row twice is
     * refused: more of its rows then have one here than there are rows here that have one there. Without that one of the two
     * would be taken, by chance; where there is none yet, the index itself refuses the second.
     */
    private String create(String fresh, String old) {
        return "CREATE TEMP TABLE olap_sync_difference_" + table.id() + " (" + all() + ") ON COMMIT DROP AS "
                + differing(fresh, old) + " SELECT * FROM pair UNION ALL SELECT 'x'"
                + ", NULL".repeat(1 + width + 2 * table.key().size()) + " WHERE " + twice();
    }

    private String differing(String fresh, String old) {
        return "WITH fresh (" + columns("c") + ") AS MATERIALIZED (" + fresh + "), old (at, " + columns("c") + ") AS "
                + old + ", pair (" + all() + ") AS MATERIALIZED (" + matching.pairs("fresh", "old", selected()) + ")";
    }

    private String all() {
        return "op, at, " + columns("c") + ", " + list("n", table.key().size()) + ", "
                + list("o", table.key().size());
    }

    private static String twice() {
        return countOf("fresh") + " - " + countOf("pair WHERE op = 'i'") + " > " + countOf("old") + " - "
                + countOf("pair WHERE op = 'd'");
    }

    private static String countOf(String rows) {
        return "(SELECT pg_catalog.count(*) FROM " + rows + ")";
    }

    /** The arrays, for the rows as they should be and then for those that are there, each combination of nulls by itself. */
    List<String> parameters(Keys keys) {
        List<String> once = new ArrayList<>();
        for (String nulls : keys.nulls()) {
            if (!nulls.equals("t")) {
                once.addAll(keys.arrays());
            }
        }
        List<String> parameters = new ArrayList<>(once);
        parameters.addAll(once);
        return parameters;
    }

    /** How the arrays of keys come into a statement. */
    enum Arrays {
        PARAMETER,
        LITERAL;

        private String of(Keys keys, int column) {
            return this == PARAMETER ? "?" : Texts.literal(keys.arrays().get(column));
        }
    }

    /**
     * The rows of some keys as they should be, as a query by itself: what is explained.
     *
     * @param keys an expression that gives an array literal for each column of the key
     */
    String asked(String keys, Pushdown by) {
        String definition = DeltaNames.definition(table.id());
        return "SELECT " + own("v") + " FROM " + rowsWith("f".repeat(table.key().size()), definition, i -> keys, by);
    }

    /** The rows of these keys in a relation with the columns of the table; {@code before} are further columns. */
    String rowsOf(Keys keys, String relation, String before, Arrays as) {
        List<String> branches = new ArrayList<>();
        if (keys.nulls().isEmpty()) {
            branches.add("SELECT " + before + own("v") + " FROM " + relation + " v WHERE false");
        }
        for (String nulls : keys.nulls()) {
            branches.add("SELECT " + before + own("v") + " FROM "
                    + rowsWith(nulls, relation, i -> as.of(keys, i), table.pushdown()));
        }
        return String.join(" UNION ALL ", branches);
    }

    private String rowsWith(String nulls, String relation, IntFunction<String> keys, Pushdown by) {
        List<Column> key = table.key();
        if (key.size() == 1 && (by != Pushdown.EACH || nulls.equals("t"))) {
            String column = "v." + key.get(0).sql();
            return relation + " v WHERE " + column
                    + (nulls.equals("t") ? " IS NULL" : " = ANY (" + keys.apply(0) + "::" + array(key.get(0)) + ")");
        }
        List<String> wanted = new ArrayList<>();
        List<String> equal = new ArrayList<>();
        for (int i = 0; i < key.size(); i++) {
            boolean isNull = nulls.charAt(i) == 't';
            wanted.add("k" + (i + 1) + (isNull ? " IS NULL" : " IS NOT NULL"));
            equal.add("v." + key.get(i).sql() + (isNull ? " IS NULL" : " = k.k" + (i + 1)));
        }
        String arrays = IntStream.range(0, key.size())
                .mapToObj(i -> "pg_catalog.unnest(" + keys.apply(i) + "::" + array(key.get(i)) + ")")
                .collect(Collectors.joining(", "));
        return "(SELECT * FROM ROWS FROM (" + arrays + ") olap_sync_keys (" + list("k", key.size()) + ") WHERE "
                + String.join(" AND ", wanted) + ") k CROSS JOIN LATERAL (SELECT "
                + (relation.equals(table.view().sql()) ? "v.ctid, " : "")
                + "v.* FROM " + relation + " v WHERE " + String.join(" AND ", equal) + " OFFSET 0) v";
    }

    private static String array(Column column) {
        return column.type() + "[]";
    }

    private String selected() {
        return "CASE WHEN o.at IS NULL THEN 'i' WHEN f.there IS NULL THEN 'd' ELSE 'u' END, o.at, "
                + of("f", "c", width) + ", " + keysOf("f") + ", " + keysOf("o");
    }

    /** How many rows are to be inserted, updated, deleted; and whether the definition gave a row twice. */
    String counted() {
        return "SELECT " + written() + ", " + count("x") + " FROM " + name();
    }

    private static String count(String op) {
        return "pg_catalog.count(*) FILTER (WHERE op = '" + op + "')";
    }

    /** Lets this transaction write the table. */
    Together.Query<Boolean> permission() {
        return new Together.Query<>(
                "SELECT pg_catalog.set_config('olap_sync.refreshing', ?, true)",
                (statement, first) -> {
                    statement.setString(first, DeltaNames.guard(table.id()));
                    return first + 1;
                },
                row -> true);
    }

    private String permitted() {
        return "SET LOCAL olap_sync.refreshing = '" + DeltaNames.guard(table.id()) + "'";
    }

    /** Writes the differences. Where a second unique index could be in the way, an updated row makes room first. */
    String application() {
        return table.severalUnique()
                ? String.join("; ", permitted(), deleted(name(), "IN ('d', 'u')"), inserted(name(), "IN ('i', 'u')"))
                : String.join("; ", permitted(), deleted(name(), "= 'd'"), updated(name()), inserted(name(), "= 'i'"));
    }

    private String deleted(String from, String ops) {
        return "DELETE FROM " + table.view().sql() + " t USING " + from + " d WHERE t.ctid = d.at AND d.op " + ops;
    }

    private String updated(String from) {
        String set = IntStream.rangeClosed(1, width)
                .mapToObj(i -> table.columns().get(i - 1).sql() + " = d.c" + i)
                .collect(Collectors.joining(", "));
        return "UPDATE " + table.view().sql() + " t SET " + set + " FROM " + from
                + " d WHERE t.ctid = d.at AND d.op = 'u'";
    }

    private String inserted(String from, String ops) {
        return "INSERT INTO " + table.view().sql() + " ("
                + Names.quote(table.columns().stream().map(Column::name).toList()) + ") SELECT " + columns("c")
                + " FROM " + from + " WHERE op " + ops;
    }

    /** How many differences nothing had called for; asked before they are written. Another number of zeros is none. */
    String unexpected() {
        int keys = table.key().size();
        String named = IntStream.rangeClosed(1, width)
                .mapToObj(i -> "d.c" + i + " AS " + table.columns().get(i - 1).sql())
                .collect(Collectors.joining(", "));
        String aged = table.aging()
                .map(condition ->
                        " AND NOT EXISTS (SELECT FROM (SELECT " + named + ") r WHERE d.op <> 'd' AND (" + condition
                                + ")) AND NOT EXISTS (SELECT FROM "
                                + table.view().sql() + " r WHERE r.ctid = d.at AND (" + condition
                                + "))")
                .orElse("");
        return "WITH called AS MATERIALIZED (SELECT ROW(" + list("k", keys) + ")::text AS told FROM "
                + DeltaNames.keys(table.id()) + ") SELECT pg_catalog.count(*) FROM " + name()
                + " d WHERE (d.op = 'd' OR NOT EXISTS"
                + " (SELECT FROM called WHERE told = ROW(" + list("d.n", keys)
                + ")::text)) AND (d.op = 'i' OR NOT EXISTS"
                + " (SELECT FROM called WHERE told = ROW(" + list("d.o", keys) + ")::text))" + sameValues() + aged;
    }

    private String sameValues() {
        Matching byValues = Matching.byValues(table.columns(), table.identityPlaces());
        if (byValues.byValue().isEmpty()) {
            return "";
        }
        String as = IntStream.rangeClosed(1, width)
                .mapToObj(i -> byValues.value(i, "d.c" + i))
                .collect(Collectors.joining(", "));
        String was = IntStream.rangeClosed(1, width)
                .mapToObj(
                        i -> byValues.value(i, "r." + table.columns().get(i - 1).sql()))
                .collect(Collectors.joining(", "));
        return " AND NOT (d.op = 'u' AND EXISTS (SELECT FROM " + table.view().sql() + " r WHERE r.ctid = d.at AND ROW("
                + as + ")::record OPERATOR(pg_catalog.*=) ROW(" + was + ")::record))";
    }

    private String keysOf(String alias) {
        return table.key().stream()
                .map(column -> alias + ".c" + (table.columns().indexOf(column) + 1))
                .collect(Collectors.joining(", "));
    }

    private String own(String alias) {
        return table.columns().stream()
                .map(column -> alias + "." + column.sql())
                .collect(Collectors.joining(", "));
    }

    private String columns(String prefix) {
        return list(prefix, width);
    }

    private static String of(String alias, String prefix, int count) {
        return list(alias + "." + prefix, count);
    }

    private static String list(String prefix, int count) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> prefix + i).collect(Collectors.joining(", "));
    }
}
