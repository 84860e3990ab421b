package io.olapsync.jdbc.internal.outbox;

import io.olapsync.jdbc.OutboxTable;
import io.olapsync.jdbc.OutboxTable.Column;
import io.olapsync.jdbc.internal.Names;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/** The statements that create an outbox table, or make an existing table one. */
public final class OutboxDdl {

    /** What the host writes; the rest is the library's. */
    private static final Set<Column> OF_THE_HOST = EnumSet.range(Column.ID, Column.CREATED_AT);

    private static final int LONGEST_NAME = 63;

    private OutboxDdl() {}

    public static String of(OutboxTable table) {
        return """
                -- The outbox of olap-sync, version 1. The host inserts a row in the transaction that makes the change.
                -- Harmless when run again; to a table that is there already it adds what olap-sync needs.
                CREATE TABLE IF NOT EXISTS %s (
                %s
                ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

                -- What the library keeps in it: who has the row and until when, how often it was given out, its end.
                ALTER TABLE %s
                %s;

                -- What is still open, in the order of delivery; and what is done, for pruning.
                %s;
                %s;
                """.formatted(
                table.name().sql(),
                columns(table, OF_THE_HOST, "    "),
                table.name().sql(),
                columns(table, EnumSet.complementOf(EnumSet.copyOf(OF_THE_HOST)), "    ADD COLUMN IF NOT EXISTS "),
                openIndex(table),
                doneIndex(table));
    }

    /** Adds a column without rewriting the table: what was written before has no transaction and no time. */
    static String addColumn(OutboxTable table, Column column) {
        String alter = "ALTER TABLE " + table.name().sql() + " ";
        String name = Names.quote(table.columns().getOrDefault(column, ""));
        return switch (column) {
            case TRANSACTION_ID ->
                alter + "ADD COLUMN " + name + " xid8; " + alter + "ALTER COLUMN " + name
                        + " SET DEFAULT pg_current_xact_id()";
            case CREATED_AT ->
                alter + "ADD COLUMN " + name + " timestamptz; " + alter + "ALTER COLUMN " + name
                        + " SET DEFAULT clock_timestamp()";
            case EVENT_TYPE -> alter + "ADD COLUMN " + name + " text";
            default -> alter + "ADD COLUMN " + name + " " + column.definition();
        };
    }

    static String openIndex(OutboxTable table) {
        OutboxSql sql = new OutboxSql(table);
        return index(table, "_open") + sql.fill(" ON {table} ({claimed_until}, {id}) WHERE {open}");
    }

    static String doneIndex(OutboxTable table) {
        OutboxSql sql = new OutboxSql(table);
        return index(table, "_done") + sql.fill(" ON {table} ({done_at}) WHERE {done_at} IS NOT NULL");
    }

    private static String index(OutboxTable table, String suffix) {
        String name = table.name().name();
        while (name.getBytes(StandardCharsets.UTF_8).length + suffix.length() > LONGEST_NAME) {
            name = name.substring(0, name.offsetByCodePoints(name.length(), -1));
        }
        return "CREATE INDEX IF NOT EXISTS " + Names.quote(name + suffix);
    }

    private static String columns(OutboxTable table, Set<Column> some, String before) {
        return Arrays.stream(Column.values())
                .filter(column -> some.contains(column) && table.column(column).isPresent())
                .map(column -> before + Names.quote(table.column(column).orElseThrow()) + " " + column.definition())
                .collect(Collectors.joining(",\n"));
    }
}
