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
 * where no column counts them, or the last value of a sum, which is null then.
 */
final class Sums {

    private final DeltaTable table;
    private final Difference difference;
    private final Additive additive;

    Sums(DeltaTable table, Difference difference, Additive additive) {
        this.table = table;
        this.difference = difference;
        this.additive = additive;
    }

    private String name() {
        return "pg_temp.olap_sync_sums_" + table.id();
    }

    private String again() {
        return "pg_temp.olap_sync_again_" + table.id();
    }

    /** Computes what is added. */
    String computed() {
        return "CREATE TEMP TABLE olap_sync_sums_" + table.id() + " ON COMMIT DROP AS " + additive.sums();
    }

    /** Finds the keys that have to be recomputed. */
    String undecided() {
        return "CREATE TEMP TABLE olap_sync_again_" + table.id() + " ON COMMIT DROP AS SELECT DISTINCT "
                + numbered(keys("d.g"), "k") + joined() + " WHERE " + doubtful();
    }

    /** Where those keys are. */
    String undecidedKeys() {
        return again();
    }

    /** Adds the others to the differences. */
    String added() {
        String keys = "ROW(" + String.join(", ", keys("d.g")) + ")::text";
        List<String> now = new ArrayList<>();
        for (int i = 1; i <= table.columns().size(); i++) {
            now.add(now(i));
        }
        String changed = IntStream.rangeClosed(1, table.columns().size())
                .filter(i -> additive.items().get(i - 1) != Kind.GROUP)
                .mapToObj(i -> now(i) + " IS DISTINCT FROM " + had(i))
                .collect(Collectors.joining(" OR "));
        return "INSERT INTO " + difference.name() + " SELECT CASE WHEN t.ctid IS NULL THEN 'i' WHEN " + empty()
                + " THEN 'd' ELSE 'u' END, t.ctid, " + String.join(", ", now) + ", " + String.join(", ", keys("d.g"))
                + ", "
                + String.join(", ", keys("d.g")) + joined() + " WHERE NOT (" + doubtful()
                + ") AND CASE WHEN t.ctid IS NULL THEN d.rows > 0 ELSE "
                + changed + " END AND " + keys + " NOT IN (SELECT ROW("
                + numbers("k", table.key().size()) + ")::text FROM "
                + again() + ")";
    }

    private String joined() {
        String same = table.identity().stream()
                .map(column -> "t." + column.sql() + " = d.g" + position(column))
                .collect(Collectors.joining(" AND "));
        return " FROM " + name() + " d LEFT JOIN " + table.view().sql() + " t ON " + same;
    }

    /** Whether the sums do not say all of a group; never null. */
    private String doubtful() {
        List<String> doubts = new ArrayList<>();
        table.identity().forEach(column -> doubts.add("d.g" + position(column) + " IS NULL"));
        for (int i = 1; i <= additive.items().size(); i++) {
            if (additive.items().get(i - 1) == Kind.GROUP
                    && !table.identity().contains(table.columns().get(i - 1))) {
                doubts.add("t.ctid IS NOT NULL AND " + had(i) + " IS DISTINCT FROM d.g" + i);
            }
        }
        int rows = additive.position(Kind.ROWS);
        doubts.add(
                rows < 0
                        ? "d.rows < 0"
                        : "coalesce(t." + table.columns().get(rows).sql() + ", 0) + d.rows < 0");
        for (int i = 1; i <= additive.items().size(); i++) {
            switch (additive.items().get(i - 1)) {
                case SUM -> doubts.add("d.e" + i + " < 0");
                case LEAST -> doubts.add(lost(i, ">"));
                case GREATEST -> doubts.add(lost(i, "<"));
                default -> {}
            }
        }
        return "(" + String.join(" OR ", doubts) + ")";
    }

    private String lost(int i, String within) {
        String went = "d.q" + i + " IS NOT NULL";
        return additive.overlaps()
                ? went
                : went + " AND NOT coalesce(d.q" + i + " " + within + " " + had(i) + ", false)";
    }

    private String empty() {
        int rows = additive.position(Kind.ROWS);
        return rows < 0 ? "false" : "t." + table.columns().get(rows).sql() + " + d.rows = 0";
    }

    private String had(int i) {
        return "t." + table.columns().get(i - 1).sql();
    }

    private String now(int i) {
        String type = "::" + table.columns().get(i - 1).type();
        return switch (additive.items().get(i - 1)) {
            case GROUP -> "coalesce(" + had(i) + ", d.g" + i + ")";
            case ROWS, COUNT -> "(coalesce(" + had(i) + ", 0) + d.d" + i + ")" + type;
            case SUM -> sum(i) + type;
            case LEAST -> "least(" + had(i) + ", d.p" + i + ")";
            case GREATEST -> "greatest(" + had(i) + ", d.p" + i + ")";
            case AVERAGE -> {
                int[] of = Objects.requireNonNull(additive.averages().get(i - 1));
                yield "(" + sum(of[0] + 1) + "::numeric / nullif(" + now(of[1] + 1) + ", 0)::numeric)" + type;
            }
        };
    }

    /** Null as long as there is no value: not fewer than before are there, or the group is in doubt. */
    private String sum(int i) {
        return "CASE WHEN " + had(i) + " IS NULL AND d.e" + i + " = 0 THEN NULL ELSE coalesce(" + had(i) + ", 0) + d.d"
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
