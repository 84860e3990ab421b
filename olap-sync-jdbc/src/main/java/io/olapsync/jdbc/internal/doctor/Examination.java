package io.olapsync.jdbc.internal.doctor;

import io.olapsync.jdbc.internal.delta.DeltaNames;
import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** One visit of the doctor: the connection, what is looked at, and what the rules share. Used by one thread. */
final class Examination {

    private static final String BEGIN = """
            SELECT pg_catalog.set_config('transaction_read_only', 'on', true),
                   pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true),
                   pg_catalog.set_config('statement_timeout', ?, true),
                   pg_catalog.set_config('lock_timeout', ?, true)""";
    private static final String VIEWS = """
            SELECT n.nspname, c.relname, c.oid, pg_get_userbyid(c.relowner), c.relispopulated,
                   CASE c.relkind WHEN 'm' THEN c.oid ELSE %s END, c.relkind = 'r'
              FROM unnest(?::text[], ?::text[]) AS asked (nspname, relname)
              JOIN pg_namespace n ON n.nspname = asked.nspname
              JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = asked.relname
             WHERE c.relkind = 'm' OR %s
             ORDER BY 1, 2""".formatted(DeltaNames.DEFINITION, DeltaNames.IS_DELTA_TABLE);
    private static final long LOCK_PATIENCE_MILLIS = 1000;

    private final DataSource dataSource;
    private final Connection connection;
    private final DoctorOptions options;
    private final Server server;
    private List<ExaminedView> views = List.of();
    private @Nullable Definitions definitions;

    private Examination(DataSource dataSource, Connection connection, DoctorOptions options, Server server) {
        this.dataSource = dataSource;
        this.connection = connection;
        this.options = options;
        this.server = server;
    }

    /** Begins a visit on a connection that does not commit by itself. */
    static Examination begin(
            DataSource dataSource, Connection connection, DoctorOptions options, Collection<ViewName> asked)
            throws SQLException {
        Server server = Server.read(connection);
        connection.rollback();
        Examination examination = new Examination(dataSource, connection, options, server);
        examination.beginTransaction();
        examination.views = examination.query(
                VIEWS,
                row -> new ExaminedView(
                        ViewName.of(row.getString(1), row.getString(2)),
                        row.getLong(3),
                        row.getString(4),
                        row.getBoolean(5),
                        row.getLong(6),
                        row.getBoolean(7)),
                asked.stream().map(ViewName::schema).toList(),
                asked.stream().map(ViewName::name).toList());
        connection.rollback();
        return examination;
    }

    DataSource dataSource() {
        return dataSource;
    }

    Connection connection() {
        return connection;
    }

    DoctorOptions options() {
        return options;
    }

    Server server() {
        return server;
    }

    /** The views that exist and can be refreshed; the others have their finding already. */
    List<ExaminedView> views() {
        return views;
    }

    /** The definitions of the views, read once. */
    Definitions definitions() throws SQLException {
        Definitions known = definitions;
        if (known == null) {
            known = Definitions.read(
                    queries(), views.stream().map(ExaminedView::definition).toList());
            definitions = known;
        }
        return known;
    }

    /** What a rule finds, or that it could not be evaluated. */
    List<Finding> apply(Rule rule) {
        return switch (rule.scope()) {
            case EXAMINATION -> apply(rule, null);
            case VIEW -> views.stream().flatMap(v -> apply(rule, v).stream()).toList();
        };
    }

    private List<Finding> apply(Rule rule, @Nullable ExaminedView view) {
        List<Finding> findings = new ArrayList<>();
        try {
            beginTransaction();
            rule.check().examine(this, view, findings::add);
        } catch (SQLException | RuntimeException e) {
            findings.add(notEvaluated(rule, view, e));
        } finally {
            rollback();
        }
        return findings;
    }

    private Finding notEvaluated(Rule rule, @Nullable ExaminedView view, Exception e) {
        String state = e instanceof SQLException sql && sql.getSQLState() != null ? " (" + sql.getSQLState() + ")" : "";
        String remedy = state.contains("57014")
                ? "Give the doctor more patience than " + options.patience().toMillis() + " ms."
                : state.contains("42501") ? "Let the doctor connect as the role that refreshes the views." : "";
        return new Finding(
                Severity.INFO,
                "rule-not-evaluated",
                view == null ? null : view.name(),
                "whether it has the problem '" + rule.name() + "' could not be found out: " + e.getMessage() + state
                        + ".",
                remedy);
    }

    private void beginTransaction() throws SQLException {
        long patience = options.patience().toMillis();
        query(BEGIN, row -> "", String.valueOf(patience), String.valueOf(Math.min(patience, LOCK_PATIENCE_MILLIS)));
    }

    private void rollback() {
        try {
            connection.rollback();
        } catch (SQLException e) {
            // The next rule will find the connection broken and say so.
        }
    }

    /** Runs a query; a collection becomes an array of bigint or text. */
    <T> List<T> query(String sql, Queries.Row<T> reader, Object... parameters) throws SQLException {
        return queries().query(sql, reader, parameters);
    }

    /** Queries on its connection. */
    Queries queries() {
        return new Queries(connection);
    }
}
