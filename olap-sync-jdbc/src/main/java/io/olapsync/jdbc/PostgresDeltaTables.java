package io.olapsync.jdbc;

import io.olapsync.InvalidPlanException;
import io.olapsync.SyncPlan;
import io.olapsync.jdbc.internal.LockKeys;
import io.olapsync.jdbc.internal.Transactions;
import io.olapsync.jdbc.internal.delta.Conversion;
import io.olapsync.jdbc.internal.delta.Derivation;
import io.olapsync.jdbc.internal.delta.Reversion;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.sql.DataSource;

/**
 * Turns materialized views into delta tables, and back.
 *
 * <p>A delta table is a plain table with the name, columns, indexes, grants, owner and comments of the materialized view whose
 * place it takes. Its definition is kept as the plain view {@code olap_sync.definition_<id>}; triggers for statements on the
 * tables that it reads, or events, append the keys of changed rows to a log; and its refresh recomputes those keys only, and writes only
 * the rows that differ. {@link PostgresRefreshExecutor} refreshes both kinds.
 *
 * <p>The role needs the ownership of the views, the privilege {@code TRIGGER} on the tables that they read, unless events say
 * what changes there, and what {@link PostgresSchema} needs. Everything happens in one transaction: it is done, or nothing is. Readers wait for the moment
 * in which the names change, writers for the one in which the triggers are created; both for no longer than the lock timeout
 * where somebody else stands in the way, and then nothing is done.
 *
 * <p>Thread-safe; blocks the calling thread.
 */
public final class PostgresDeltaTables {

    /** Any number: conversions of one database take turns. "olap-con" in ASCII. */
    private static final long CONVERSIONS = 0x6f6c61702d636f6eL;

    private final DataSource dataSource;
    private final PostgresSchema schema;
    private final Duration lockTimeout;
    private final Duration timeout;
    private final boolean replicated;

    private PostgresDeltaTables(
            DataSource dataSource, PostgresSchema schema, Duration lockTimeout, Duration timeout, boolean replicated) {
        this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
        this.schema = schema;
        this.lockTimeout = require(lockTimeout, "lockTimeout");
        this.timeout = require(timeout, "timeout");
        this.replicated = replicated;
    }

    /** Those of this database. Touches no server yet. */
    public static PostgresDeltaTables of(DataSource dataSource) {
        return new PostgresDeltaTables(
                dataSource, PostgresSchema.of(dataSource), Duration.ofSeconds(5), Duration.ofHours(2), false);
    }

    /** The same with another wait for a lock than 5 s, at least 1 ms: so long readers or writers may have to wait with it. */
    public PostgresDeltaTables withLockTimeout(Duration lockTimeout) {
        return new PostgresDeltaTables(dataSource, schema, lockTimeout, timeout, replicated);
    }

    /** The same with another limit for one statement than 2 h: it must be enough to copy the largest view. */
    public PostgresDeltaTables withTimeout(Duration timeout) {
        return new PostgresDeltaTables(dataSource, schema, lockTimeout, timeout, replicated);
    }

    /**
     * The same, but what is converted is captured also where logical replication applies it, and where a session has
     * {@code session_replication_role = replica}; what is converted already, once it is converted again. It costs the apply worker a
     * trigger for each row, for it <a
     * href="https://www.postgresql.org/docs/current/logical-replication-architecture.html">fires no others</a>, and other writers next to nothing. The role needs
     * the ownership of the tables that the views read, to say so of their triggers.
     */
    public PostgresDeltaTables withReplicatedChanges() {
        return new PostgresDeltaTables(dataSource, schema, lockTimeout, timeout, true);
    }

    /**
     * How a view could be declared, from its unique index, and from the joins and groupings of its definition. Each way that is
     * proposed leads to every key that a changed row could touch, and perhaps to more; what cannot be told is said.
     */
    public DeltaProposal propose(ViewName view) throws RefreshException {
        schema.ensure();
        return Transactions.read(
                dataSource, "deriving the declaration of " + view, connection -> Derivation.of(connection, view));
    }

