package io.olapsync.jdbc.internal.delta;

import java.util.regex.Pattern;

/** The names of what the library creates for delta tables, in the schema {@code olap_sync}; ready for SQL. */
public final class DeltaNames {

    /** How the trigger that guards a delta table begins; what follows is its id. It is what tells a delta table from a table. */
    public static final String GUARD = "olap_sync_delta_";

    /** How the triggers that capture changes begin; what follows is the capture's id and the event. */
    static final String CAPTURE = "olap_sync_capture_";

    /** How the functions that capture what replication applies begin; what follows is the capture's id. */
    static final String CAPTURE_ROW = "olap_sync.capture_row_";

    /** SQL: whether the relation {@code c} of {@code pg_class} is a delta table. Asks the system catalogs alone. */
    public static final String IS_DELTA_TABLE = "(c.relkind = 'r' AND EXISTS (SELECT FROM pg_catalog.pg_trigger guard"
            + " WHERE guard.tgrelid = c.oid AND guard.tgname ~ '^" + GUARD + "[0-9]+$'))";

    /**
     * SQL: the oid of the view that is the definition of the delta table {@code c} of {@code pg_class}; null where that has
     * gone, and for everything else. Asks the system catalogs alone.
     */
    public static final String DEFINITION = "(SELECT definition.oid FROM pg_catalog.pg_trigger guard"
            + " JOIN pg_catalog.pg_namespace own ON own.nspname = 'olap_sync'"
            + " JOIN pg_catalog.pg_class definition ON definition.relnamespace = own.oid AND definition.relkind = 'v'"
            + " AND definition.relname = 'definition_' || substring(guard.tgname FROM '[0-9]+$')"
            + " WHERE c.relkind = 'r' AND guard.tgrelid = c.oid AND guard.tgname ~ '^" + GUARD
            + "[0-9]+$' ORDER BY guard.tgname LIMIT 1)";

    private static final Pattern ID = Pattern.compile("[0-9]+$");

    private DeltaNames() {}

    /** The view that is the delta table's definition. */
    static String definition(int delta) {
        return "olap_sync.definition_" + delta;
    }

    /** The view of the keys that are to be recomputed. */
    static String keys(int delta) {
        return "olap_sync.keys_" + delta;
    }

    /** The view that counts the changes not yet shown. */
    static String pending(int delta) {
        return "olap_sync.pending_" + delta;
    }

    /** The view of the images of changed rows that it has not seen. */
    static String images(int delta, int capture) {
        return "olap_sync.images_" + delta + "_" + capture;
    }

    /** The trigger on the delta table that keeps people from writing it. */
    static String guard(int delta) {
        return GUARD + delta;
    }

    /** The table of captured changes. */
    static String changes(int capture) {
        return "olap_sync.changes_" + capture;
    }

    /** The sequence that has a value while there is too much in that table. */
    static String full(int capture) {
        return "olap_sync.full_" + capture;
    }

    /** The function of the capturing triggers. */
    static String function(int capture) {
        return "olap_sync.capture_" + capture;
    }

    /** The function of those that capture what replication applies. */
    static String rowFunction(int capture) {
        return CAPTURE_ROW + capture;
    }

    /** The trigger for one event, such as {@code insert}. */
    static String trigger(int capture, String event) {
        return CAPTURE + capture + "_" + event;
    }

    /** The id at the end of a name. */
    static int id(String name) {
        var matcher = ID.matcher(name);
        if (!matcher.find()) {
            throw new IllegalArgumentException("no id at the end of " + name);
        }
        return Integer.parseInt(matcher.group());
    }
}
