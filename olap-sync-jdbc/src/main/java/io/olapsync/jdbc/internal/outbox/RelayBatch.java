package io.olapsync.jdbc.internal.outbox;

import io.olapsync.jdbc.OutboxTable;
import io.olapsync.jdbc.internal.LockKeys;
import io.olapsync.jdbc.internal.Transactions;
import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventPublisher;
import io.olapsync.spi.EventSource.Batch;
import io.olapsync.spi.EventSource.SetAside;
import io.olapsync.spi.EventsUnavailableException;
import io.olapsync.spi.RefreshException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One batch of a relay, all of it in one transaction. */
public final class RelayBatch {

    /**
     * The lock is taken by a statement before the one that reads: each has its own snapshot, so what the former holder
     * has marked is seen. A relay that stands still while it publishes gives way after the time limit.
     */
    private static final String LOCK =
            "SET LOCAL idle_in_transaction_session_timeout = '60s'; SELECT pg_try_advisory_xact_lock(%d)";

    private static final Logger LOG = LoggerFactory.getLogger(RelayBatch.class);

    private final DataSource dataSource;
    private final EventPublisher publisher;
    private final OutboxTable table;
    private final OutboxRows rows;
    private final int most;

    public RelayBatch(DataSource dataSource, EventPublisher publisher, OutboxTable table, OutboxRows rows, int most) {
        this.dataSource = dataSource;
        this.publisher = publisher;
        this.table = table;
        this.rows = rows;
        this.most = most;
    }

    /**
     * What became of a batch.
     *
     * @param busy whether another relay had the lock
     * @param more whether the batch was full, so that there may be more
     * @param oldest what still waits
     */
    public record Result(boolean busy, int sent, int setAside, boolean more, OutboxRows.Oldest oldest) {}

    /** Carries the exception of the publisher out of the transaction, which is rolled back. */
    private static final class NotPublished extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final EventsUnavailableException reason;

        NotPublished(EventsUnavailableException reason) {
            super(reason);
            this.reason = reason;
        }
    }

    public Result relay() throws EventsUnavailableException {
        try {
            rows.ensureUsable(dataSource);
            return Transactions.write(dataSource, "relaying the outbox " + table.name(), this::relay);
        } catch (NotPublished e) {
            throw e.reason;
        } catch (RefreshException e) {
            throw new EventsUnavailableException(String.valueOf(e.getMessage()), e);
        }
    }

    private Result relay(Connection connection) throws SQLException {
        if (!lock(connection)) {
            return new Result(true, 0, 0, false, rows.oldest(connection));
        }
        Batch batch = rows.pick(connection, most);
        if (!batch.events().isEmpty()) {
            try {
                publisher.publish(batch.events());
            } catch (EventsUnavailableException e) {
                throw new NotPublished(e);
            }
            rows.done(connection, batch.events().stream().map(ChangeEvent::id).toList());
        }
        for (SetAside row : batch.setAside()) {
            rows.setAside(connection, row);
            LOG.warn("Set aside in the outbox {}: {}, {}", table.name(), row.id(), row.reason());
        }
        int sent = batch.events().size();
        int setAside = batch.setAside().size();
        return new Result(false, sent, setAside, sent + setAside == most, rows.oldest(connection));
    }

    private boolean lock(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(LOCK.formatted(LockKeys.ofRelay(table.name())));
            statement.getMoreResults();
            try (ResultSet row = statement.getResultSet()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }
}
