package io.olapsync.jdbc.internal.delta;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The function that the triggers of a capture call.
 *
 * <p>It runs with the rights of its owner, so that who may write the table need not know of the capture, and on the
 * {@code search_path} of the writer: a {@code SET} of its own would cost each statement more than the row that is appended. So
 * nothing in it may be looked up by that path: functions, tables and operators are all named with their schema, and there is no
 * {@code LIKE}, {@code IN}, {@code BETWEEN}, {@code CASE x WHEN} or comparison of rows, for which the parser looks up an operator by its bare
 * name. Transition tables come before any table of the same name, and {@code DISTINCT} asks the type.
 *
 * <p>The first few rows are appended as they are, and of what a statement has beyond these each value once: to find
 * what is distinct takes longer than to append a few rows, but less than to append many.
 *
 * <p>Each statement asks a sequence, which costs next to nothing, whether there is too much already; how large it really is, one
 * statement in {@link Overflow#LOOKS}, each one while the sequence says so, and each one of more than a few rows.
 *
 * <p>The one for what replication applies is called for each row, which it appends as it is; there each row asks.
 *
 * @param rows whether it is for triggers for each row
 */
record CaptureFunction(Capture capture, boolean rows) {

    static final String OLD = "olap_sync_old";
    static final String NEW = "olap_sync_new";

    /** So many rows of each image are not worth a search for what is distinct. */
    private static final int FEW = 8;

    private static final String IS = " OPERATOR(pg_catalog.=) ";

    String creation() {
        return "CREATE FUNCTION " + rest();
    }

    String replacement() {
        return "CREATE OR REPLACE FUNCTION " + rest();
    }

    private String rest() {
        String quotes = "$capture$";
        for (int i = 1; body().contains(quotes); i++) { // a column may be called anything
            quotes = "$capture" + i + "$";
        }
        return name() + "() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS " + quotes + body() + quotes;
    }

    String revocation() {
        return "REVOKE ALL ON FUNCTION " + name() + "() FROM PUBLIC";
    }

    /** What says whether there is too much; goes with the table of changes. */
    String sequence() {
        return "CREATE SEQUENCE IF NOT EXISTS " + DeltaNames.full(capture.id()) + " OWNED BY " + changes() + ".xid";
    }

    /** As it stands in {@code pg_proc.prosrc}. */
    String body() {
        // A column of the host's may be called like a variable of the language, such as found.
        return "\n#variable_conflict use_column\nDECLARE olap_sync_appended bigint; BEGIN IF " + isFull() + " OR "
                + isTurn() + " THEN" + look() + " IF " + isFull() + " THEN PERFORM pg_catalog.setval("
                + full() + ", 1, false); END IF; END IF;"
                + (rows ? row() : capture.columns().isEmpty() ? whole() : few() + many())
                + " RETURN NULL; END ";
    }

    private String row() {
        return capture.columns().isEmpty()
                ? " INSERT INTO " + changes() + " (whole) VALUES (true);"
                : byEvent(
                        appended("VALUES " + image("NEW")),
                        appended("VALUES " + image("OLD") + ", " + image("NEW")),
                        appended("VALUES " + image("OLD")));
    }

    private String image(String row) {
        return capture.columns().stream()
                .map(column -> row + "." + column.sql())
                .collect(Collectors.joining(", ", "(", (capture.images() ? ", " + row.equals("OLD") : "") + ")"));
    }

    private String few() {
        String limit = " LIMIT " + FEW;
        return byEvent(appended(came() + limit), appended(both(limit)), appended(left() + limit))
                + " GET DIAGNOSTICS olap_sync_appended = ROW_COUNT;";
    }

    private String many() {
        String beyond = " OFFSET " + FEW;
        return " IF olap_sync_appended OPERATOR(pg_catalog.>=) " + FEW + " THEN" + look()
                + byEvent(distinct(came() + beyond), distinct(both(beyond)), distinct(left() + beyond)) + " END IF;";
    }

    private String whole() {
        return byEvent(
                something(" FROM " + NEW),
                something(" FROM " + OLD + " UNION ALL SELECT FROM " + NEW),
                something(" FROM " + OLD));
    }

    private String something(String rows) {
        return " INSERT INTO " + changes() + " (whole) SELECT true WHERE EXISTS (SELECT" + rows + ");";
    }

    private String byEvent(String inserted, String updated, String deleted) {
        return " IF TG_OP" + IS + "'INSERT' THEN" + inserted + " ELSIF TG_OP" + IS + "'UPDATE' THEN" + updated
                + " ELSIF TG_OP" + IS + "'DELETE' THEN" + deleted + " ELSE INSERT INTO " + changes()
                + " (whole) VALUES (true); RETURN NULL; END IF;";
    }

    private String appended(String rows) {
        return " INSERT INTO " + changes() + " (" + String.join(", ", capture.kept())
                + (capture.images() ? ", gone) " : ") ") + rows + ";";
    }

    private String distinct(String rows) {
        return appended(capture.images() ? rows : "SELECT DISTINCT * FROM (" + rows + ") r");
    }

    private String both(String part) {
        return "(" + left() + part + ") UNION ALL (" + came() + part + ")";
    }

    private String came() {
        return "SELECT " + selected() + (capture.images() ? ", false" : "") + " FROM " + NEW;
    }

    private String left() {
        return "SELECT " + selected() + (capture.images() ? ", true" : "") + " FROM " + OLD;
    }

    private String selected() {
        return capture.columns().stream().map(Column::sql).collect(Collectors.joining(", "));
    }

    /** Where too much is kept, one row that says so stands for all that anybody changes; see {@link Overflow}. */
    private String look() {
        String marked = "EXISTS (SELECT FROM olap_sync.capture_overflow o WHERE o.capture_id" + IS + capture.id();
        String isolation = "pg_catalog.current_setting('transaction_isolation')";
        return " IF pg_catalog.pg_relation_size('" + changes() + "') OPERATOR(pg_catalog.>) " + Overflow.MOST_BYTES
                + " THEN"
                + " IF NOT " + isFull() + " THEN PERFORM pg_catalog.setval(" + full() + ", 1); END IF;"
                + " IF NOT (" + isolation + " OPERATOR(pg_catalog.~~) 'read %' AND " + marked + ")"
                + " OR " + isolation + IS + "'repeatable read' AND " + marked
                + " AND o.xid" + IS + "pg_catalog.pg_current_xact_id()))"
                + " THEN INSERT INTO olap_sync.capture_overflow (capture_id) VALUES (" + capture.id() + "); END IF;"
                + " RETURN NULL; END IF;";
    }

    /** Whether the last who looked found too much. It is seen before his commit, and nobody waits for it. */
    private String isFull() {
        return "(pg_catalog.pg_sequence_last_value(" + full() + ") IS NOT NULL)";
    }

    /** Not by random(), which would take a number from a host that has called setseed(). */
    private static String isTurn() {
        return "((pg_catalog.int4(pg_catalog.date_part('microseconds', pg_catalog.clock_timestamp()))"
                + " OPERATOR(pg_catalog.%) " + Overflow.LOOKS + ")" + IS + "0)";
    }

    private String full() {
        return "'" + DeltaNames.full(capture.id()) + "'";
    }

    private String changes() {
        return DeltaNames.changes(capture.id());
    }

    String name() {
        return rows ? DeltaNames.rowFunction(capture.id()) : DeltaNames.function(capture.id());
    }

    /** All that creates it. */
    List<String> statements() {
        return List.of(sequence(), creation(), revocation());
    }
}
