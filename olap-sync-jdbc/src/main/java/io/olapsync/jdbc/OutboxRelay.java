package io.olapsync.jdbc;

import io.olapsync.jdbc.internal.outbox.OutboxPruning;
import io.olapsync.jdbc.internal.outbox.OutboxRows;
import io.olapsync.jdbc.internal.outbox.OutboxWake;
import io.olapsync.jdbc.internal.outbox.RelayBatch;
import io.olapsync.jdbc.internal.outbox.RelayLoop;
import io.olapsync.spi.EventPublisher;
import io.olapsync.spi.EventsUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Carries the rows of the outbox table to a publisher, each at least once, with the transaction that wrote it.
 *
 * <p>Order: rows go out by their ids among those that are visible, batch after batch. So an event whose transaction had
 * committed before another event was written goes before that one, wherever ids come from one sequence without a cache
 * ({@code CACHE 1}, the default). Of transactions that ran at the same time either may come first; one that commits late
 * is sent late, after higher ids, and never left out.
 *
 * <p>Any number of processes may relay one table: an advisory lock lets one batch at a time through, and the others look
 * again after a pause. A row is marked in the transaction that holds the lock, after the publisher has it: who dies in
 * between leaves it to be sent once more.
 *
 * <p>Thread-safe. The data source and the publisher stay the caller's. There is no thread before {@link #start()}.
 */
public final class OutboxRelay implements AutoCloseable {

    private final RelayLoop loop;

    private OutboxRelay(Builder builder) {
        OutboxRows rows = new OutboxRows(builder.table, builder.keepDone);
        RelayBatch batch =
                new RelayBatch(builder.dataSource, builder.publisher, builder.table, rows, builder.batchSize);
        this.loop = new RelayLoop(
                batch,
                new OutboxWake(builder.dataSource, builder.channel, builder.pollInterval),
                new OutboxPruning(builder.dataSource, rows, builder.keepDone),
                builder.table);
    }

    /** What a relay is doing. */
    public enum State {
        /** Nothing: it was not started, or another thread calls {@link #relayOnce()}. */
        IDLE,
        /** It carries rows, or waits for some. */
        RELAYING,
        /** Another one carries them; it is ready to take over. */
        STANDING_BY,
        /** The last attempt failed; the next one comes by itself. */
        FAILING,
        /** Over. */
        CLOSED
    }

    /**
     * How a relay is doing.
     *
     * @param lastError what the last attempt failed with; empty after a success
     * @param relayed how many rows this relay has sent and marked
     * @param setAside how many rows this relay has set aside
     * @param lastRelayed when the last of them was marked, by the database's clock
     * @param oldestUnrelayed for how long the first row that waits has waited; empty where none did when this relay last
     *     looked, or where the table does not tell
     */
    public record Status(
            State state,
            Optional<String> lastError,
            long relayed,
            long setAside,
            Optional<Instant> lastRelayed,
            Optional<Duration> oldestUnrelayed) {}

    /** A relay with the defaults. Touches no server yet. */
    public static OutboxRelay of(DataSource dataSource, EventPublisher publisher) {
        return builder(dataSource, publisher).build();
    }

    /** A relay to be described. */
    public static Builder builder(DataSource dataSource, EventPublisher publisher) {
        return new Builder(dataSource, publisher);
    }

    /**
     * Carries rows in the background until {@link #close()}, on one daemon thread. A second call does nothing.
     *
     * @throws IllegalStateException if it is closed
     */
    public void start() {
        loop.start();
    }

    /**
     * Carries one batch, on the calling thread.
     *
     * @return how many rows were sent; zero where there are none, where another relay is at work, and once it is closed
     * @throws EventsUnavailableException if the database or the publisher cannot be reached, or the table is not as it
     *     should be; what was not marked is sent by the next call
     */
    public int relayOnce() throws EventsUnavailableException {
        return loop.relayOnce();
    }

    /** How it is doing. Asks nobody and does not block. */
    public Status status() {
        return loop.status();
    }

    /** Ends the background work, after the batch that is on its way, if there is one. A second call does nothing. */
    @Override
    public void close() {
        loop.close();
    }

    /** Collects what differs from the defaults. Not thread-safe. */
    public static final class Builder {

        private final DataSource dataSource;
        private final EventPublisher publisher;
        private OutboxTable table = OutboxTable.defaults();
        private Duration keepDone = Duration.ofDays(1);
        private Duration pollInterval = Duration.ofMillis(250);
        private int batchSize = 500;
        private @Nullable String channel;

        private Builder(DataSource dataSource, EventPublisher publisher) {
            this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
            this.publisher = Objects.requireNonNull(publisher, "publisher");
        }

        /** The table; {@link OutboxTable#defaults()} by default. */
        public Builder table(OutboxTable table) {
            this.table = Objects.requireNonNull(table, "table");
            return this;
        }

        /** How long a relayed row stays in the table; 1 day by default; zero: it is deleted at once. */
        public Builder keepDone(Duration keepDone) {
            this.keepDone = Ranges.require(keepDone, "keepDone", Duration.ZERO);
            return this;
        }

        /** How often the table is looked at where it was empty; 250 ms by default, at least 1 ms. */
        public Builder pollInterval(Duration interval) {
            this.pollInterval = Ranges.require(interval, "pollInterval", Duration.ofMillis(1));
            return this;
        }

        /** The most rows of one batch; 500 by default, at least 1. */
        public Builder batchSize(int rows) {
            if (rows < 1) {
                throw new IllegalArgumentException("batchSize must be at least 1, not " + rows);
            }
            this.batchSize = rows;
            return this;
        }

        /** The channel on which the host says NOTIFY, as in {@link PostgresOutboxSource.Builder#listen}. */
        public Builder listen(String channel) {
            this.channel = Ranges.requireChannel(channel);
            return this;
        }

        /** The relay. Touches no server yet. */
        public OutboxRelay build() {
            return new OutboxRelay(this);
        }
    }
}
