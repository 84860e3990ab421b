package io.olapsync.testkit.internal;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The databases of a server that tests are done with, emptied for the next: a new one costs a copy of the template's 300
 * files and two checkpoints, an emptied one costs the removal of what the test has made.
 *
 * <p>A database is kept only where nothing that outlives its schemas was touched: its owner, its privileges, extensions,
 * publications and the like. Any doubt, and the caller drops it. Thread-safe.
 */
public final class UsedDatabases {

    private static final String END_SESSIONS = """
            SELECT coalesce(bool_and(pg_terminate_backend(pid, 10000)), true) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
            """;

    /** What a test leaves behind goes with its schemas and with the settings of the database. */
    private static final String EMPTY = """
            DO $$
            DECLARE name text;
            BEGIN
                EXECUTE format('ALTER DATABASE %I RESET ALL', current_database());
                FOR name IN SELECT nspname FROM pg_namespace
                             WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
                    EXECUTE format('DROP SCHEMA %I CASCADE', name);
                END LOOP;
                CREATE SCHEMA public;
                COMMENT ON SCHEMA public IS 'standard public schema';
                IF current_setting('server_version_num')::int >= 150000 THEN
                    ALTER SCHEMA public OWNER TO pg_database_owner;
                    GRANT USAGE ON SCHEMA public TO PUBLIC;
                ELSE
                    GRANT ALL ON SCHEMA public TO PUBLIC;
                END IF;
            END $$
            """;

    /** 16384 is the first number the server gives to an object of a user. */
    private static final String CLEAN = """
            SELECT (SELECT datacl IS NULL AND datconnlimit = -1 AND datdba = 10
                      FROM pg_database WHERE datname = current_database())
               AND NOT EXISTS (SELECT FROM pg_depend WHERE objid >= 16384 OR refobjid >= 16384)
               AND NOT EXISTS (SELECT FROM pg_shdepend d JOIN pg_database b ON b.oid = d.dbid
                                WHERE b.datname = current_database())
               AND NOT EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_database b ON b.oid = s.setdatabase
                                WHERE b.datname = current_database())
               AND NOT EXISTS (SELECT FROM pg_extension WHERE extname <> 'plpgsql')
               AND NOT EXISTS (SELECT FROM pg_cast WHERE oid >= 16384)
               AND NOT EXISTS (SELECT FROM pg_language WHERE oid >= 16384)
               AND NOT EXISTS (SELECT FROM pg_event_trigger)
               AND NOT EXISTS (SELECT FROM pg_publication)
               AND NOT EXISTS (SELECT FROM pg_default_acl)
               AND NOT EXISTS (SELECT FROM pg_largeobject_metadata)
               AND NOT EXISTS (SELECT FROM pg_prepared_xacts WHERE database = current_database())
               AND NOT EXISTS (SELECT FROM pg_proc p LEFT JOIN pg_init_privs i
                                   ON i.objoid = p.oid AND i.classoid = 'pg_proc'::regclass
                                WHERE p.proacl IS DISTINCT FROM i.initprivs)
               AND NOT EXISTS (SELECT FROM pg_class c LEFT JOIN pg_init_privs i
                                   ON i.objoid = c.oid AND i.objsubid = 0 AND i.classoid = 'pg_class'::regclass
                                WHERE c.relacl IS DISTINCT FROM i.initprivs
                                  AND c.relnamespace = 'pg_catalog'::regnamespace)
            """;

    private static final String IN_USE = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = '%s')";

    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final DataSource server;
    private final Deque<String> names = new ArrayDeque<>();

    /** None yet, of the server the given connections lead to. */
    public UsedDatabases(DataSource server) {
        this.server = server;
    }

    /** A name that no database of the server has. */
    public static String newName() {
        return "test_" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
    }

    /** The name of an empty one, no longer kept here; null: there is none, create one. */
    public synchronized @Nullable String take() {
        return names.poll();
    }

    /**
     * Empties a database and keeps it under a new name, by which nobody who still knows the old one can reach it.
     *
     * @return false: it cannot be made as good as new, drop it
     */
    public boolean keep(String name, DataSource database) {
        String kept = newName();
        try {
            if (!empty(database)) {
                return false;
            }
            rename(name, kept);
        } catch (SQLException e) {
            return false;
        }
        synchronized (this) {
            names.add(kept);
        }
        return true;
    }

    private static boolean empty(DataSource database) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SET default_transaction_read_only = off");
            if (!isTrue(statement, END_SESSIONS)) {
                return false;
            }
            statement.execute(EMPTY);
            return isTrue(statement, CLEAN);
        }
    }

    private void rename(String name, String to) throws SQLException {
        try (Connection connection = server.getConnection();
                Statement statement = connection.createStatement()) {
            // where a session is just ending, the server would look again after 100 ms only
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (isTrue(statement, IN_USE.formatted(name)) && System.nanoTime() < deadline) {
                Thread.onSpinWait();
            }
            statement.execute("ALTER DATABASE " + name + " RENAME TO " + to);
        }
    }

    private static boolean isTrue(Statement statement, String question) throws SQLException {
        try (ResultSet answer = statement.executeQuery(question)) {
            return answer.next() && answer.getBoolean(1);
        }
    }
}
