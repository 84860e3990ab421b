package io.olapsync.jdbc.internal;

import io.olapsync.spi.RefreshException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Short transactions on a connection of their own, whatever the host's pool has set: READ COMMITTED, with bounded waits,
 * and the connection given back as it was.
 */
public final class Transactions {

    private static final Logger LOG = LoggerFactory.getLogger(Transactions.class);

    /** The server answers within its own limit below, or the link is dead. */
    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(35);

    private static final String LIMITS = "; SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '10s'";

    /** So that no relation, function or operator of the host's, a temporary one included, stands in for one of the catalog. */
    private static final String OWN_NAMES = LIMITS + "; SET LOCAL search_path = pg_catalog, pg_temp";

    private static final String READ = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY";
    private static final String SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";
    private static final String READ_WRITE = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE";
    private static final String WRITE = READ_WRITE + OWN_NAMES;

    /** Also where the host does not wait for the disk: events are acknowledged because an order stands for them. */
    private static final String DURABLE = "; SELECT pg_catalog.set_config('synchronous_commit', CASE"
            + " pg_catalog.current_setting('synchronous_commit') WHEN 'off' THEN 'on'"
            + " ELSE pg_catalog.current_setting('synchronous_commit') END, true)";

    private static final String UNHURRIED = "; SET LOCAL synchronous_commit = off";

    /** In the round trip that begins. */
    private static final String OURS = "; " + OwnTransactions.RECORD;

    /**
     * For statements about a few rows by their keys, whose plan is the same whatever the parameters are, and takes longer to make than to
     * execute. The server would make it anew each time, because it takes a plan for any array to be one for a longer one.
     */
    private static final String PLANNED_ONCE = "; SET LOCAL plan_cache_mode = force_generic_plan";

    private Transactions() {}

    /** What is done inside a transaction. */
    @FunctionalInterface
    public interface Work<T extends @Nullable Object> {
        T in(Connection connection) throws SQLException, RefreshException;
    }

    /** The rows of two queries. */
    record Both<A, B>(List<A> one, List<B> other) {}

    /** Sets the parameters of a statement. */
    @FunctionalInterface
    public interface Parameters {
        void bind(PreparedStatement statement) throws SQLException;
    }

    /** Reads; {@code purpose} begins the message of a failure, such as "reading the catalog". */
    public static <T extends @Nullable Object> T read(DataSource dataSource, String purpose, Work<T> work)
            throws RefreshException {
        return run(dataSource, purpose, begun(READ + OWN_NAMES, work));
    }

    /** Reads by a query of the host's, which finds its tables and functions where the host's queries do. */
    public static <T extends @Nullable Object> T readOnHostPath(DataSource dataSource, String purpose, Work<T> work)
            throws RefreshException {
        return run(dataSource, purpose, begun(READ + LIMITS, work));
    }

    /**
     * Reads in one snapshot, and takes its time.
     *
     * @param longest what one statement may take
     */
    public static <T extends @Nullable Object> T snapshot(
            DataSource dataSource, String purpose, Duration longest, Work<T> work) throws RefreshException {
        String begin = SNAPSHOT + OWN_NAMES + "; SET LOCAL statement_timeout = " + longest.toMillis();
        return run(dataSource, purpose, longest.plusSeconds(5), begun(begin, work));
    }

    /** Writes, all or nothing. */
    public static <T extends @Nullable Object> T write(DataSource dataSource, String purpose, Work<T> work)
            throws RefreshException {
        return run(dataSource, purpose, begun(WRITE, work));
    }

    /**
     * Writes the library's own tables and nothing else, all or nothing: no view that is refreshed depends on that, and
     * the transaction is recorded as one of those.
     */
    public static <T extends @Nullable Object> T own(DataSource dataSource, String purpose, Work<T> work)
            throws RefreshException {
        return run(dataSource, purpose, begun(WRITE + DURABLE + OURS, work));
    }

    /** The same for a log: what a crash of the server takes of the last moments is not worth waiting for its disk. */
    public static <T extends @Nullable Object> T ownLog(DataSource dataSource, String purpose, Work<T> work)
            throws RefreshException {
        return run(dataSource, purpose, begun(WRITE + UNHURRIED + OURS, work));
    }

    /**
     * Changes definitions, all or nothing, and takes its time.
     *
     * @param longest what one statement may take
     * @param lockTimeout how long it waits for a lock, on which others then wait too
     */
    public static <T extends @Nullable Object> T define(
            DataSource dataSource, String purpose, Duration longest, Duration lockTimeout, Work<T> work)
            throws RefreshException {
        String begin = WRITE + "; SET LOCAL statement_timeout = " + longest.toMillis() + "; SET LOCAL lock_timeout = "
                + lockTimeout.toMillis();
        return run(dataSource, purpose, longest.plusSeconds(5), begun(begin, work));
    }

    /** Writes a log in tables that views may read, and so is recorded as nobody's. */
    public static <T extends @Nullable Object> T log(DataSource dataSource, String purpose, Work<T> work)
            throws RefreshException {
        return run(dataSource, purpose, begun(WRITE + UNHURRIED, work));
    }

    /** The rows of one query, in one round trip: the statement is sent between the begin and the commit. */
    static <T> List<T> read(
            DataSource dataSource, String purpose, String sql, Parameters parameters, Rows.Reader<T> reader)
            throws RefreshException {
        return run(dataSource, purpose, atOnce(READ + OWN_NAMES, sql, parameters, results -> results.next(reader)));
    }

