package io.olapsync.examples.cli;

import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/**
 * Compares materialized views and delta tables with their definitions, row by row, all in one snapshot and read-only. Rows that occur several
 * times count as often as they do.
 */
final class ViewComparison {

    /**
     * What was found.
     *
     * @param missing rows that the definition gives and the view lacks
     * @param surplus rows that the view has and the definition does not give
     * @param examples some of them, as JSON, with a sign in front: + missing, - surplus
     * @param problem why it could not be compared; empty where it was
     */
    record Result(ViewName view, long rows, long missing, long surplus, List<String> examples, String problem) {
        boolean same() {
            return problem.isEmpty() && missing == 0 && surplus == 0;
        }
    }

    private static final String DEFINITION = "SELECT c.relispopulated,"
            + " CASE WHEN g.id IS NULL THEN pg_get_viewdef(c.oid) ELSE 'TABLE olap_sync.definition_' || g.id END,"
            + " c.relkind = 'm' OR g.id IS NOT NULL FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            + " LEFT JOIN LATERAL (SELECT substring(t.tgname FROM '[0-9]+$') AS id FROM pg_trigger t"
            + " WHERE c.relkind = 'r' AND t.tgrelid = c.oid AND t.tgname ~ '^olap_sync_delta_[0-9]+$' LIMIT 1) g ON true"
            + " WHERE n.nspname = ? AND c.relname = ?";

    /** json, xml and the geometric types have no equality of their own: their text is compared. */
    private static final String COLUMNS = "SELECT quote_ident(a.attname),"
            + " NOT EXISTS (SELECT FROM pg_opclass o JOIN pg_am m ON m.oid = o.opcmethod"
            + " WHERE m.amname IN ('btree', 'hash') AND o.opcdefault AND (o.opcintype = b.oid"
            + " OR (o.opcintype = 'anyarray'::regtype AND b.typcategory = 'A' AND NOT EXISTS (SELECT FROM pg_type e"
            + " WHERE e.oid = b.typelem AND e.typname IN ('json', 'xml', 'point', 'box', 'line', 'lseg', 'path',"
            + " 'polygon', 'circle')))"
            + " OR (o.opcintype = 'anyenum'::regtype AND b.typtype = 'e')"
            + " OR (o.opcintype = 'anyrange'::regtype AND b.typtype = 'r')"
            + " OR EXISTS (SELECT FROM pg_cast k WHERE k.castsource = b.oid AND k.casttarget = o.opcintype"
            + " AND k.castmethod = 'b' AND k.castcontext = 'i')))"
            + " FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid"
            + " JOIN pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END"
            + " WHERE a.attrelid = ?::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

    private final int examples;
    private final Duration timeout;

    /** @param timeout the most that the comparison of one view may take */
    ViewComparison(int examples, Duration timeout) {
        this.examples = examples;
        this.timeout = timeout;
    }

    /** One result for each view, in the order given. A view that cannot be compared stops no other. */
    List<Result> compare(DataSource dataSource, Collection<ViewName> views) throws SQLException {
        List<Result> results = new ArrayList<>();
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
                // so that every name in a definition is written out, and none of the host's hides one of the catalog
                statement.execute("SET LOCAL search_path = pg_catalog, pg_temp");
                statement.execute("SET LOCAL statement_timeout = " + timeout.toMillis());
                for (ViewName view : views) {
                    results.add(one(connection, statement, view));
                }
            } finally {
                connection.rollback();
            }
        }
        return results;
    }

    private Result one(Connection connection, Statement statement, ViewName view) throws SQLException {
        statement.execute("SAVEPOINT one");
        try {
            return compared(connection, view);
        } catch (SQLException e) {
            if (String.valueOf(e.getSQLState()).startsWith("08")) {
                throw e;
            }
            statement.execute("ROLLBACK TO SAVEPOINT one");
            return problem(view, String.valueOf(e.getMessage()));
        }
    }

    private Result compared(Connection connection, ViewName view) throws SQLException {
        String definition;
        try (PreparedStatement select = connection.prepareStatement(DEFINITION)) {
            select.setString(1, view.schema());
            select.setString(2, view.name());
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    return problem(view, "there is no such view");
                }
                if (!row.getBoolean(3)) {
                    return problem(view, "it is no materialized view and no delta table");
                }
                if (!row.getBoolean(1)) {
                    return problem(view, "it was never populated");
                }
                definition = row.getString(2).strip();
            }
        }
        String sql = sql(view, definition.replaceAll(";$", ""), columns(connection, view));
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setInt(1, examples);
            select.setInt(2, examples);
            return read(view, select);
        }
    }

    private static String columns(Connection connection, ViewName view) throws SQLException {
        List<String> columns = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(COLUMNS)) {
            select.setString(1, view.sql());
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    columns.add(rows.getString(1) + (rows.getBoolean(2) ? "::text" : ""));
                }
            }
        }
        return columns.stream()
                .map(column -> "q." + column + (column.endsWith("::text") ? " AS " + column.replace("::text", "") : ""))
                .collect(Collectors.joining(", "));
    }

    private static String sql(ViewName view, String definition, String columns) {
        String stored = "SELECT " + columns + " FROM " + view.sql() + " q";
        String defined = "SELECT " + columns + " FROM (" + definition + ") q";
        return "WITH missing AS MATERIALIZED (" + defined + " EXCEPT ALL " + stored + "),"
                + " surplus AS MATERIALIZED (" + stored + " EXCEPT ALL " + defined + ")"
                + " SELECT (SELECT count(*) FROM " + view.sql() + "), (SELECT count(*) FROM missing),"
                + " (SELECT count(*) FROM surplus),"
                + " ARRAY(SELECT '+ ' || to_jsonb(m)::text FROM missing m LIMIT ?)"
                + " || ARRAY(SELECT '- ' || to_jsonb(s)::text FROM surplus s LIMIT ?)";
    }

    private static Result read(ViewName view, PreparedStatement select) throws SQLException {
        try (ResultSet row = select.executeQuery()) {
            row.next();
            String[] examples = (String[]) row.getArray(4).getArray();
            return new Result(view, row.getLong(1), row.getLong(2), row.getLong(3), List.of(examples), "");
        }
    }

    private static Result problem(ViewName view, String problem) {
        return new Result(view, 0, 0, 0, List.of(), problem);
    }
}
