package io.olapsync.examples;

import io.lettuce.core.Consumer;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XClaimArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.lettuce.core.XTrimArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.jdbc.OutboxRelay;
import io.olapsync.jdbc.OutboxTable;
import io.olapsync.jdbc.PostgresTransactions;
import io.olapsync.redis.RedisEndpoint;
import io.olapsync.redis.RedisPlugin;
import io.olapsync.redis.RedisStreamEventSource;
import io.olapsync.redis.RedisStreamPublisher;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** The stream and the outbox of a {@link Warehouse}: what a host sends, and what has become of it. */
final class EventFeed implements AutoCloseable {

    static final String GROUP = "olapsync";
    static final Duration QUIET = Duration.ofMillis(150);
    static final Duration LONGEST = Duration.ofSeconds(1);

    /** After how long a dead process's events are taken over; many times the pause between two signs of life. */
    static final Duration TAKEOVER = Duration.ofSeconds(1);

    final String stream;
    private final Warehouse warehouse;
    private final StatefulRedisConnection<String, String> connection;
    private final RedisStreamPublisher publisher;

    private EventFeed(Warehouse warehouse) {
        this.warehouse = warehouse;
        this.stream = stream(warehouse.prefix);
        this.connection = warehouse.redis.connect();
        this.publisher = RedisStreamPublisher.of(RedisEndpoint.of(warehouse.redis), stream);
    }

    static EventFeed of(Warehouse warehouse) {
        return new EventFeed(warehouse);
    }

    static String stream(String prefix) {
        return prefix + "events";
    }

    /** The outbox, where a test wants one. */
    EventFeed withOutbox() {
        warehouse.db.execute(OutboxTable.defaults().ddl());
        return this;
    }

    /** An engine that reads the stream once it is started. */
    OlapSync.Builder sync(SyncPlan plan) {
        return sync(plan, source -> source);
    }

    OlapSync.Builder sync(SyncPlan plan, UnaryOperator<RedisStreamEventSource.Builder> changes) {
        return hasty(OlapSync.builder(plan)
                .install(Warehouse.postgresPlugin(warehouse.db.pooledDataSource()))
                .install(redisPlugin(warehouse).events(stream, source -> changes.apply(source.patience(TAKEOVER)))));
    }

    private static RedisPlugin redisPlugin(Warehouse warehouse) {
        return RedisPlugin.of(warehouse.redis).with(invalidator -> invalidator.keyPrefix(warehouse.prefix));
    }

    /** The debounce of tests. */
    static OlapSync.Builder hasty(OlapSync.Builder builder) {
        return Warehouse.impatient(builder).debounce(QUIET, LONGEST);
    }

    /** A relay from the outbox to the stream, to be started. */
    OutboxRelay relay() {
        return OutboxRelay.builder(warehouse.db.pooledDataSource(), publisher)
                .pollInterval(Duration.ofMillis(20))
                .build();
    }

    /** Commits a change of {@code t} and then sends its event with the id of its transaction. */
    String change(String type) {
        return send(type, commitChange());
    }

    /** So many of them, one after the other and as fast as it goes. */
    void changes(String type, int many) {
        try (Connection tx = warehouse.db.connect()) {
            tx.setAutoCommit(false);
            for (int i = 0; i < many; i++) {
                long id = writeChange(tx);
                tx.commit();
                send(type, id);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Commits a change of {@code t}, whose event nobody sends. */
    long commitChange() {
        try (Connection tx = warehouse.db.connect()) {
            tx.setAutoCommit(false);
            long id = writeChange(tx);
            tx.commit();
            return id;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Changes {@code t} in a transaction of the caller's, and tells its id. */
    static long writeChange(Connection tx) throws SQLException {
        try (Statement statement = tx.createStatement()) {
            statement.execute("UPDATE t SET b = b + 1 WHERE a = 1");
        }
        return PostgresTransactions.currentTransactionId(tx);
    }

    String send(String type, long transaction) {
        return redis().xadd(stream, Map.of("type", type, "xid", String.valueOf(transaction)));
    }

    RedisCommands<String, String> redis() {
        return connection.sync();
    }

    /** Lets somebody have all that was not delivered yet who then dies: nothing of it is acknowledged. */
    List<String> readAndDie(String consumer) {
        List<StreamMessage<String, String>> read =
                redis().xreadgroup(Consumer.from(GROUP, consumer), StreamOffset.lastConsumed(stream));
        return read.stream().map(StreamMessage::getId).toList();
    }

    /** Delivers these messages once more to somebody who then dies. */
    void deliverAgain(String consumer, List<String> ids) {
        redis().xclaim(stream, Consumer.from(GROUP, consumer), new XClaimArgs(), ids.toArray(String[]::new));
    }

    void trimAll() {
        redis().xtrim(stream, XTrimArgs.Builder.maxlen(0).exactTrimming());
    }

    /** How many messages were delivered and not acknowledged. */
    long pending() {
        return redis().xpending(stream, GROUP).getCount();
    }

    void awaitPending(long messages) {
        await(() -> pending() + " messages are pending, not " + messages, () -> pending() == messages);
    }

    /** Nothing is pending, and nothing was left out: the group has been given the last message. */
    void awaitAllAcknowledged() {
        await(
                () -> "Redis is out of reach",
                connection::isOpen); // after a failover that of the engine may be back first
        String last = redis().xrevrange(stream, Range.unbounded(), Limit.from(1)).stream()
                .map(StreamMessage::getId)
                .findFirst()
                .orElse("0-0");
        await(
                () -> pending() + " messages are pending, delivered up to " + lastDelivered() + " of " + last,
                () -> lastDelivered().equals(last) && pending() == 0);
    }

    private String lastDelivered() {
        for (Object group : redis().xinfoGroups(stream)) {
            List<?> fields = (List<?>) group;
            if (fields.get(fields.indexOf("name") + 1).equals(GROUP)) {
                return String.valueOf(fields.get(fields.indexOf("last-delivered-id") + 1));
            }
        }
        return "";
    }

    /** How many refreshes of this view were committed. */
    long refreshes(String view) {
        return warehouse.db.queryForLong(
                "SELECT count(*) FROM olap_sync.step WHERE view_name = ? AND status = 'completed'", view);
    }

    void awaitRefreshes(String view, long wanted) {
        warehouse.db.await(
                "SELECT count(*) >= ? FROM olap_sync.step WHERE view_name = ? AND status = 'completed'", wanted, view);
    }

    /** Says of the runs of a process that was killed what the sweep will say of them after a while. */
    void runsDied() {
        warehouse.db.execute("UPDATE olap_sync.run SET status = 'abandoned' WHERE status = 'running'");
    }

    /** No run is under way, and the database has recorded the end of each. */
    void awaitNoRun() {
        warehouse.db.await("SELECT NOT EXISTS (SELECT FROM olap_sync.run WHERE status = 'running')");
    }

    /** A stream that is new may have lost something: waits until that is dealt with. */
    void awaitFirstOrders(String view) {
        awaitRefreshes(view, 1);
        awaitNoRun();
        warehouse.db.await("SELECT NOT EXISTS (SELECT FROM olap_sync.refresh_order)");
    }

    static void await(Supplier<String> otherwise, BooleanSupplier condition) {
        long deadline = System.nanoTime() + Warehouse.PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError(otherwise.get());
            }
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
    }

    @Override
    public void close() {
        publisher.close();
        connection.close();
    }
}