    /**
     * The rows of two queries in one round trip, each with a snapshot of its own.
     *
     * @param few whether they are about a few rows, so that a plan made for any number of them will do
     */
    static <A, B> Both<A, B> read(
            DataSource dataSource, String purpose, boolean few, Together.Query<A> one, Together.Query<B> other)
            throws RefreshException {
        String begin = READ + OWN_NAMES + (few ? PLANNED_ONCE : "");
        Work<Both<A, B>> atOnce = atOnce(
                begin,
                one.sql() + "; " + other.sql(),
                statement -> other.parameters().bind(statement, one.parameters().bind(statement, 1)),
                results -> new Both<>(results.next(one.reader()), results.next(other.reader())));
        Work<Both<A, B>> begun = begun(begin, connection -> {
            Together rows = Together.ask(connection, List.of(one, other));
            return new Both<>(rows.of(one), rows.of(other));
        });
        return run(
                dataSource, purpose, connection -> (Driver.describesFirst(connection) ? begun : atOnce).in(connection));
    }

    /** Does {@link #ownLog(DataSource, String, Work)} in one round trip; returns the rows of the one query among the statements. */
    public static <T> List<T> ownLog(
            DataSource dataSource, String purpose, String sql, Parameters parameters, Rows.Reader<T> reader)
            throws RefreshException {
        String begin = WRITE + UNHURRIED + PLANNED_ONCE + OURS;
        return run(dataSource, purpose, atOnce(begin, sql, parameters, results -> results.next(reader)));
    }

    private static <T extends @Nullable Object> Work<T> begun(String begin, Work<T> work) {
        return connection -> {
            try {
                begin(connection, begin);
            } catch (SQLException e) {
                throw refused(e, begin);
            }
            return work.in(connection);
        };
    }

    /** An error in the middle has the server leave out the rest, the commit included. */
    private static <T> Work<T> atOnce(String begin, String sql, Parameters parameters, Answer<T> answer) {
        return connection -> {
            try {
                return answer(connection, begin + "; " + sql + "; COMMIT", parameters, answer);
            } catch (SQLException e) {
                if (!"25001".equals(e.getSQLState())) {
                    throw refused(e, begin);
                }
                // A driver told to prepare everything describes the query before the settings run: then one by one.
                connection.rollback();
                begin(connection, begin);
                return answer(connection, sql, parameters, answer);
            }
        };
    }

    /** A standby says that READ WRITE is not supported; what follows it in our statements is, everywhere. */
    private static SQLException refused(SQLException e, String begin) {
        return begin.startsWith(READ_WRITE) && "0A000".equals(e.getSQLState()) ? SqlErrors.standby(e) : e;
    }

    /** Reads what the queries of a text give, one after the other. */
    private interface Answer<T> {
        T from(Results results) throws SQLException;
    }

    /** What the statements of a text give; those that give no rows are passed over. */
    private static final class Results {
        private final PreparedStatement statement;
        private boolean query;

        Results(PreparedStatement statement) throws SQLException {
            this.statement = statement;
            this.query = statement.execute();
        }

        /** All rows of the next query. */
        <T> List<T> next(Rows.Reader<T> reader) throws SQLException {
            List<T> rows = new ArrayList<>();
            query = Rows.reached(statement, query);
            if (query) {
                ResultSet row = Objects.requireNonNull(statement.getResultSet());
                while (row.next()) {
                    rows.add(reader.read(row));
                }
                query = statement.getMoreResults();
            }
            return rows;
        }
    }

    private static <T> T answer(Connection connection, String sql, Parameters parameters, Answer<T> answer)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setFetchSize(0); // a host's default would leave rows with the server until after the commit
            parameters.bind(statement);
            return answer.from(new Results(statement));
        }
    }

    private static <T extends @Nullable Object> T run(DataSource dataSource, String purpose, Work<T> work)
            throws RefreshException {
        return run(dataSource, purpose, LONGEST_SILENCE, work);
    }

    private static <T extends @Nullable Object> T run(
            DataSource dataSource, String purpose, Duration longestSilence, Work<T> work) throws RefreshException {
        long started = System.nanoTime();
        try (Connection connection = open(dataSource, purpose)) {
            int networkTimeout = NetworkTimeout.set(connection, longestSilence);
            boolean autoCommit = connection.getAutoCommit();
            connection.setAutoCommit(false);
            try {
                T result = work.in(connection);
                connection.commit(); // costs the driver nothing where it has seen the end of the transaction
                return result;
            } catch (Throwable t) {
                undo(connection, t);
                throw t;
            } finally {
                restore(connection, autoCommit, networkTimeout);
            }
        } catch (SQLException e) {
            throw SqlErrors.translate(e, null, purpose, started);
        }
    }

    private static Connection open(DataSource dataSource, String purpose) throws SQLException, RefreshException {
        try {
            return dataSource.getConnection();
        } catch (RuntimeException e) {
            // Pools report a failed start this way.
            throw new RefreshException(
                    RefreshException.Kind.TRANSIENT,
                    purpose + " failed: no connection from the data source: " + e.getMessage(),
                    e);
        }
    }

    private static void begin(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            try {
                statement.execute(sql);
            } catch (SQLException e) {
                if (!"25001".equals(e.getSQLState())) {
                    throw e;
                }
                // A driver told to prepare everything describes a query before the settings run: then one by one.
                connection.rollback();
                for (String one : sql.split("; ")) {
                    statement.execute(one);
                }
            }
        }
    }

    private static void undo(Connection connection, Throwable reason) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            reason.addSuppressed(e);
        }
    }

    private static void restore(Connection connection, boolean autoCommit, int networkTimeout) {
        try {
            connection.setAutoCommit(autoCommit);
            NetworkTimeout.restore(connection, networkTimeout);
        } catch (SQLException e) {
            LOG.debug("The connection is broken; the pool will drop it", e);
        }
    }
}
