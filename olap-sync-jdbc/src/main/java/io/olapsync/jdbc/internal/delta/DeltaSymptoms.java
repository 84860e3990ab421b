package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Rows;
import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What would make the refreshes of one delta table miss changes, or be slow. */
public final class DeltaSymptoms {

    /** From here on a refresh by changes is hardly faster than one of all. */
    private static final long MANY_CHANGES = 100_000;

    private static final int LONG_AGO_HOURS = 25;

    private static final String REPLICA_ROLES = """
            SELECT coalesce('role ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(nullif(s.setrole, 0))), 'database '
                       || pg_catalog.quote_ident(d.datname)) AS whose,
                   CASE s.setrole WHEN 0 THEN 'ALTER DATABASE ' || pg_catalog.quote_ident(d.datname)
                        ELSE 'ALTER ROLE ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(s.setrole))
                             || coalesce(' IN DATABASE ' || pg_catalog.quote_ident(d.datname), '') END
                       || ' RESET session_replication_role;' AS remedy
              FROM pg_catalog.pg_db_role_setting s LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
             WHERE 'session_replication_role=replica' = ANY (s.setconfig)
               AND (s.setdatabase = 0 OR d.datname = pg_catalog.current_database())
             ORDER BY 1""";

    private static final String BEHIND = """
            SELECT p.changes, s.as_of::text, s.as_of < pg_catalog.clock_timestamp() - pg_catalog.make_interval(hours => ?),
                   p.overflown
              FROM (SELECT coalesce(pg_catalog.sum(changes), 0)::bigint AS changes, pg_catalog.bool_or(overflown) AS overflown
                      FROM %s) p
              LEFT JOIN olap_sync.view_state s ON s.view_schema = ? AND s.view_name = ?""";

    private final Connection connection;
    private final ViewName view;
    private final int id;

    private DeltaSymptoms(Connection connection, ViewName view, int id) {
        this.connection = connection;
        this.view = view;
        this.id = id;
    }

    /** Those of a delta table; empty where nothing is known of it under this name. */
    public static Optional<DeltaSymptoms> of(Connection connection, ViewName view) throws SQLException {
        return Registry.installed(connection, view).map(found -> new DeltaSymptoms(connection, view, found.id()));
    }

    /** Changes that nobody captures. */
    public List<Finding> capture() throws SQLException {
        List<Finding> findings = new ArrayList<>();
        for (Capture capture : Registry.capturesOf(connection, id)) {
            Triggers triggers = Triggers.of(connection, capture);
            boolean bypassed = triggers.isBypassed();
            if (!triggers.lacking().isEmpty()) {
                findings.add(finding(
                        Severity.ERROR,
                        "delta-not-captured",
                        "what is changed in its source " + capture.table().sql() + " is not captured, for want of"
                                + " triggers on " + triggers.described() + ". Until they are there again, each refresh"
                                + " computes all of it.",
                        script(triggers.mending(bypassed))));
            } else if (bypassed) {
                findings.add(finding(
                        Severity.ERROR,
                        "delta-replicated-source",
                        "a subscription replicates into its source "
                                + capture.table().sql() + ", and what it applies"
                                + " fires no ordinary trigger: these changes are missed.",
                        script(triggers.mending(true))));
            }
        }
        findings.addAll(replicaRoles());
        return findings;
    }

    /** Changes of which nobody hears unless an event says so. */
    public List<Finding> events() throws SQLException {
        List<Finding> findings = new ArrayList<>();
        for (Capture capture : Registry.capturesOf(connection, id)) {
            if (capture.fed()) {
                findings.add(finding(
                        Severity.INFO,
                        "delta-fed-by-events",
                        "of what is changed in its source " + capture.table().sql()
                                + " a refresh knows what events say, and nothing"
                                + " else: a change without an event, a TRUNCATE, a bulk load, a correction by hand, the key that a"
                                + " row had before where the event has only the new one. A full sync compares all of it, mends that and"
                                + " tells of it as drift.",
                        "schedule a full sync; after what sends no event, refresh it with repairing(), or send an event without"
                                + " columns, for which all is computed; or, where the table may have triggers, take .fed out of"
                                + " the declaration and run PostgresDeltaTables.of(dataSource).convert(plan)"));
            }
        }
        return findings;
    }

