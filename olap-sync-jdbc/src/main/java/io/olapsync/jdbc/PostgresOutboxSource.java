package io.olapsync.jdbc;

import io.olapsync.jdbc.internal.Transactions;
import io.olapsync.jdbc.internal.outbox.OutboxPruning;
import io.olapsync.jdbc.internal.outbox.OutboxRows;
import io.olapsync.jdbc.internal.outbox.OutboxWake;
import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventSource;
import io.olapsync.spi.EventsUnavailableException;
import io.olapsync.spi.RefreshException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Events straight from the outbox table, for hosts without a stream. Any number of processes may read one table: each row
 * is given to one of them, on a lease.
 *
 * <p>Whatever is committed and not done is found, in the order of the ids, whenever its transaction committed: there is no
 * mark that moves past a row. Nothing is written where there is nothing to deliver. Rows that vanish otherwise
 * (TRUNCATE, DELETE, an older backup) leave no trace, so a batch of this source never tells of a gap: run a full sync
 * after such a thing.
 *
 * <p>No connection is held between two calls, but one where it {@linkplain Builder#listen listens}. The data source stays
 * the caller's.
 */
public final class PostgresOutboxSource implements EventSource {

    private static final Logger LOG = LoggerFactory.getLogger(PostgresOutboxSource.class);

    private final DataSource dataSource;
    private final OutboxTable table;
    private final OutboxRows rows;
    private final OutboxPruning pruning;
    private final OutboxWake wake;
    private final Duration patience;
    private final int maxDeliveries;
    private final String consumer = ProcessHandle.current().pid() + "-" + UUID.randomUUID();
    private final Set<String> held = ConcurrentHashMap.newKeySet();
    private volatile boolean away;

    private PostgresOutboxSource(Builder builder) {
        this.dataSource = builder.dataSource;
        this.table = builder.table;
        this.patience = builder.patience;
        this.maxDeliveries = builder.maxDeliveries;
        this.rows = new OutboxRows(table, builder.keepDone);
        this.pruning = new OutboxPruning(dataSource, rows, builder.keepDone);
        this.wake = new OutboxWake(dataSource, builder.channel, builder.pollInterval);
    }

    /** A source with the defaults: the table {@link OutboxTable#defaults()}, no listening. Touches no server yet. */
    public static PostgresOutboxSource of(DataSource dataSource) {
        return builder(dataSource).build();
    }

    /** A source to be described. */
    public static Builder builder(DataSource dataSource) {
        return new Builder(dataSource);
    }

    @Override
    public String name() {
        return "the outbox " + table.name();
    }

    /** {@inheritDoc} Once closed, it is empty. An interrupt ends the wait and stays set. */
    @Override
    public Batch poll(int most, Duration wait) throws EventsUnavailableException {
        if (most < 1 || wait.isNegative()) {
            throw new IllegalArgumentException(
                    "a poll is for at least one message and waits for no negative time, not " + most + " and " + wait);
        }
        long started = System.nanoTime();
        long longest =
                wait.compareTo(Duration.ofDays(1)) > 0 ? Duration.ofDays(1).toNanos() : wait.toNanos();
        wake.drain();
        while (!wake.isClosed()) {
            Batch batch = claim(most);
            long left = longest - (System.nanoTime() - started);
            if (!batch.equals(Batch.EMPTY)
                    || left <= 0
                    || Thread.currentThread().isInterrupted()) {
                return batch;
            }
            if (!wake.listen()) {
                wake.await(left);
            }
        }
        return Batch.EMPTY;
    }

    /** Nothing: this source tells of no gaps. */
    @Override
    public void gapRecorded() {}

    @Override
    public void acknowledge(Collection<String> ids) throws EventsUnavailableException {
        if (!ids.isEmpty()) {
            asked(() -> Transactions.write(dataSource, "ending events of " + name(), c -> rows.done(c, ids)));
            held.removeAll(Set.copyOf(ids));
        }
    }

    @Override
    public void keep(Collection<String> ids) throws EventsUnavailableException {
        if (!ids.isEmpty()) {
            asked(() -> Transactions.log(
                    dataSource, "keeping events of " + name(), c -> rows.keep(c, ids, consumer, patience)));
        }
    }

    @Override
    public Duration patience() {
        return patience;
    }

    /**
     * {@inheritDoc} Ends a poll that waits, and gives back what was delivered and not acknowledged, so that another
     * process has it at once; where the database is away, once the lease has run out.
     */
    @Override
    public void close() {
        wake.close();
        giveBack();
    }

    private Batch claim(int most) throws EventsUnavailableException {
        Batch batch = asked(() -> {
            rows.ensureUsable(dataSource);
            pruning.nowAndThen();
            return Transactions.log(
                    dataSource,
                    "reading " + name(),
                    connection -> rows.claim(connection, most, consumer, patience, maxDeliveries));
        });
        batch.setAside().forEach(row -> LOG.debug("Set aside in {}: {}, {}", name(), row.id(), row.reason()));
        batch.events().stream().map(ChangeEvent::id).forEach(held::add);
        if (wake.isClosed()) {
            giveBack(); // what came after close() had given back the rest
            return new Batch(List.of(), false, batch.setAside());
        }
        return batch;
    }

    private void giveBack() {
        Set<String> ids = Set.copyOf(held);
        held.removeAll(ids);
        if (ids.isEmpty() || away) {
            return;
        }
        try {
            Transactions.log(dataSource, "giving back events of " + name(), c -> rows.release(c, ids, consumer));
        } catch (RefreshException e) {
            LOG.info(
                    "{} events of {} go to another process when their lease ends: {}",
                    ids.size(),
                    name(),
                    e.getMessage());
        }
    }

    private interface Question<T> {
        T ask() throws RefreshException;
    }

    private <T> T asked(Question<T> question) throws EventsUnavailableException {
        try {
            T answer = question.ask();
            away = false;
            return answer;
        } catch (RefreshException e) {
            away = true;
            throw new EventsUnavailableException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Collects what differs from the defaults. Not thread-safe. */
    public static final class Builder {

        private final DataSource dataSource;
        private OutboxTable table = OutboxTable.defaults();
        private Duration patience = Duration.ofMinutes(1);
        private Duration keepDone = Duration.ofDays(1);
        private Duration pollInterval = Duration.ofMillis(250);
        private int maxDeliveries = 5;
        private @Nullable String channel;

        private Builder(DataSource dataSource) {
            this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
        }

        /** The table; {@link OutboxTable#defaults()} by default. */
        public Builder table(OutboxTable table) {
            this.table = Objects.requireNonNull(table, "table");
            return this;
        }

        /** How long a row stays with a process that does not keep it; 1 minute by default, at least 1 s. */
        public Builder patience(Duration patience) {
            this.patience = Ranges.require(patience, "patience", Duration.ofSeconds(1));
            return this;
        }

        /** How long an acknowledged row stays in the table; 1 day by default; zero: it is deleted at once. */
        public Builder keepDone(Duration keepDone) {
            this.keepDone = Ranges.require(keepDone, "keepDone", Duration.ZERO);
            return this;
        }

        /** How often a poll that waits looks at the table; 250 ms by default, at least 1 ms. */
        public Builder pollInterval(Duration interval) {
            this.pollInterval = Ranges.require(interval, "pollInterval", Duration.ofMillis(1));
            return this;
        }

        /** A row delivered so often and never acknowledged is set aside instead; 5 by default, at least 1. */
        public Builder maxDeliveries(int deliveries) {
            if (deliveries < 1) {
                throw new IllegalArgumentException("maxDeliveries must be at least 1, not " + deliveries);
            }
            this.maxDeliveries = deliveries;
            return this;
        }

        /**
         * The channel on which the host says NOTIFY in the transactions that write events: a poll then waits on it, on a
         * connection held for that, and looks at the table every 5 s beside. Needs the driver
         * {@code org.postgresql}; with another one it is as if it were not set.
         */
        public Builder listen(String channel) {
            this.channel = Ranges.requireChannel(channel);
            return this;
        }

        /** The source. Touches no server yet. */
        public PostgresOutboxSource build() {
            return new PostgresOutboxSource(this);
        }
    }
}
