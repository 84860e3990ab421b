package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Names;
import io.olapsync.spi.ViewName;
import java.util.ArrayList;
import java.util.List;

/**
 * What is kept of the changed rows of one table: these columns of them, as they were and as they are, appended to a table
 * of their own by triggers for statements, together with the id of the transaction that changed them. Where the table may have no
 * triggers, {@link FedRows} appends what events say of them, with the id of the transaction that recorded it.
 *
 * <p>Nothing is looked up, merged or told in the trigger, and no row of it is ever written twice: a writer waits for nobody.
 * Which of the rows a delta table has not seen yet is decided when it is refreshed, by the snapshot that it shows: exactly,
 * whatever the order of commits. So delta tables can share a capture.
 *
 * <p>What nobody refreshes does not grow for ever: {@link Overflow}.
 *
 * @param id its number
 * @param table whose rows are captured
 * @param columns none: only that something has changed
 * @param images whether each image of a changed row is kept, and whether it has gone or come, and not just which values there
 *     were: what sums are maintained from
 * @param fed whether events say what has changed: then there is neither a function nor a trigger
 */
record Capture(int id, ViewName table, List<Column> columns, boolean images, boolean fed) {

    static final String TRUNCATE = "truncate";

    /**
     * The trigger for each row that replication applies: an apply worker fires none for statements but those for TRUNCATE. It is
     * on what has rows, and so not on the root of partitions.
     */
    static final String ROW = "row";

    /** Each has a trigger of its own. */
    private static final List<String> EVENTS = List.of("insert", "update", "delete", TRUNCATE);

    Capture {
        columns = List.copyOf(columns);
    }

    /** The names of the columns in the table of changes, which may not clash with those of its own. */
    List<String> kept() {
        List<String> kept = new ArrayList<>();
        for (int i = 1; i <= columns.size(); i++) {
            kept.add("k" + i);
        }
        return kept;
    }

    /**
     * What creates the table of changes and the functions that append to it; harmless to nobody but itself.
     *
     * @param replicated also the one for what replication applies
     */
    List<String> creation(boolean replicated) {
        StringBuilder table = new StringBuilder("CREATE TABLE " + DeltaNames.changes(id)
                + " (xid xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(), whole boolean NOT NULL DEFAULT false");
        for (int i = 0; i < columns.size(); i++) {
            table.append(", ")
                    .append(kept().get(i))
                    .append(' ')
                    .append(columns.get(i).type());
        }
        if (images) {
            table.append(", gone boolean NOT NULL DEFAULT false");
        }
        // It is emptied all the time: few rows live, whatever passes through.
        table.append(") WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000,"
                + " autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000)");
        List<String> creation = new ArrayList<>();
        creation.add(table.toString());
        // For hosts that publish all of their tables: rows are deleted here.
        creation.add("ALTER TABLE " + DeltaNames.changes(id) + " REPLICA IDENTITY FULL");
        creation.add("COMMENT ON TABLE " + DeltaNames.changes(id) + " IS "
                + Texts.literal("olap-sync: changed rows of " + table().sql() + (fed ? ", by events" : "")));
        if (!fed) {
            creation.addAll(function().statements());
            creation.addAll(replicated ? rowFunction().statements() : List.of());
        }
        return creation;
    }

    /** What the triggers call. */
    CaptureFunction function() {
        return new CaptureFunction(this, false);
    }

    /** What the triggers for each replicated row call. */
    CaptureFunction rowFunction() {
        return new CaptureFunction(this, true);
    }

    /** The column of the table of changes that has this column of the source. */
    String kept(String column) {
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).name().equals(column)) {
                return kept().get(i);
            }
        }
        throw new IllegalArgumentException(column + " is not captured of " + table);
    }

    /**
     * What has the changes of a relation captured: the table itself, or a partition of it. One trigger for each event, since
     * one for several can have no transition tables.
     *
     * @param replicated also those that replication applies
     */
    List<String> triggersOn(Sources.Read relation, boolean replicated) {
        List<String> statements = new ArrayList<>();
        if (!fed) {
            EVENTS.forEach(event -> statements.add(trigger(relation.name(), event)));
        }
        if (!fed && replicated) {
            statements.add(enabling(relation.name(), TRUNCATE, true));
            if (relation.kind().equals("r")) {
                statements.add(trigger(relation.name(), ROW));
                statements.add(enabling(relation.name(), ROW, true));
            }
        }
        return statements;
    }

    /**
     * How a trigger is enabled, as in {@code pg_trigger}: of those for statements and for rows only either fires, wherever a
     * change comes from, so that each image is there once.
     */
    static String enabled(String event, boolean replicated) {
        return event.equals(ROW) ? "R" : event.equals(TRUNCATE) && replicated ? "A" : "O";
    }

    /** What enables a trigger as it should be. */
    String enabling(ViewName relation, String event, boolean replicated) {
        String when = switch (enabled(event, replicated)) {
            case "R" -> "REPLICA ";
            case "A" -> "ALWAYS ";
            default -> "";
        };
        return "ALTER TABLE " + relation.sql() + " ENABLE " + when + "TRIGGER " + DeltaNames.trigger(id, event);
    }

    /** What creates the trigger for one event. */
    String trigger(ViewName relation, String event) {
        if (event.equals(ROW)) {
            return "CREATE TRIGGER " + DeltaNames.trigger(id, event) + " AFTER INSERT OR UPDATE OR DELETE ON "
                    + relation.sql() + " FOR EACH ROW EXECUTE FUNCTION " + DeltaNames.rowFunction(id) + "()";
        }
        String referencing = switch (event) {
            case "insert" -> " REFERENCING NEW TABLE AS " + CaptureFunction.NEW;
            case "update" ->
                " REFERENCING OLD TABLE AS " + CaptureFunction.OLD + " NEW TABLE AS " + CaptureFunction.NEW;
            case "delete" -> " REFERENCING OLD TABLE AS " + CaptureFunction.OLD;
            default -> "";
        };
        return "CREATE TRIGGER " + DeltaNames.trigger(id, event) + " AFTER " + event.toUpperCase(java.util.Locale.ROOT)
                + " ON " + relation.sql() + referencing + " FOR EACH STATEMENT EXECUTE FUNCTION "
                + DeltaNames.function(id) + "()";
    }

    /**
     * What takes all of it away again. The triggers go with their function, wherever they are: to drop one by itself is the
     * right of the table's owner alone, who need not be the one that created it.
     */
    List<String> removal() {
        List<String> removal = new ArrayList<>();
        if (!fed) {
            removal.add("DROP FUNCTION " + DeltaNames.function(id) + "() CASCADE");
            removal.add("DROP FUNCTION IF EXISTS " + DeltaNames.rowFunction(id) + "() CASCADE");
        }
        removal.add("DROP TABLE " + DeltaNames.changes(id));
        removal.add("DELETE FROM olap_sync.capture_overflow WHERE capture_id = " + id);
        return removal;
    }

    /** The names, for messages. */
    String described() {
        return table.sql()
                + (columns.isEmpty()
                        ? ""
                        : " (" + Names.quote(columns.stream().map(Column::name).toList()) + ")");
    }
}