    private List<Finding> replicaRoles() throws SQLException {
        boolean replicated = true;
        for (Capture capture : Registry.capturesOf(connection, id)) {
            replicated &= capture.fed() || Triggers.of(connection, capture).replicated();
        }
        if (replicated) {
            return List.of();
        }
        try (PreparedStatement statement = connection.prepareStatement(REPLICA_ROLES)) {
            return Rows.all(
                    statement,
                    row -> finding(
                            Severity.WARNING,
                            "delta-replica-role",
                            "session_replication_role is replica for the " + row.getString(1)
                                    + ": what is written so fires no ordinary trigger, and is missed.",
                            row.getString(2)
                                    + " -- or convert by PostgresDeltaTables.withReplicatedChanges(), for triggers that"
                                    + " fire then"));
        }
    }

    /** Keys that are looked for in a slow way, or are not all that changes. */
    public List<Finding> keys() throws SQLException {
        List<Finding> findings = new ArrayList<>();
        Optional<DeltaTable> found = DeltaTable.load(connection, id);
        if (found.isEmpty() || found.get().definition() == 0) {
            return findings;
        }
        DeltaTable table = found.get();
        if (table.timed() && table.aging().isEmpty()) {
            findings.add(finding(
                    Severity.WARNING,
                    "delta-ages-unseen",
                    "its definition depends on the time, and no rows are declared that age: a refresh by what has changed"
                            + " leaves them as they are until the next full sync, which then cannot tell what drifted.",
                    "declare them in the plan, by DeltaSpec.aging(\"<a condition on its columns>\"), and run"
                            + " PostgresDeltaTables.of(dataSource).convert(plan)"));
        }
        Pushdown pushdown = Pushdown.of(connection, table);
        if (!pushdown.isPushedDown()) {
            String whole = Pushdown.obstacle(connection, table, Pushdown.EACH).orElse("");
            findings.add(finding(
                    Severity.WARNING,
                    "delta-not-pushed-down",
                    "the server would compute all of it for a single key (" + whole + "): a refresh computes all of it,"
                            + " unless its sums can be maintained.",
                    "let each GROUP BY, DISTINCT and PARTITION BY of the definition have the key, ("
                            + table.key().stream().map(Column::sql).collect(Collectors.joining(", "))
                            + "), among its columns, or compute it in a LATERAL subquery for a row that has the key"));
        }
        KeyIndexes indexes = new KeyIndexes(connection);
        if (pushdown.isPushedDown()) {
            indexes.lookedFor(Plan.of(connection, new Difference(table).asked(Plan.KEYS, pushdown)));
        }
        indexes.lookedFor(Plan.of(connection, "SELECT * FROM " + DeltaNames.keys(id)));
        for (String statement : indexes.statements()) {
            findings.add(finding(
                    Severity.WARNING,
                    "delta-source-index",
                    "a refresh reads a whole table to find the rows of single keys, for want of an index.",
                    statement));
        }
        return findings;
    }

    /** Changes that wait for a refresh. */
    public List<Finding> backlog() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(BEHIND.formatted(DeltaNames.pending(id)))) {
            statement.setInt(1, LONG_AGO_HOURS);
            statement.setString(2, view.schema());
            statement.setString(3, view.name());
            return Rows.all(
                            statement,
                            row -> row.getBoolean(4)
                                            || row.getLong(1) >= MANY_CHANGES
                                            || (row.getLong(1) > 0 && row.getBoolean(3))
                                    ? Optional.of(behind(
                                            row.getLong(1)
                                                    + (row.getBoolean(4)
                                                            ? " captured changes, and more than is kept,"
                                                            : " captured changes"),
                                            row.getString(2)))
                                    : Optional.<Finding>empty())
                    .stream()
                    .flatMap(Optional::stream)
                    .toList();
        }
    }

    private Finding behind(String changes, String asOf) {
        return finding(
                Severity.WARNING,
                "delta-backlog",
                changes + " wait for its refresh; what it shows is of " + asOf + ".",
                "refresh it, more often than so far; or turn it back where nobody wants it any more, by"
                        + " PostgresDeltaTables.of(dataSource).revert(List.of(view))");
    }

    private static String script(List<String> statements) {
        return statements.stream().map(statement -> statement + ";").collect(Collectors.joining("\n"));
    }

    private Finding finding(Severity severity, String code, String problem, String remedy) {
        return new Finding(severity, code, view, problem, remedy);
    }
}