    /**
     * Converts one view; nothing where it is a delta table that was declared just so. One that was declared otherwise is
     * declared anew, and its next refresh looks at all of it.
     *
     * @throws InvalidPlanException with all that is wrong with the declaration, or cannot be carried over
     * @throws RefreshException if the database failed, or a lock was not to be had; nothing has changed then
     */
    public void convert(ViewName view, DeltaSpec spec) throws RefreshException {
        convert(Map.of(view, spec));
    }

    /**
     * Converts several views as one: where one of them reads another, both must be converted at once. Partitions that have come
     * since get their triggers, and triggers that were disabled are enabled.
     */
    public void convert(Map<ViewName, DeltaSpec> declared) throws RefreshException {
        Map<ViewName, DeltaSpec> all = new LinkedHashMap<>(declared);
        execute("converting " + all.keySet(), all.keySet(), connection -> Conversion.of(connection, all, replicated));
    }

    /** Converts the views that a plan declares as delta tables, as one. */
    public void convert(SyncPlan plan) throws RefreshException {
        convert(plan.deltas());
    }

    /** The statements that {@link #convert(SyncPlan)} would run now, in one transaction; runs none of them. */
    public List<String> conversion(SyncPlan plan) throws RefreshException {
        return conversion(plan.deltas());
    }

    /** The statements that {@link #convert(Map)} would run now, in one transaction; runs none of them. */
    public List<String> conversion(Map<ViewName, DeltaSpec> declared) throws RefreshException {
        Map<ViewName, DeltaSpec> all = new LinkedHashMap<>(declared);
        schema.ensure();
        return Transactions.read(
                dataSource,
                "planning the conversion of " + all.keySet(),
                connection -> Conversion.of(connection, all, replicated));
    }

    /**
     * Turns delta tables back into materialized views, populated; nothing for those that are.
     *
     * @throws InvalidPlanException where another delta table needs one of them, or something cannot be carried over
     * @throws RefreshException if the database failed, or a lock was not to be had; nothing has changed then
     */
    public void revert(Collection<ViewName> views) throws RefreshException {
        List<ViewName> all = List.copyOf(views);
        execute("reverting " + all, all, connection -> Reversion.of(connection, all));
    }

    /** The statements that {@link #revert} would run now, in one transaction; runs none of them. */
    public List<String> reversion(Collection<ViewName> views) throws RefreshException {
        List<ViewName> all = List.copyOf(views);
        schema.ensure();
        return Transactions.read(
                dataSource, "planning the reversion of " + all, connection -> Reversion.of(connection, all));
    }

    private interface Script {
        List<String> on(Connection connection) throws SQLException;
    }

    private void execute(String purpose, Collection<ViewName> views, Script script) throws RefreshException {
        schema.ensure();
        Transactions.define(dataSource, purpose, timeout, lockTimeout, connection -> {
            try (Statement statement = connection.createStatement()) {
                // The catalog is read after the locks, so that nobody changes what was read: neither a conversion nor a
                // refresh.
                statement.execute("SELECT pg_catalog.pg_advisory_xact_lock(" + CONVERSIONS + ")");
                for (long key :
                        views.stream().map(LockKeys::of).distinct().sorted().toList()) {
                    statement.execute("SELECT pg_catalog.pg_advisory_xact_lock(" + key + ")");
                }
                for (String sql : script.on(connection)) {
                    statement.execute(sql);
                }
            }
            return true;
        });
    }

    private static Duration require(Duration value, String name) {
        if (value.compareTo(Duration.ofMillis(1)) < 0 || value.compareTo(Duration.ofDays(20)) > 0) {
            throw new IllegalArgumentException(name + " must be between 1 ms and 20 days, not " + value);
        }
        return value;
    }
}
