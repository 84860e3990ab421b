package io.olapsync.jdbc;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.TcpProxy;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import io.olapsync.testkit.contract.StalledRefresh;
import io.olapsync.testkit.internal.KeptSessions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** A database of a test's own with the library's tables, whose link to the adapters under test can be cut. */
final class ContractStore implements AutoCloseable {

    /** The advisory lock that a stalled refresh waits for. */
    private static final long GATE = 4711;

    final TestDatabase db = TestServers.postgres().newDatabase("contract", ContractStore::install);

    /** Connections over the link. */
    final DataSource dataSource;

    private final KeptSessions sessions;
    private final TcpProxy proxy;

    ContractStore() {
        PGSimpleDataSource server = new PGSimpleDataSource();
        server.setURL(db.jdbcUrl());
        proxy = TcpProxy.to(server.getServerNames()[0], server.getPortNumbers()[0]);
        sessions = new KeptSessions(through());
        dataSource = sessions;
    }

    private static void install(TestDatabase db) {
        try {
            PostgresSchema.of(db.pooledDataSource()).ensure();
        } catch (RefreshException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Connections over the link that act as this role. */
    DataSource dataSourceAs(TestRole role) {
        PGSimpleDataSource acting = through();
        acting.setOptions("-c role=" + role.name());
        return acting;
    }

    private PGSimpleDataSource through() {
        PGSimpleDataSource through = new PGSimpleDataSource();
        through.setURL(db.jdbcUrl());
        through.setServerNames(new String[] {"127.0.0.1"});
        through.setPortNumbers(new int[] {proxy.port()});
        through.setAssumeMinServerVersion("9.0"); // the name is sent with the start of a session
        through.setApplicationName("through proxy");
        return through;
    }

    void cut() {
        proxy.cut();
    }

    void restore() {
        proxy.restore();
    }

    /** Ends the sessions that came over the link, also those that come while they end, and waits until they are gone. */
    void endSessions() {
        db.await("SELECT count(pg_terminate_backend(pid)) = 0 FROM pg_stat_activity"
                + " WHERE application_name = 'through proxy' AND datname = current_database()");
    }

    /** A view that was never populated, on an empty table. A row of that which waits does so at the gate. */
    void createView(ViewName view) {
        String table = table(view);
        db.execute(
                "CREATE SCHEMA IF NOT EXISTS " + quoted(view.schema()),
                "CREATE SCHEMA IF NOT EXISTS sources",
                "CREATE TABLE " + table
                        + " (a int, divisor int NOT NULL DEFAULT 1, waits boolean NOT NULL DEFAULT false)",
                "CREATE MATERIALIZED VIEW " + view.sql() + " AS SELECT a, 1 / divisor AS b FROM " + table
                        + " WHERE CASE"
                        + " WHEN waits THEN pg_advisory_xact_lock_shared(" + GATE + ")::text IS NULL ELSE true END"
                        + " WITH NO DATA",
                "CREATE UNIQUE INDEX ON " + view.sql() + " (a)");
    }

    /** In one commit, each of these views is given so many rows by its table. */
    void sourceRows(long rows, ViewName... views) {
        StringBuilder sql = new StringBuilder();
        for (ViewName view : views) {
            sql.append("DELETE FROM " + table(view) + " WHERE NOT waits; INSERT INTO " + table(view)
                    + " SELECT generate_series(1, " + rows + "); ");
        }
        db.execute(sql.toString());
    }

    /** The rows that readers see; zero while it is not populated. */
    long visibleRows(ViewName view) {
        boolean populated =
                db.queryForBoolean("SELECT relispopulated FROM pg_class WHERE oid = ?::regclass", view.sql());
        return populated ? db.queryForLong("SELECT count(*) FROM " + view.sql()) : 0;
    }

    /** From now on its definition fails, as soon as its table has a row. */
    void breakView(ViewName view) {
        db.execute("UPDATE " + table(view) + " SET divisor = 0");
    }

    /** The refreshes of the view from now on wait at a gate until this is closed. */
    StalledRefresh stall(ViewName view) {
        db.execute("INSERT INTO " + table(view) + " VALUES (0, 1, true)");
        Connection gate = db.connect();
        run(gate, "SELECT pg_advisory_lock(" + GATE + ")");
        return new StalledRefresh() {
            @Override
            public void await() {
                db.await("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = "
                        + GATE + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))");
            }

            @Override
            public void close() {
                try {
                    gate.close();
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            }
        };
    }

    /** Whether a session refreshes the view or holds what a refresh takes. */
    boolean isAtWork(ViewName view) {
        return db.queryForBoolean(
                "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = ?::regclass AND mode IN ('ExclusiveLock',"
                        + " 'AccessExclusiveLock', 'ShareUpdateExclusiveLock'))",
                view.sql());
    }

    private static void run(Connection connection, String sql) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String table(ViewName view) {
        return "sources.t" + Integer.toHexString(view.hashCode());
    }

    static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    @Override
    public void close() {
        proxy.close();
        db.close();
    }
}
