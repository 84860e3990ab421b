package io.olapsync.jdbc.internal;

import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.CheckHandler;
import io.olapsync.spi.CheckSpec;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A query returns no row, or nothing but true; its arguments are the SQL and, optionally, the timeout in ISO 8601. */
public final class NoRowsCheck implements CheckHandler {

    private static final Logger LOG = LoggerFactory.getLogger(NoRowsCheck.class);
    private static final int MOST_SHOWN = 3;
    private static final int LONGEST_VALUE = 100;
    private static final int FETCHED_AT_ONCE = 100;
    private static final Duration LONGEST = Duration.ofDays(20);

    private final DataSource dataSource;

    public NoRowsCheck(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /**
     * Judges the arguments without asking the database.
     *
     * @throws IllegalArgumentException if the arguments are not a query and a positive duration
     */
    public static void validate(CheckSpec check) {
        List<String> arguments = check.arguments();
        if (arguments.isEmpty() || arguments.size() > 2 || arguments.get(0).isBlank()) {
            throw new IllegalArgumentException(
                    "the check " + check.type() + " takes a query and, optionally, a timeout, not " + arguments);
        }
        timeout(check);
    }

    @Override
    public void check(CheckSpec check, CancelSignal cancel) throws RefreshException {
        try {
            validate(check);
        } catch (IllegalArgumentException e) {
            throw new RefreshException(Kind.PERMANENT, String.valueOf(e.getMessage()), e);
        }
        List<String> offending;
        try {
            offending = Transactions.readOnHostPath(
                    dataSource, "the query of a check", connection -> offending(connection, check, cancel));
        } catch (RefreshException e) {
            throw explained(e, check, cancel);
        }
        if (!offending.isEmpty()) {
            boolean more = offending.size() > MOST_SHOWN;
            List<String> shown = offending.subList(0, Math.min(MOST_SHOWN, offending.size()));
            throw new RefreshException(
                    Kind.PERMANENT,
                    "the check found rows where there must be none: " + String.join("; ", shown)
                            + (more ? "; and more" : "") + ". Query: "
                            + check.arguments().get(0),
                    null);
        }
    }

    private static RefreshException explained(RefreshException e, CheckSpec check, CancelSignal cancel) {
        String state = e.sqlState().orElse("");
        if (state.equals("57014")) {
            return cancel.isCancelled()
                    ? new RefreshException(Kind.CANCELLED, "the check was cancelled", null, state, null, e.getCause())
                    : new RefreshException(
                            Kind.TIMED_OUT,
                            "the query of the check took longer than " + timeout(check) + ": "
                                    + check.arguments().get(0),
                            null,
                            state,
                            "give the check a longer timeout, or its query an index",
                            e.getCause());
        }
        if (state.equals("25006")) {
            // Elsewhere this means a standby, which may be promoted; here it is the query.
            return new RefreshException(
                    Kind.PERMANENT,
                    "the query of the check writes, and must only read: " + e.getMessage(),
                    null,
                    state,
                    null,
                    e.getCause());
        }
        return e;
    }

    private static List<String> offending(Connection connection, CheckSpec check, CancelSignal cancel)
            throws SQLException, RefreshException {
        try (Statement limit = connection.createStatement()) {
            limit.execute("SET LOCAL statement_timeout = " + timeout(check).toMillis());
        }
        // No prepared statement: there a question mark, which is an operator of jsonb, would be a parameter.
        try (Statement query = connection.createStatement();
                CancelSignal.Registration ignored = cancel.onCancel(() -> cancel(query))) {
            if (cancel.isCancelled()) {
                throw new RefreshException(Kind.CANCELLED, "the check was cancelled", null);
            }
            query.setFetchSize(FETCHED_AT_ONCE);
            try (ResultSet rows = query.executeQuery(check.arguments().get(0))) {
                return offending(rows);
            }
        }
    }

    private static List<String> offending(ResultSet rows) throws SQLException {
        ResultSetMetaData columns = rows.getMetaData();
        boolean verdict = columns.getColumnCount() == 1
                && (columns.getColumnType(1) == Types.BIT || columns.getColumnType(1) == Types.BOOLEAN);
        List<String> offending = new ArrayList<>();
        while (rows.next() && offending.size() <= MOST_SHOWN) {
            if (!verdict || !rows.getBoolean(1)) {
                offending.add(shown(rows, columns));
            }
        }
        return offending;
    }

    private static String shown(ResultSet row, ResultSetMetaData columns) throws SQLException {
        StringBuilder shown = new StringBuilder("(");
        for (int column = 1; column <= columns.getColumnCount(); column++) {
            String value = String.valueOf(row.getString(column));
            shown.append(column == 1 ? "" : ", ")
                    .append(columns.getColumnLabel(column))
                    .append(" = ")
                    .append(value.length() <= LONGEST_VALUE ? value : value.substring(0, LONGEST_VALUE) + "…");
        }
        return shown.append(')').toString();
    }

    private static Duration timeout(CheckSpec check) {
        String text = check.arguments().size() < 2 ? "PT1M" : check.arguments().get(1);
        try {
            Duration timeout = Duration.parse(text);
            if (timeout.compareTo(Duration.ofMillis(1)) >= 0 && timeout.compareTo(LONGEST) <= 0) {
                return timeout;
            }
        } catch (DateTimeParseException e) {
            LOG.debug("Not a duration: {}", text, e);
        }
        throw new IllegalArgumentException("the timeout of the check " + check.type()
                + " must be an ISO 8601 duration of at least 1 ms and at most 20 days, such as PT1M, not " + text);
    }

    private static void cancel(Statement statement) {
        try {
            statement.cancel();
        } catch (SQLException e) {
            LOG.warn("The query of a check could not be cancelled; it ends at its timeout", e);
        }
    }
}
