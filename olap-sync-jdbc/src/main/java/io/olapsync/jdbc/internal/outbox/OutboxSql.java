package io.olapsync.jdbc.internal.outbox;

import io.olapsync.jdbc.OutboxTable;
import io.olapsync.jdbc.OutboxTable.Column;
import io.olapsync.jdbc.internal.Names;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The statements on one outbox table, with its names in them. */
final class OutboxSql {

    /**
     * No row is ordered behind a mark that moves on: whatever is open is found, however late its transaction committed.
     * The time is the statement's, because an index can be searched for that and not for {@code clock_timestamp()}.
     */
    private static final String PICKED = """
            WITH expired AS MATERIALIZED (
                SELECT {id} AS id, {reason} AS reason FROM {table} t
                 WHERE {open} AND {claimed_until} <= statement_timestamp()
                 ORDER BY t.{claimed_until}, t.{id} LIMIT ? {lock}),
            fresh AS MATERIALIZED (
                SELECT {id} AS id, {reason} AS reason FROM {table} t
                 WHERE {open} AND {claimed_until} IS NULL
                 ORDER BY t.{claimed_until}, t.{id} LIMIT ? - (SELECT count(*) FROM expired) {lock}),
            picked AS (
                SELECT id, reason, true AS again FROM expired UNION ALL SELECT id, reason, false FROM fresh)
            """;

    /** The ids are locked in their order, so that two of these cannot deadlock. */
    private static final String NAMED = """
            WITH named AS (
                SELECT {id} AS id FROM {table} t
                 WHERE {id} = ANY (?) AND {open} ORDER BY t.{id} FOR UPDATE)
            """;

