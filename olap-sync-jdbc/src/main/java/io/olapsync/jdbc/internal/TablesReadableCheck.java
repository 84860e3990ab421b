package io.olapsync.jdbc.internal;

import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.CheckHandler;
import io.olapsync.spi.CheckSpec;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** All tables exist and may be read by the current role; asked in one query. */
public final class TablesReadableCheck implements CheckHandler {

    private static final String QUERY = """
            SELECT w.schema, w.name, n.oid IS NOT NULL AS schema_exists, c.relkind::text AS kind,
                   coalesce(has_schema_privilege(n.oid, 'USAGE'), false) AS may_see_schema,
                   CASE WHEN c.relkind IN ('r', 'p', 'v', 'm', 'f')
                        THEN has_table_privilege(c.oid, 'SELECT') ELSE false END AS may_read,
                   current_user AS role, current_database() AS database
              FROM unnest(?::text[], ?::text[]) WITH ORDINALITY AS w(schema, name, position)
              LEFT JOIN pg_namespace n ON n.nspname = w.schema
              LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
             ORDER BY w.position
            """;

    private static final Set<String> READABLE_KINDS = Set.of("r", "p", "v", "m", "f");

    private final DataSource dataSource;

    public TablesReadableCheck(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /** Something that is wrong with one table. */
    private record Problem(String text, @Nullable String sqlState, List<String> remedies) {}

    @Override
    public void check(CheckSpec check, CancelSignal cancel) throws RefreshException {
        List<ViewName> tables = tables(check);
        if (cancel.isCancelled()) {
            throw new RefreshException(Kind.CANCELLED, "the check of the source tables was cancelled", null);
        }
        List<Problem> problems =
                Transactions.read(dataSource, "checking the source tables", connection -> ask(connection, tables));
        if (!problems.isEmpty()) {
            Set<String> remedies = new LinkedHashSet<>();
            problems.forEach(problem -> remedies.addAll(problem.remedies()));
            throw new RefreshException(
                    Kind.PERMANENT,
                    problems.size() + " of " + tables.size() + " source tables cannot be read: "
                            + problems.stream().map(Problem::text).collect(Collectors.joining("; ")),
                    null,
                    problems.get(0).sqlState(),
                    remedies.isEmpty() ? null : String.join("; ", remedies),
                    null);
        }
    }

    private static List<ViewName> tables(CheckSpec check) throws RefreshException {
        if (check.arguments().isEmpty()) {
            throw new RefreshException(
                    Kind.PERMANENT, "the check " + check.type() + " names no table; name at least one", null);
        }
        try {
            return check.arguments().stream().map(ViewName::parse).toList();
        } catch (IllegalArgumentException e) {
            throw new RefreshException(Kind.PERMANENT, "the check " + check.type() + ": " + e.getMessage(), e);
        }
    }

    private static List<Problem> ask(Connection connection, List<ViewName> tables) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(QUERY)) {
            Rows.bindNames(select, 1, tables);
            return Rows.all(select, TablesReadableCheck::problem).stream()
                    .flatMap(Optional::stream)
                    .toList();
        }
    }

    private static Optional<Problem> problem(ResultSet row) throws SQLException {
        ViewName table = ViewName.of(row.getString("schema"), row.getString("name"));
        String kind = row.getString("kind");
        String role = Names.quote(row.getString("role"));
        if (!row.getBoolean("schema_exists")) {
            return Optional.of(new Problem(
                    "there is no schema " + Names.quote(table.schema()) + " for " + table.sql(), "3F000", List.of()));
        }
        if (kind == null) {
            String where = " in the database " + Names.quote(row.getString("database"));
            return Optional.of(new Problem("there is no table " + table.sql() + where, "42P01", List.of()));
        }
        if (!READABLE_KINDS.contains(kind)) {
            return Optional.of(new Problem(table.sql() + " is " + Names.kind(kind), "42809", List.of()));
        }
        boolean maySeeSchema = row.getBoolean("may_see_schema");
        boolean mayRead = row.getBoolean("may_read");
        if (maySeeSchema && mayRead) {
            return Optional.empty();
        }
        String usage = "GRANT USAGE ON SCHEMA " + Names.quote(table.schema()) + " TO " + role;
        String select = "GRANT SELECT ON " + table.sql() + " TO " + role;
        return Optional.of(new Problem(
                "the role " + role + " may not read " + table.sql(),
                "42501",
                mayRead ? List.of(usage) : maySeeSchema ? List.of(select) : List.of(usage, select)));
    }
}
