package io.olapsync.jdbc.internal.delta;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The SQL that pairs the rows that should be there with those that are, and gives the pairs that differ. Both are relations
 * with the columns {@code c1} and so on; the one that is has another, {@code at}, that is never null. Rows are paired by the
 * columns of a unique index. A row with a null in one of these, of which there may be several, is paired by all that it holds,
 * and so are all where there is no such index.
 *
 * @param columns all of them
 * @param identity the columns of the unique index, from 1; empty where there is none
 * @param byValue the columns that are the same where their number is, however many zeros it ends in
 */
record Matching(List<Column> columns, List<Integer> identity, Set<Integer> byValue) {

    Matching {
        columns = List.copyOf(columns);
        identity = List.copyOf(identity);
        byValue = Set.copyOf(byValue);
    }

    /** By every byte, for not every type can be compared by an operator of its own. */
    static Matching byBytes(List<Column> columns, List<Integer> identity) {
        return new Matching(columns, identity, Set.of());
    }

    /** By every byte, but numbers of no fixed scale by their value: a sum that was kept has the zeros of what has gone. */
    static Matching byValues(List<Column> columns, List<Integer> identity) {
        Set<Integer> numbers = IntStream.rangeClosed(1, columns.size())
                .filter(i -> columns.get(i - 1).isUnscaled())
                .boxed()
                .collect(Collectors.toSet());
        return new Matching(columns, identity, numbers);
    }

    /** The pairs that differ: {@code f}, whose {@code there} is null where it lacks, and {@code o}, whose {@code at} is. */
    String pairs(String fresh, String old, String selected) {
        String unidentified = unidentified(fresh, old, selected);
        return identity.isEmpty() ? unidentified : identified(fresh, old, selected) + " UNION ALL " + unidentified;
    }

    private String identified(String fresh, String old, String selected) {
        String same = identity.stream().map(i -> "f.c" + i + " = o.c" + i).collect(Collectors.joining(" AND "));
        return "SELECT " + selected + " FROM (SELECT true AS there, f.* FROM " + fresh + " f WHERE "
                + isIdentified("f.") + ") f FULL JOIN (SELECT o.* FROM " + old + " o WHERE " + isIdentified("o.")
                + ") o ON " + same + " WHERE f.there IS NULL OR o.at IS NULL OR "
                + new Differing(columns, byValue, "f", "o").differs();
    }

    private String unidentified(String fresh, String old, String selected) {
        return "SELECT " + selected + " FROM (SELECT true AS there, f.*" + numbered("f.") + " FROM " + fresh
                + " f WHERE NOT (" + isIdentified("f.") + ")) f FULL JOIN (SELECT o.*" + numbered("o.") + " FROM " + old
                + " o WHERE NOT (" + isIdentified("o.")
                + ")) o ON f.told = o.told AND f.nr = o.nr WHERE f.there IS NULL OR o.at IS NULL";
    }

    private String numbered(String alias) {
        String told = values(alias) + "::text";
        return ", " + told + " AS told, pg_catalog.row_number() OVER (PARTITION BY " + told + ") AS nr";
    }

    /** SQL: whether a row can be told from all others. */
    String isIdentified(String alias) {
        return identity.isEmpty()
                ? "false"
                : identity.stream().map(i -> alias + "c" + i + " IS NOT NULL").collect(Collectors.joining(" AND "));
    }

    private String values(String alias) {
        return IntStream.rangeClosed(1, columns.size())
                .mapToObj(i -> value(i, alias + "c" + i))
                .collect(Collectors.joining(", ", "ROW(", ")::record"));
    }

    /** SQL: what is compared of a value of this column. */
    String value(int column, String sql) {
        return byValue.contains(column) ? "pg_catalog.trim_scale(" + sql + ")" : sql;
    }
}