    /** Likewise, but what another one works on is left to that one. */
    private static final String MINE = """
            WITH named AS (
                SELECT {id} AS id FROM {table} t
                 WHERE {id} = ANY (?) AND {claimed_by} = ? AND {open} ORDER BY t.{id} FOR UPDATE SKIP LOCKED)
            """;

    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([a-z_]+)}");

    private final OutboxTable table;
    private final Map<String, String> names = new HashMap<>();

    OutboxSql(OutboxTable table) {
        this.table = table;
        names.put("table", table.name().sql());
        table.columns().forEach((column, name) -> names.put(key(column), Names.quote(name)));
    }

    /** Parameters: most, most, who, for how many microseconds. */
    String claim(int maxDeliveries) {
        String sql = PICKED + """
                UPDATE {table} t
                   SET {deliveries} = coalesce(t.{deliveries}, 0) + 1, {set_aside} = p.reason,
                       {claimed_by} = CASE WHEN p.reason IS NULL THEN ?::text END,
                       {claimed_until} = CASE WHEN p.reason IS NULL
                                              THEN statement_timestamp() + ?::bigint * interval '1 microsecond' END
                  FROM picked p WHERE t.{id} = p.id
                RETURNING p.again, p.reason, {event}
                """;
        String reason = """
                CASE WHEN coalesce({event_type}::text, '') = '' THEN 'it has no event type'
                     WHEN {deliveries} >= %1$d THEN 'delivered %1$d times and never acknowledged' END""".formatted(maxDeliveries);
        return fill(sql.replace("{reason}", reason).replace("{lock}", "FOR UPDATE SKIP LOCKED"));
    }

    /** Parameters: most, most. Locks nothing: whoever reads this way is alone by other means. */
    String pick() {
        String sql = PICKED + """
                SELECT p.again, p.reason, {event} FROM picked p JOIN {table} t ON t.{id} = p.id
                """;
        String reason = "CASE WHEN coalesce({event_type}::text, '') = '' THEN 'it has no event type' END";
        return fill(sql.replace("{reason}", reason).replace("{lock}", ""));
    }

    /** Parameters: the ids. */
    String markDone() {
        return fill(NAMED + """
                UPDATE {table} t SET {done_at} = clock_timestamp(), {claimed_by} = NULL, {claimed_until} = NULL
                  FROM named WHERE t.{id} = named.id
                """);
    }

    /** Parameters: the ids. */
    String delete() {
        return fill(NAMED + "DELETE FROM {table} t USING named WHERE t.{id} = named.id");
    }

    /** Parameters: the ids, the reason. */
    String setAside() {
        return fill(NAMED + """
                UPDATE {table} t SET {set_aside} = ?, {claimed_by} = NULL, {claimed_until} = NULL
                  FROM named WHERE t.{id} = named.id
                """);
    }

    /** Parameters: the ids, who, for how many microseconds. */
    String keep() {
        return fill(MINE + """
                UPDATE {table} t SET {claimed_until} = statement_timestamp() + ?::bigint * interval '1 microsecond'
                  FROM named WHERE t.{id} = named.id
                """);
    }

    /** Parameters: the ids, who. A delivery that was given back in good order does not count. */
    String release() {
        return fill(MINE + """
                UPDATE {table} t
                   SET {claimed_by} = NULL, {claimed_until} = NULL, {deliveries} = greatest(t.{deliveries} - 1, 0)
                  FROM named WHERE t.{id} = named.id
                """);
    }

    /** Parameters: done for how many microseconds, most. */
    String prune() {
        return fill("""
                WITH old AS (
                    SELECT {id} AS id FROM {table} t
                     WHERE {done_at} < statement_timestamp() - ?::bigint * interval '1 microsecond'
                     ORDER BY t.{done_at} LIMIT ? FOR UPDATE SKIP LOCKED)
                DELETE FROM {table} t USING old WHERE t.{id} = old.id
                """);
    }

    /** The database's time, and the microseconds since the first of the rows that wait was written. */
    String oldest() {
        if (table.column(Column.CREATED_AT).isEmpty()) {
            return "SELECT clock_timestamp(), NULL::bigint";
        }
        return fill("""
                SELECT clock_timestamp(), (
                       SELECT (extract(epoch FROM clock_timestamp() - {created_at}) * 1000000)::bigint FROM {table} t
                        WHERE {open} AND {claimed_until} IS NULL ORDER BY t.{claimed_until}, t.{id} LIMIT 1)
                """);
    }

    /** Parameters: type, payload, transaction, as far as the table has them. */
    String append() {
        StringBuilder names = new StringBuilder("{event_type}");
        StringBuilder values = new StringBuilder("?");
        for (Column column : List.of(Column.PAYLOAD, Column.TRANSACTION_ID)) {
            if (table.column(column).isPresent()) {
                names.append(", {").append(key(column)).append('}');
                values.append(", ?");
            }
        }
        return fill("INSERT INTO {table} (" + names + ") VALUES (" + values + ")");
    }

    String fill(String template) {
        String sql = template.replace("{open}", "{done_at} IS NULL AND {set_aside} IS NULL")
                .replace("{event}", "t.{id} AS id, t.{event_type}::text AS type, {xid} AS xid, {text} AS payload")
                .replace("{xid}", xid())
                .replace("{text}", table.column(Column.PAYLOAD).isPresent() ? "t.{payload}::text" : "NULL::text");
        // In one pass: a name may look like a placeholder itself.
        return PLACEHOLDER
                .matcher(sql)
                .replaceAll(found -> Matcher.quoteReplacement(names.getOrDefault(found.group(1), found.group())));
    }

    /**
     * An id that this server has not yet given out is another server's, in a table that was restored from there: no
     * snapshot would ever cover it, so the event has none.
     */
    private String xid() {
        return table.column(Column.TRANSACTION_ID).isEmpty()
                ? "NULL::text"
                : "CASE WHEN t.{transaction_id}::text::xid8 < pg_snapshot_xmax(pg_current_snapshot())"
                        + " THEN t.{transaction_id}::text END";
    }

    private static String key(Column column) {
        return column.name().toLowerCase(Locale.ROOT);
    }
}
