package io.olapsync.jdbc.internal.doctor;

import io.olapsync.jdbc.internal.Names;
import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** What the rows and the unique indexes of the views do to a concurrent refresh. */
final class IndexRules {

    /** Columns of the unique indexes that REFRESH ... CONCURRENTLY joins by: all of those that are usable. */
    private static final String KEY_COLUMNS = """
            SELECT DISTINCT a.attnum, a.attname, a.atttypid::regtype::text, t.typcategory
              FROM pg_index i
              JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
              JOIN pg_type t ON t.oid = a.atttypid
             WHERE i.indrelid = ? AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL
               AND NOT 0 = ANY (i.indkey)
               AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
             ORDER BY a.attnum""";

    private static final String NUMBERING = """
            SELECT p.oid, p.proname FROM pg_proc p
             WHERE p.prokind = 'w' AND p.oid < 16384
               AND p.proname IN ('row_number', 'rank', 'dense_rank', 'ntile', 'percent_rank', 'cume_dist')""";
    private static final String COLUMNS =
            "SELECT attnum, attname FROM pg_attribute WHERE attrelid = ? AND attnum > 0 AND NOT attisdropped ORDER BY 1";

    private record Column(int number, String name, String type, String category) {}

    private IndexRules() {}

    static List<Rule> rules() {
        return List.of(
                Rule.perView("unpopulated", IndexRules::unpopulated),
                Rule.perView("null-churn", IndexRules::nullChurn),
                Rule.perView("unstable-row-number", IndexRules::unstableRowNumber));
    }

    private static void unpopulated(Examination examination, ExaminedView view, Consumer<Finding> findings) {
        if (!view.populated()) {
            findings.accept(new Finding(
                    Severity.INFO,
                    "unpopulated",
                    view.name(),
                    "the view was never populated and cannot be read; its first sync populates it, and that one"
                            + " refresh is not concurrent.",
                    "REFRESH MATERIALIZED VIEW " + view.name().sql() + ";"));
        }
    }

    private static List<Column> keyColumns(Examination examination, ExaminedView view) throws SQLException {
        return examination.query(
                KEY_COLUMNS,
                row -> new Column(row.getInt(1), row.getString(2), row.getString(3), row.getString(4)),
                view.oid());
    }

    private static void nullChurn(Examination examination, ExaminedView view, Consumer<Finding> findings)
            throws SQLException {
        List<Column> columns = keyColumns(examination, view);
        // The refresh of a delta table tells such rows by all that they hold.
        if (!view.populated() || view.isDeltaTable() || columns.isEmpty()) {
            return;
        }
        String counts = columns.stream()
                .map(c -> "count(*) FILTER (WHERE " + Names.quote(c.name()) + " IS NULL)")
                .collect(Collectors.joining(", "));
        String anyNull =
                columns.stream().map(c -> Names.quote(c.name()) + " IS NULL").collect(Collectors.joining(" OR "));
        String sql = "SELECT count(*) FILTER (WHERE " + anyNull + "), count(*), " + counts + " FROM "
                + view.name().sql();
        List<Long> found = examination
                .query(sql, row -> {
                    List<Long> values = new ArrayList<>();
                    for (int i = 1; i <= columns.size() + 2; i++) {
                        values.add(row.getLong(i));
                    }
                    return values;
                })
                .get(0);
        List<Column> guilty = columns.stream()
                .filter(c -> found.get(2 + columns.indexOf(c)) > 0)
                .toList();
        if (!guilty.isEmpty()) {
            findings.accept(churn(view, guilty, found.get(0), found.get(1)));
        }
    }

    private static Finding churn(ExaminedView view, List<Column> guilty, long rows, long of) {
        String names = Names.quote(guilty.stream().map(Column::name).toList());
        String coalesced = guilty.stream()
                .map(c -> "coalesce(" + Names.quote(c.name()) + ", " + standIn(c) + ") AS " + Names.quote(c.name()))
                .collect(Collectors.joining(", "));
        return new Finding(
                Severity.WARNING,
                "null-churn",
                view.name(),
                rows + " of " + of + " rows have NULL in " + names
                        + ", which a unique index covers: NULL equals nothing,"
                        + " so each refresh deletes and inserts these rows again, changed or not, and the view bloats.",
                "Write " + coalesced + " in the definition of " + view.name().sql() + ", with a value that does not"
                        + " occur; neither NULLS NOT DISTINCT nor another index helps.");
    }

    /** A value of the type that is unlikely to occur in data. */
    private static String standIn(Column column) {
        return switch (column.category()) {
            case "S" -> "''";
            case "N" -> "-1";
            case "B" -> "false";
            case "D" ->
                column.type().startsWith("time ") ? "'00:00'::" + column.type() : "'-infinity'::" + column.type();
            default ->
                column.type().equals("uuid")
                        ? "'00000000-0000-0000-0000-000000000000'::uuid"
                        : "'...'::" + column.type();
        };
    }

    private static void unstableRowNumber(Examination examination, ExaminedView view, Consumer<Finding> findings)
            throws SQLException {
        var functions = examination.query(NUMBERING, row -> new Column(row.getInt(1), row.getString(2), "", ""));
        Set<Long> oids = functions.stream().map(f -> (long) f.number()).collect(Collectors.toSet());
        Definitions definitions = examination.definitions();
        Numbering numbering = new Numbering(definitions.queriesOf(view.definition()), oids);
        Set<Integer> keys =
                keyColumns(examination, view).stream().map(Column::number).collect(Collectors.toSet());
        for (Column column :
                examination.query(COLUMNS, r -> new Column(r.getInt(1), r.getString(2), "", ""), view.oid())) {
            Optional<Numbering.Origin> origin = numbering.ofColumn(view.definition(), column.number());
            String readers = examination.views().stream()
                    .filter(v ->
                            definitions.readersOf(view.oid(), column.number()).contains(v.definition()))
                    .map(v -> v.name().toString())
                    .collect(Collectors.joining(", "));
            if (origin.isPresent() && (keys.contains(column.number()) || !readers.isEmpty())) {
                String function = functions.stream()
                        .filter(f -> f.number() == origin.get().function())
                        .map(Column::name)
                        .findFirst()
                        .orElse("a window function");
                findings.accept(unstable(view, column, origin.get(), function, readers));
            }
        }
    }

    private static Finding unstable(
            ExaminedView view, Column column, Numbering.Origin origin, String function, String readers) {
        String name = Names.quote(column.name());
        String reach = origin.partitioned() ? "the rows behind it in its partition" : "every row behind it";
        String cause = origin.ordered()
                ? "one new value in the source renumbers " + reach
                : "it has no ORDER BY, so even an unchanged source may be numbered otherwise";
        String spread = readers.isEmpty() ? "" : ", and with them the rows of " + readers + ", which reads it";
        String natural = Names.quote(origin.order());
        String id = switch (origin.order().size()) {
            case 0 -> "hashtextextended(<the natural key>::text, 0)";
            case 1 -> "hashtextextended(" + natural + "::text, 0)";
            default -> "hash_record_extended(ROW(" + natural + "), 0)";
        };
        return new Finding(
                Severity.WARNING,
                "unstable-row-number",
                view.name(),
                name + " comes from " + function + "() and is used as an id: " + cause + spread
                        + ". A refresh then rewrites them all, and an id kept elsewhere means another row.",
                "Write " + id + " AS " + name + " in the definition of "
                        + view.name().sql() + " in place of " + function + "(), or use the natural key"
                        + (natural.isEmpty() ? "" : " (" + natural + ")") + " itself.");
    }
}
