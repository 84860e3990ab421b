package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Rows;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The triggers of a capture as they are, on its table and on each partition of it; none where events say what has changed.
 *
 * @param function the function that they call
 * @param rowFunction the one that those for each replicated row call
 * @param replicated whether what replication applies is captured, or was meant to be: there is that function, or a trigger that
 *     fires always, as they once all did for it
 * @param events those that there should be, and those for each row wherever they could be
 */
record Triggers(Capture capture, Function function, Function rowFunction, boolean replicated, List<OfEvent> events) {

    /** {@code OTHER}: of another version of the library, or somebody has changed it or dropped its sequence. */
    enum Function {
        MISSING,
        OTHER,
        AS_CREATED
    }

    /**
     * @param enabled {@code O}, {@code A}lways, only for {@code R}eplication, {@code D}isabled; null: there is none
     * @param subscribed whether a subscription replicates into the relation
     */
    record OfEvent(
            ViewName relation, String event, @Nullable String enabled, boolean subscribed) {

        boolean isForRows() {
            return event.equals(Capture.ROW);
        }

        boolean fires(boolean replicated) {
            return Capture.enabled(event, replicated).equals(enabled);
        }
    }

    private static final String STATE = """
            WITH RECURSIVE member (oid) AS (
                SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = ? AND c.relname = ?
                UNION
                SELECT i.inhrelid FROM member m JOIN pg_catalog.pg_inherits i ON i.inhparent = m.oid)
            SELECT n.nspname, c.relname, e.event, t.tgenabled::text,
                   EXISTS (SELECT FROM pg_catalog.pg_subscription_rel s WHERE s.srrelid = m.oid)
              FROM member m
              JOIN pg_catalog.pg_class c ON c.oid = m.oid AND c.relkind IN ('r', 'p')
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             CROSS JOIN (VALUES (1, 'insert'), (2, 'update'), (3, 'delete'), (4, 'truncate'), (5, 'row')) e (nr, event)
              LEFT JOIN pg_catalog.pg_trigger t ON t.tgrelid = m.oid AND t.tgname = ? || e.event
             WHERE e.event <> 'row' OR c.relkind = 'r'
             ORDER BY c.oid, e.nr""";

    private static final String FUNCTION = """
            SELECT f.oid IS NOT NULL,
                   EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE p.oid = f.oid
                       AND (p.prosrc <> ? OR p.proconfig IS NOT NULL) AND pg_catalog.pg_has_role(p.proowner, 'USAGE'))
                   OR pg_catalog.to_regclass(?) IS NULL
              FROM pg_catalog.to_regproc(?) f (oid)""";

    static Triggers of(Connection connection, Capture capture) throws SQLException {
        if (capture.fed()) {
            return new Triggers(capture, Function.MISSING, Function.MISSING, false, List.of());
        }
        try (PreparedStatement statement = connection.prepareStatement(STATE)) {
            statement.setString(1, capture.table().schema());
            statement.setString(2, capture.table().name());
            statement.setString(3, DeltaNames.trigger(capture.id(), ""));
            List<OfEvent> events = Rows.all(
                    statement,
                    row -> new OfEvent(
                            ViewName.of(row.getString(1), row.getString(2)),
                            row.getString(3),
                            row.getString(4),
                            row.getBoolean(5)));
            Function rowFunction = function(connection, capture.rowFunction());
            boolean replicated =
                    rowFunction != Function.MISSING || events.stream().anyMatch(event -> "A".equals(event.enabled()));
            return new Triggers(capture, function(connection, capture.function()), rowFunction, replicated, events);
        }
    }

    private static Function function(Connection connection, CaptureFunction wanted) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(FUNCTION)) {
            statement.setString(1, wanted.body());
            statement.setString(2, DeltaNames.full(wanted.capture().id()));
            statement.setString(3, wanted.name());
            return Rows.all(
                            statement,
                            row -> !row.getBoolean(1)
                                    ? Function.MISSING
                                    : row.getBoolean(2) ? Function.OTHER : Function.AS_CREATED)
                    .get(0);
        }
    }

    /** Those that do not capture what they should, or twice. */
    List<OfEvent> lacking() {
        return lacking(replicated);
    }

    private List<OfEvent> lacking(boolean wanted) {
        return events.stream()
                .filter(event -> wanted || !event.isForRows())
                .filter(event -> !event.fires(wanted))
                .toList();
    }

    /** Whether a subscription replicates into the table, and nothing sees what it applies. */
    boolean isBypassed() {
        return !replicated && events.stream().anyMatch(OfEvent::subscribed);
    }

    /**
     * What creates those that are lacking and enables each as it should be, and makes their functions what they should be.
     *
     * @param asked whether what replication applies is to be captured from now on, if it was not before
     */
    List<String> mending(boolean asked) {
        boolean wanted = asked || replicated;
        List<String> statements = new ArrayList<>();
        if (events.isEmpty()) {
            return statements;
        }
        statements.addAll(mending(function, capture.function()));
        if (wanted) {
            statements.addAll(mending(rowFunction, capture.rowFunction()));
        }
        for (OfEvent one : lacking(wanted)) {
            if (one.enabled() == null) {
                statements.add(capture.trigger(one.relation(), one.event()));
            }
            if (one.enabled() != null || !"O".equals(Capture.enabled(one.event(), wanted))) {
                statements.add(capture.enabling(one.relation(), one.event(), wanted));
            }
        }
        return statements;
    }

    private static List<String> mending(Function found, CaptureFunction wanted) {
        return switch (found) {
            case MISSING -> wanted.statements();
            case OTHER -> List.of(wanted.sequence(), wanted.replacement());
            case AS_CREATED -> List.of();
        };
    }

    /** For a message: what is lacking, by table. */
    String described() {
        return lacking().stream()
                .collect(Collectors.groupingBy(
                        OfEvent::relation,
                        LinkedHashMap::new,
                        Collectors.mapping(Triggers::described, Collectors.joining(", "))))
                .entrySet()
                .stream()
                .map(each -> each.getKey().sql() + ": " + each.getValue())
                .collect(Collectors.joining("; "));
    }

    private static String described(OfEvent one) {
        return one.event()
                + (one.enabled() == null ? "" : one.enabled().equals("D") ? " (disabled)" : " (enabled otherwise)");
    }
}
