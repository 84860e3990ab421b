package io.olapsync.examples;

import io.lettuce.core.RedisClient;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.jdbc.PostgresPlugin;
import io.olapsync.jdbc.PostgresSchema;
import io.olapsync.jdbc.PostgresSettings;
import io.olapsync.redis.RedisClients;
import io.olapsync.redis.RedisEndpoint;
import io.olapsync.redis.RedisPlugin;
import io.olapsync.redis.RedisViewCache;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.SyncPlugin;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.PostgresServer;
import io.olapsync.testkit.RedisServer;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Set;
import javax.sql.DataSource;

/** A database with a source table {@code t}, views on it, a part of a Redis, and engines that work on both. */
final class Warehouse implements AutoCloseable {

    /** The advisory lock that gated views wait for. */
    private static final long GATE = 4711;

    static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Reacts sooner than the defaults, so that a test need not wait for them. */
    static final PostgresSettings SETTINGS = PostgresSettings.defaults()
            .withLockTimeout(Duration.ofMinutes(5)) // the gate is a lock, too
            .withConnectionCheckInterval(Duration.ofMillis(200))
            .withCancelGrace(Duration.ofSeconds(1));

    private static final String HERE = " (SELECT oid FROM pg_database WHERE datname = current_database())";

    final TestDatabase db;
    final String redisUri;
    final String prefix;
    final RedisClient redis;

    private Warehouse(PostgresServer postgres, RedisServer redisServer) {
        this.db = postgres.newDatabase("warehouse", Warehouse::install);
        this.redisUri = redisServer.uri();
        this.prefix = redisServer.newPrefix();
        this.redis = redisClient(redisUri);
    }

    private static void install(TestDatabase db) {
        try {
            PostgresSchema.of(db.pooledDataSource()).ensure();
        } catch (RefreshException e) {
            throw new IllegalStateException(e);
        }
        db.execute(
                "CREATE TABLE t (a int PRIMARY KEY, b bigint NOT NULL)",
                "INSERT INTO t SELECT g, 0 FROM generate_series(1, 10) g",
                "CREATE FUNCTION gate() RETURNS int LANGUAGE plpgsql AS"
                        + " $$ BEGIN PERFORM pg_advisory_xact_lock_shared(" + GATE + "); RETURN 1; END $$");
    }

    /** On the servers that all tests share. */
    static Warehouse create() {
        return on(TestServers.postgres(), TestServers.redis());
    }

    static Warehouse on(PostgresServer postgres, RedisServer redis) {
        return new Warehouse(postgres, redis);
    }

    static RedisClient redisClient(String uri) {
        RedisClient client = RedisClient.create(uri);
        client.setOptions(RedisClients.recommendedOptions());
        return client;
    }

    /** A populated view of {@code a} and {@code b}, with its unique index. */
    void view(String name, String definition) {
        db.execute("CREATE MATERIALIZED VIEW " + name + " AS " + definition, "CREATE UNIQUE INDEX ON " + name + " (a)");
    }

    void view(String name) {
        view(name, "SELECT a, b FROM t");
    }

    /** A view whose refresh waits at the gate while that is shut. */
    void gatedView(String name) {
        view(name, "SELECT a, b FROM t, (SELECT gate() OFFSET 0) g");
    }

    /** Commits a change that each view on {@code t} has to show. */
    void change() {
        db.execute("UPDATE t SET b = b + 1 WHERE a = 1");
    }

    /** What a reader of this view, or of the table {@code t}, sees: it tells one {@link #change} from the next. */
    long sum(String relation) {
        return db.queryForLong("SELECT sum(b)::bigint FROM " + relation);
    }

    /** What a reader sees who asks the cache first. */
    long cachedSum(RedisViewCache cache, String view) {
        Long sum = cache.get(Set.of(ViewName.parse(view)), "sum", Long.class, () -> sum(view));
        return sum == null ? -1 : sum;
    }

    RedisViewCache cache() {
        return RedisViewCache.builder(RedisEndpoint.of(redis)).keyPrefix(prefix).build();
    }

    SyncPlugin redisPlugin() {
        return redisPlugin(redis, prefix);
    }

    static SyncPlugin redisPlugin(RedisClient client, String prefix) {
        return RedisPlugin.of(client).with(invalidator -> invalidator.keyPrefix(prefix));
    }

    static SyncPlugin postgresPlugin(DataSource dataSource) {
        return PostgresPlugin.builder(dataSource).settings(SETTINGS).build();
    }

    /** An engine with both plugins that retries soon. */
    OlapSync.Builder sync(SyncPlan plan) {
        return sync(plan, db.pooledDataSource());
    }

    OlapSync.Builder sync(SyncPlan plan, DataSource dataSource) {
        return impatient(
                OlapSync.builder(plan).install(postgresPlugin(dataSource)).install(redisPlugin()));
    }

    static OlapSync.Builder impatient(OlapSync.Builder builder) {
        return builder.retry(1_000, Duration.ofMillis(200))
                .contention(2_000, Duration.ofMillis(5), Duration.ofMillis(50));
    }

    /** Shuts the gate until the result is closed, or the server dies. */
    Gate shutGate() {
        return new Gate(db.connect());
    }

    record Gate(Connection connection) implements AutoCloseable {
        Gate {
            try (Statement statement = connection.createStatement()) {
                statement.execute("SELECT pg_advisory_lock(" + GATE + ")");
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() {
            try {
                connection.close();
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Waits until so many refreshes wait at the gate. */
    void awaitAtGate(int refreshes) {
        db.await("SELECT count(*) = " + refreshes + " FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND"
                + " objid = " + GATE + " AND database =" + HERE);
    }

    /** Ends the sessions that wait at the gate, and tells how many there were. */
    long terminateAtGate() {
        return db.queryForLong("SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND"
                + " NOT granted AND objid = " + GATE + " AND database =" + HERE);
    }

    /** No refresh is at work, and no lock of the library is held. */
    void awaitNothingLeft() {
        db.await("SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND objid <> "
                + GATE + " AND database =" + HERE + ")");
        db.await("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
                + " AND query LIKE 'REFRESH%' AND state = 'active')");
    }

    /** Waits until no change is without its invalidation. */
    void awaitNoPendingInvalidation() {
        db.await("SELECT NOT EXISTS (SELECT FROM olap_sync.invalidation)");
    }

    @Override
    public void close() {
        redis.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        db.close();
    }
}
