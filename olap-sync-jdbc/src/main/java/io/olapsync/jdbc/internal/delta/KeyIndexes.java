package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Names;
import io.olapsync.jdbc.internal.Rows;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The indexes that are missing where keys are looked for in a plan, which has used all that there are. */
final class KeyIndexes {

    /** In less than this the whole table is read as fast. */
    private static final long WORTH_AN_INDEX_BYTES = 64 << 10;

    private static final String TABLE = """
            SELECT n.nspname, c.relname, c.relkind = 'p', pg_catalog.pg_relation_size(s.oid) > ?
              FROM pg_catalog.pg_class s
              JOIN pg_catalog.pg_class c ON c.oid = coalesce(pg_catalog.pg_partition_root(s.oid)::oid, s.oid)
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE s.oid = pg_catalog.to_regclass(?)""";

    private static final Pattern AND = Pattern.compile("\\bAND\\b");

    private final Connection connection;
    private final Set<String> statements = new LinkedHashSet<>();

    KeyIndexes(Connection connection) {
        this.connection = connection;
    }

    /** The statements that create them. */
    Set<String> statements() {
        return statements;
    }

    /** Looks for them in a plan. */
    void lookedFor(Plan plan) throws SQLException {
        look(plan, "");
    }

    private void look(Plan node, String joined) throws SQLException {
        String above = node.type().equals("Nested Loop") ? joined + " AND " + node.conditions() : joined;
        if (node.type().equals("Seq Scan")) {
            scan(node, joined);
        }
        for (Plan child : node.children()) {
            look(child, node.isBarrier() ? "" : above);
        }
    }

    private void scan(Plan scan, String joined) throws SQLException {
        String alias = Objects.requireNonNull(scan.alias());
        String partitioned = alias.replaceFirst("_\\d+$", ""); // a join names the table, a scan its partition
        String name = Stream.of(alias, partitioned)
                .flatMap(each -> Stream.of(each, Names.quote(each)))
                .map(Pattern::quote)
                .collect(Collectors.joining("|", "(?:", ")\\."));
        String column = "\\(?" + name + "(\"(?:[^\"]|\"\")+\"|[\\p{L}_][\\p{L}\\p{N}_$]*)\\)?(?:::[\\w ]+)?";
        Pattern compared = Pattern.compile("(?<![\\p{L}\\p{N}_$\"])" + column + " = |= " + column + "\\)*\\s*$");
        Set<String> columns = new LinkedHashSet<>();
        Stream.concat(
                        AND.splitAsStream(scan.conditions()).filter(Plan::namesKeys),
                        AND.splitAsStream(joined).filter(condition -> condition.contains(".")))
                .forEach(condition -> {
                    var found = compared.matcher(condition.strip());
                    if (found.find()) {
                        columns.add(Optional.ofNullable(found.group(1)).orElseGet(() -> found.group(2)));
                    }
                });
        if (!columns.isEmpty() && scan.schema() != null && !scan.schema().equals("olap_sync")) {
            add(ViewName.of(scan.schema(), Objects.requireNonNull(scan.relation())), columns);
        }
    }

    private void add(ViewName scanned, Set<String> columns) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(TABLE)) {
            statement.setLong(1, WORTH_AN_INDEX_BYTES);
            statement.setString(2, scanned.sql());
            List<String> names = new ArrayList<>(columns);
            statements.addAll(Rows.all(
                            statement,
                            row -> row.getBoolean(4)
                                    ? "CREATE INDEX " + (row.getBoolean(3) ? "" : "CONCURRENTLY ") + "ON "
                                            + ViewName.of(row.getString(1), row.getString(2))
                                                    .sql()
                                            + " (" + String.join(", ", names) + ");"
                                    : "")
                    .stream()
                    .filter(sql -> !sql.isEmpty())
                    .toList());
        }
    }
}
