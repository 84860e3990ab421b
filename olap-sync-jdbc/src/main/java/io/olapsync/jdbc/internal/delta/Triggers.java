package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Rows;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The triggers of a capture as they are, on its table and on each partition of it; none where events say what has changed.
 *
 * @param function the function that they call
 */
record Triggers(Capture capture, Function function, List<OfEvent> events) {

    /** {@code OTHER}: of another version of the library, or somebody has changed it. It captures all the same. */
    enum Function {
        MISSING,
        OTHER,
        AS_CREATED
    }

    /** @param enabled {@code O}, {@code A}lways, only for {@code R}eplication, {@code D}isabled; null: there is none */
    record OfEvent(
            ViewName relation, String event, @Nullable String enabled, boolean replicated) {

        boolean captures() {
            return "O".equals(enabled) || "A".equals(enabled);
        }
    }

    private static final String STATE = """
            WITH RECURSIVE member (oid) AS (
                SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = ? AND c.relname = ?
                UNION
                SELECT i.inhrelid FROM member m JOIN pg_catalog.pg_inherits i ON i.inhparent = m.oid)
            SELECT n.nspname, c.relname, e.event, t.tgenabled::text,
                   EXISTS (SELECT FROM pg_catalog.pg_subscription_rel s WHERE s.srrelid = m.oid),
                   pg_catalog.to_regproc(?) IS NOT NULL,
                   EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE p.oid = pg_catalog.to_regproc(?)
                       AND (p.prosrc <> ? OR p.proconfig IS NOT NULL) AND pg_catalog.pg_has_role(p.proowner, 'USAGE'))
              FROM member m
              JOIN pg_catalog.pg_class c ON c.oid = m.oid AND c.relkind IN ('r', 'p')
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             CROSS JOIN (VALUES (1, 'insert'), (2, 'update'), (3, 'delete'), (4, 'truncate')) e (nr, event)
              LEFT JOIN pg_catalog.pg_trigger t ON t.tgrelid = m.oid AND t.tgname = ? || e.event
             ORDER BY c.oid, e.nr""";

    static Triggers of(Connection connection, Capture capture) throws SQLException {
        if (capture.fed()) {
            return new Triggers(capture, Function.MISSING, List.of());
        }
        Set<Function> function = EnumSet.noneOf(Function.class);
        try (PreparedStatement statement = connection.prepareStatement(STATE)) {
            statement.setString(1, capture.table().schema());
            statement.setString(2, capture.table().name());
            statement.setString(3, DeltaNames.function(capture.id()));
            statement.setString(4, DeltaNames.function(capture.id()));
            statement.setString(5, capture.function().body());
            statement.setString(6, DeltaNames.trigger(capture.id(), ""));
            List<OfEvent> events = Rows.all(statement, row -> {
                function.add(
                        !row.getBoolean(6)
                                ? Function.MISSING
                                : row.getBoolean(7) ? Function.OTHER : Function.AS_CREATED);
                return new OfEvent(
                        ViewName.of(row.getString(1), row.getString(2)),
                        row.getString(3),
                        row.getString(4),
                        row.getBoolean(5));
            });
            return new Triggers(capture, function.stream().findFirst().orElse(Function.MISSING), events);
        }
    }

    /** Those that capture nothing. */
    List<OfEvent> lacking() {
        return events.stream().filter(event -> !event.captures()).toList();
    }

    /** Those that do not see what replication applies to their table, of which a subscription says that it does. */
    List<OfEvent> bypassed() {
        return events.stream()
                .filter(event -> event.replicated() && event.captures() && !"A".equals(event.enabled()))
                .toList();
    }

    /** What creates and enables those that are lacking, as the others of this capture are, and makes their function what it should be. */
    List<String> mending(boolean replicated) {
        List<String> statements = new ArrayList<>();
        boolean always = replicated || events.stream().anyMatch(event -> "A".equals(event.enabled()));
        if (function == Function.MISSING && !events.isEmpty()) {
            statements.addAll(capture.function().statements());
        } else if (function == Function.OTHER) {
            statements.add(capture.function().sequence());
            statements.add(capture.function().replacement());
        }
        for (OfEvent one : lacking()) {
            if (one.enabled() == null) {
                statements.add(capture.trigger(one.relation(), one.event()));
            }
            if (one.enabled() != null || always) {
                statements.add(capture.enabling(one.relation(), one.event(), always));
            }
        }
        return statements;
    }

    /** For a message: what is lacking, by table. */
    String described() {
        return lacking().stream()
                .collect(Collectors.groupingBy(
                        OfEvent::relation,
                        java.util.LinkedHashMap::new,
                        Collectors.mapping(
                                one -> one.event() + (Objects.isNull(one.enabled()) ? "" : " (disabled)"),
                                Collectors.joining(", "))))
                .entrySet()
                .stream()
                .map(each -> each.getKey().sql() + ": " + each.getValue())
                .collect(Collectors.joining("; "));
    }
}
