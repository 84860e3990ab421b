package io.olapsync.jdbc.internal.outbox;

import io.olapsync.jdbc.OutboxTable;
import io.olapsync.jdbc.OutboxTable.Column;
import io.olapsync.jdbc.internal.Names;
import io.olapsync.jdbc.internal.Rows;
import io.olapsync.jdbc.internal.Transactions;
import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import io.olapsync.spi.RefreshException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Compares an outbox table with what is in the catalog. */
public final class OutboxLayout {

    private static final String COLUMNS = """
            SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type
              FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = ? AND c.relname = ? AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
            """;

    private static final String INDEXED = """
            SELECT a.attname AS name
              FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
             WHERE n.nspname = ? AND c.relname = ? AND i.indisvalid
            """;

    private static final String PRIVILEGES = """
            SELECT p AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
                   unnest(ARRAY['SELECT', 'UPDATE', 'DELETE']) p
             WHERE n.nspname = ? AND c.relname = ? AND NOT has_table_privilege(c.oid, p)
            """;

    private static final Set<String> NUMBERS = Set.of("bigint", "integer");
    private static final Set<String> TEXTS = Set.of("text", "character varying");

    private static final Map<Column, Set<String>> TYPES = Map.of(
            Column.ID, NUMBERS,
            Column.PAYLOAD, Set.of("jsonb", "json", "text", "character varying"),
            Column.TRANSACTION_ID, Set.of("xid8", "bigint"),
            Column.CREATED_AT, Set.of("timestamp with time zone"),
            Column.CLAIMED_BY, TEXTS,
            Column.CLAIMED_UNTIL, Set.of("timestamp with time zone"),
            Column.DELIVERIES, NUMBERS,
            Column.DONE_AT, Set.of("timestamp with time zone"),
            Column.SET_ASIDE, TEXTS);

    private final OutboxTable table;

    public OutboxLayout(OutboxTable table) {
        this.table = table;
    }

    public List<Finding> findings(DataSource dataSource) throws RefreshException {
        return Transactions.read(dataSource, "looking at the outbox " + table, this::findings);
    }

    private List<Finding> findings(Connection connection) throws SQLException {
        Map<String, String> present = new HashMap<>();
        try (PreparedStatement select = named(connection, COLUMNS)) {
            Rows.all(select, row -> present.put(row.getString("name"), row.getString("type")));
        }
        if (present.isEmpty()) {
            return List.of(error(
                    "no-outbox",
                    "there is no table " + table.name().sql() + " for the outbox",
                    "create it, with its columns, by the SQL of OutboxTable.ddl():\n" + OutboxDdl.of(table)));
        }
        List<Finding> findings = new ArrayList<>();
        table.columns().forEach((column, name) -> look(column, name, present.get(name), findings));
        if (findings.isEmpty()) {
            lookAtIndexes(names(connection, INDEXED), findings);
        }
        List<String> denied = names(connection, PRIVILEGES);
        if (!denied.isEmpty()) {
            String missing = String.join(", ", denied);
            findings.add(error(
                    "outbox-privilege",
                    "this role lacks " + missing + " on the outbox "
                            + table.name().sql(),
                    "GRANT " + missing + " ON " + table.name().sql() + " TO <the library's role>"));
        }
        return List.copyOf(findings);
    }

    private void look(Column column, String name, @Nullable String type, List<Finding> to) {
        String what = "the outbox " + table.name().sql();
        if (type == null) {
            String orWithout = column.optional() ? "; or say OutboxTable.without(" + column + ")" : "";
            to.add(error(
                    "outbox-column",
                    what + " has no column " + Names.quote(name) + " (" + column + ")",
                    OutboxDdl.addColumn(table, column) + orWithout));
        } else if (!TYPES.getOrDefault(column, Set.of(type)).contains(type)) {
            String wanted =
                    TYPES.getOrDefault(column, Set.of()).stream().sorted().collect(Collectors.joining(" or "));
            to.add(error(
                    "outbox-column",
                    what + " has " + type + " in its column " + Names.quote(name) + " (" + column + "), not " + wanted,
                    "ALTER TABLE " + table.name().sql() + " ALTER COLUMN " + Names.quote(name) + " TYPE …, or name"
                            + " another column by OutboxTable.withColumn(" + column + ", …)"));
        }
    }

    private void lookAtIndexes(List<String> leading, List<Finding> to) {
        String unique = "CREATE UNIQUE INDEX ON " + table.name().sql() + " (" + Names.quote(nameOf(Column.ID)) + ")";
        Map.of(
                        Column.ID,
                        unique,
                        Column.CLAIMED_UNTIL,
                        OutboxDdl.openIndex(table),
                        Column.DONE_AT,
                        OutboxDdl.doneIndex(table))
                .forEach((column, remedy) -> {
                    if (!leading.contains(nameOf(column))) {
                        to.add(slow(column, remedy));
                    }
                });
    }

    private Finding slow(Column column, String remedy) {
        return new Finding(
                Severity.WARNING,
                "outbox-index",
                null,
                "no index of the outbox " + table.name().sql() + " begins with " + Names.quote(nameOf(column)) + " ("
                        + column + "), so that each look at it reads the whole table",
                remedy);
    }

    private String nameOf(Column column) {
        return table.column(column).orElse("");
    }

    private static Finding error(String code, String problem, String remedy) {
        return new Finding(Severity.ERROR, code, null, problem, remedy);
    }

    private List<String> names(Connection connection, String sql) throws SQLException {
        try (PreparedStatement select = named(connection, sql)) {
            return Rows.all(select, row -> row.getString("name"));
        }
    }

    private PreparedStatement named(Connection connection, String sql) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        statement.setString(1, table.name().schema());
        statement.setString(2, table.name().name());
        return statement;
    }
}
