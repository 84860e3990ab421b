package io.olapsync.jdbc;

import io.olapsync.jdbc.OutboxTable.Column;
import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventPublisher;
import io.olapsync.spi.EventSource.Batch;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A database of a test's own with an outbox. */
final class Outbox implements AutoCloseable {

    /** No time to wait. */
    static final Duration AT_ONCE = Duration.ZERO;

    /** Longer than any test takes. */
    static final Duration LONG = Duration.ofMinutes(5);

    final TestDatabase db;
    final OutboxTable table;
    private final String id;
    private final String claimedUntil;

    private Outbox(TestDatabase db, OutboxTable table) {
        this.db = db;
        this.table = table;
        this.id = quoted(Column.ID);
        this.claimedUntil = quoted(Column.CLAIMED_UNTIL);
    }

    /** A new one in this database. */
    static Outbox in(TestDatabase db, OutboxTable table) {
        db.execute(
                "CREATE SCHEMA IF NOT EXISTS "
                        + ContractStore.quoted(table.name().schema()),
                table.ddl());
        return new Outbox(db, table);
    }

    /** The one that is in this database already. */
    static Outbox of(TestDatabase db) {
        return new Outbox(db, OutboxTable.defaults());
    }

    static Outbox create() {
        return create(OutboxTable.defaults());
    }

    static Outbox create(OutboxTable table) {
        return new Outbox(TestServers.postgres().newDatabase("outbox " + table, db -> in(db, table)), table);
    }

    PostgresOutboxSource.Builder source() {
        return PostgresOutboxSource.builder(db.pooledDataSource()).table(table);
    }

    OutboxRelay.Builder relay(EventPublisher publisher) {
        return OutboxRelay.builder(db.pooledDataSource(), publisher).table(table);
    }

    String quoted(Column column) {
        return ContractStore.quoted(table.column(column).orElseThrow());
    }

    /** Writes and commits events of this type; the ids. */
    List<String> write(String type, int count) {
        for (int i = 0; i < count; i++) {
            write(type, "{}");
        }
        return ids().subList(ids().size() - count, ids().size());
    }

    /** Writes and commits an event; its transaction. */
    long write(String type, String payload) {
        try (Connection connection = db.pooledDataSource().getConnection()) {
            connection.setAutoCommit(false);
            long transaction = PostgresTransactions.append(connection, table, type, payload);
            connection.commit();
            return transaction;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A transaction of the host. */
    Connection begin() throws SQLException {
        Connection connection = db.connect();
        connection.setAutoCommit(false);
        return connection;
    }

    /** All ids in the table, in order. */
    List<String> ids() {
        return db.rows("SELECT t." + id + "::text FROM " + table.name().sql() + " t ORDER BY t." + id).stream()
                .map(row -> String.valueOf(row.get(0)))
                .toList();
    }

    /** How many rows are like this. */
    long count(String condition) {
        return db.queryForLong("SELECT count(*) FROM " + table.name().sql() + " WHERE " + condition);
    }

    /** Lets the leases of all rows run out. */
    void expire() {
        db.update("UPDATE " + table.name().sql() + " SET " + claimedUntil
                + " = clock_timestamp() - interval '1 s' WHERE " + claimedUntil + " IS NOT NULL");
    }

    static List<String> ids(Batch batch) {
        return batch.events().stream().map(ChangeEvent::id).toList();
    }

    /** Keeps what it is given. */
    static final class Published implements EventPublisher {

        final List<ChangeEvent> events = new CopyOnWriteArrayList<>();

        @Override
        public void publish(List<ChangeEvent> batch) {
            events.addAll(batch);
        }

        List<String> ids() {
            return events.stream().map(ChangeEvent::id).toList();
        }

        @Override
        public void close() {}
    }

    @Override
    public void close() {
        db.close();
    }
}
