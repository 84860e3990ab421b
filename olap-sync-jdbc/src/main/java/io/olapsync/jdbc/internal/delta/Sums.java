package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.doctor.LinearAggregate.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The SQL that adds changes to the groups of a delta table, as rows of its {@link Difference}.
 *
 * <p>A group of which the sums do not say all is recomputed by its key: one that may have lost its extreme, or its last row
 * where no column counts them, or the last value of a sum, which is null then, or whose sum is not a number.
 */
final class Sums {

    /** What nothing can be added to, and nothing taken away from. */
    private static final String NO_NUMBERS = "'{NaN,Infinity,-Infinity}'::numeric[]";

    private final DeltaTable table;
    private final Difference difference;
    private final Additive additive;

    Sums(DeltaTable table, Difference difference, Additive additive) {
        this.table = table;
        this.difference = difference;
        this.additive = additive;
    }

    /**
     * Computes what is added, writes it, and tells how many rows were inserted, updated, deleted, none of them twice; and then
     * the {@link Keys} that have to be recomputed, none of whose groups was written. One statement, with nothing kept in between.
     *
     * @param most where there are more of these keys, nothing is written
     */
    String writing(long most) {
        return "WITH sums AS MATERIALIZED (" + additive.sums() + "), matched AS MATERIALIZED (SELECT m.*, " + doubtful()
                + " AS doubt FROM (" + joined() + ") m), again AS MATERIALIZED (SELECT DISTINCT "
                + numbered(keys("m.g"), "k") + " FROM matched m WHERE m.doubt), pair AS MATERIALIZED (" + pairs(most)
                + ")" + difference.writing() + " SELECT p.*, k.* FROM (SELECT " + Difference.written()
                + ", 0 FROM pair) p, (" + Keys.sql(table, "again", most) + ") k";
    }

    private String joined() {
        String had = IntStream.rangeClosed(1, table.columns().size())
                .mapToObj(i -> "t." + table.columns().get(i - 1).sql() + " AS h" + i)
                .collect(Collectors.joining(", "));
        String same = table.identity().stream()
                .map(column -> "t." + column.sql() + " = d.g" + position(column))
                .collect(Collectors.joining(" AND "));
        return "SELECT t.ctid AS at, " + had + ", d.* FROM sums d LEFT JOIN "
                + table.view().sql() + " t ON " + same;
    }

    private String pairs(long most) {
        List<String> now = new ArrayList<>();
        for (int i = 1; i <= table.columns().size(); i++) {
            now.add(now(i) + " AS c" + i);
        }
        String changed = IntStream.rangeClosed(1, table.columns().size())
                .filter(i -> additive.items().get(i - 1) != Kind.GROUP)
                .mapToObj(i -> now(i) + " IS DISTINCT FROM " + had(i))
                .collect(Collectors.joining(" OR "));
        return "SELECT CASE WHEN m.at IS NULL THEN 'i' WHEN " + empty() + " THEN 'd' ELSE 'u' END AS op, m.at, "
                + String.join(", ", now)
                + " FROM matched m WHERE NOT m.doubt AND CASE WHEN m.at IS NULL THEN m.rows > 0 ELSE "
                + changed + " END AND (NOT EXISTS (SELECT FROM again) OR ROW(" + String.join(", ", keys("m.g"))
                + ")::text NOT IN (SELECT ROW(" + numbers("k", table.key().size()) + ")::text FROM again))"
                + " AND (SELECT pg_catalog.count(*) FROM again) <= " + most;
    }

    /** Whether the sums do not say all of a group; never null. */
    private String doubtful() {
        List<String> doubts = new ArrayList<>();
        table.identity().forEach(column -> doubts.add("m.g" + position(column) + " IS NULL"));
        for (int i = 1; i <= additive.items().size(); i++) {
            if (additive.items().get(i - 1) == Kind.GROUP
                    && !table.identity().contains(table.columns().get(i - 1))) {
                doubts.add("m.at IS NOT NULL AND " + had(i) + " IS DISTINCT FROM m.g" + i);
            }
        }
        int rows = additive.position(Kind.ROWS);
        doubts.add(rows < 0 ? "m.rows < 0" : "coalesce(" + had(rows + 1) + ", 0) + m.rows < 0");
        for (int i = 1; i <= additive.items().size(); i++) {
            switch (additive.items().get(i - 1)) {
                case SUM -> {
                    doubts.add("m.e" + i + " < 0");
                    if (table.columns().get(i - 1).type().startsWith("numeric")) {
                        doubts.add("coalesce((" + sum(i) + ")::numeric = ANY (" + NO_NUMBERS + "), false)");
                    }
                }
                case LEAST -> doubts.add(lost(i, ">"));
                case GREATEST -> doubts.add(lost(i, "<"));
                default -> {}
            }
        }
        return "(" + String.join(" OR ", doubts) + ")";
    }

    private String lost(int i, String within) {
        String went = "m.q" + i + " IS NOT NULL";
        return additive.overlaps()
                ? went
                : went + " AND NOT coalesce(m.q" + i + " " + within + " " + had(i) + ", false)";
    }

    private String empty() {
        int rows = additive.position(Kind.ROWS);
        return rows < 0 ? "false" : had(rows + 1) + " + m.rows = 0";
    }

    private String had(int i) {
        return "m.h" + i;
    }

    private String now(int i) {
        String type = "::" + table.columns().get(i - 1).type();
        return switch (additive.items().get(i - 1)) {
            case GROUP -> "coalesce(" + had(i) + ", m.g" + i + ")";
            case ROWS, COUNT -> "(coalesce(" + had(i) + ", 0) + m.d" + i + ")" + type;
            case SUM -> sum(i) + type;
            case LEAST -> "least(" + had(i) + ", m.p" + i + ")";
            case GREATEST -> "greatest(" + had(i) + ", m.p" + i + ")";
            case AVERAGE -> {
                int[] of = Objects.requireNonNull(additive.averages().get(i - 1));
                yield "(" + sum(of[0] + 1) + "::numeric / nullif(" + now(of[1] + 1) + ", 0)::numeric)" + type;
            }
        };
    }

    /** Null as long as there is no value: not fewer than before are there, or the group is in doubt. */
    private String sum(int i) {
        return "CASE WHEN " + had(i) + " IS NULL AND m.e" + i + " = 0 THEN NULL ELSE coalesce(" + had(i) + ", 0) + m.d"
                + i + " END";
    }

    private int position(Column column) {
        return table.columns().indexOf(column) + 1;
    }

    private List<String> keys(String prefix) {
        return table.key().stream().map(column -> prefix + position(column)).toList();
    }

    private static String numbered(List<String> expressions, String prefix) {
        return IntStream.range(0, expressions.size())
                .mapToObj(i -> expressions.get(i) + " AS " + prefix + (i + 1))
                .collect(Collectors.joining(", "));
    }

    private static String numbers(String prefix, int count) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> prefix + i).collect(Collectors.joining(", "));
    }
}
