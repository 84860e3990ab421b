package io.olapsync.jdbc;

import io.olapsync.jdbc.internal.SqlScript;
import io.olapsync.jdbc.internal.Transactions;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import java.util.OptionalInt;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The library's own tables, in the schema {@code olap_sync}: present in the right version, or created.
 *
 * <p>A role that may not create anything can use them once somebody else has run {@link #sql}; nothing is created or
 * locked where they are present. Thread-safe, also across processes.
 */
public final class PostgresSchema {

    /** The version of the tables that this library reads and writes. */
    public static final int VERSION = 1;

    private static final Logger LOG = LoggerFactory.getLogger(PostgresSchema.class);
    private static final String RESOURCE = "/io/olapsync/jdbc/schema-1.sql";
    /*
     * Asked of the catalog's tables, not by to_regnamespace: a session that has been asked before, as those of a pool
     * are, may remember that there is no such schema, and waiting for an advisory lock does not make it look again.
     * Locking a table does, also for the CREATE SCHEMA IF NOT EXISTS that follows.
     */
    private static final String SCHEMA_EXISTS =
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'olap_sync')";

    private static final String VERSION_TABLE_EXISTS = "SELECT EXISTS (SELECT FROM pg_catalog.pg_class c"
            + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            + " WHERE n.nspname = 'olap_sync' AND c.relname = 'schema_version')";

    private static final String CREATE_SCHEMA = "CREATE SCHEMA IF NOT EXISTS olap_sync";
    private static final String GRANTS = "GRANT USAGE ON SCHEMA olap_sync TO %1$s; "
            + "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA olap_sync TO %1$s";

    /** Any number, the same in every version of the library: "olapsync" in ASCII. */
    private static final long CREATION_LOCK = 0x6f6c617073796e63L;

    private final DataSource dataSource;
    private final boolean mayCreate;
    private volatile boolean ensured;

    private PostgresSchema(DataSource dataSource, boolean mayCreate) {
        this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
        this.mayCreate = mayCreate;
    }

    /** Tables that are created where they are absent. Touches no server yet. */
    public static PostgresSchema of(DataSource dataSource) {
        return new PostgresSchema(dataSource, true);
    }

    /** Tables that somebody else creates, such as a migration tool that runs {@link #sql}. Touches no server yet. */
    public static PostgresSchema existing(DataSource dataSource) {
        return new PostgresSchema(dataSource, false);
    }

    /**
     * The SQL that creates the tables, for a migration tool: plain statements, harmless when run again. It is the file
     * {@code io/olapsync/jdbc/schema-1.sql} of the jar.
     */
    public static String sql() {
        try (InputStream in = PostgresSchema.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("the jar of olap-sync-jdbc lacks " + RESOURCE);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + RESOURCE, e);
        }
    }

    /**
     * Returns once the tables are known to be there. Asks the database until that succeeded once, and never again after;
     * blocks meanwhile. Takes a connection of its own: to be called before one is borrowed, so that a pool of one is enough.
     *
     * @throws RefreshException if the database could not be asked, if the tables are of a newer version, if they are
     *     absent and must not or cannot be created, or if this role may not use them
     */
    public void ensure() throws RefreshException {
        if (ensured) {
            return;
        }
        // No lock among threads: reading the version needs none, and creation is serialised by the database.
        OptionalInt present = presentVersion();
        if (present.isEmpty() || present.getAsInt() < VERSION) {
            create(present);
        } else {
            requireKnown(present.getAsInt());
        }
        ensured = true;
    }

    private OptionalInt presentVersion() throws RefreshException {
        try {
            return Transactions.read(
                    dataSource, "reading the version of the tables of olap-sync", connection -> version(connection));
        } catch (RefreshException e) {
            String state = e.sqlState().orElse("");
            if (state.equals("42P01") || state.equals("3F000")) {
                return OptionalInt.empty();
            }
            throw state.equals("42501") ? noAccess(e) : e;
        }
    }

    private void create(OptionalInt present) throws RefreshException {
        if (!mayCreate) {
            throw new RefreshException(
                    Kind.PERMANENT,
                    present.isEmpty()
                            ? "the tables of olap-sync are absent from the database, and their creation is switched off"
                            : "the tables of olap-sync are of version " + present.getAsInt() + ", this library needs "
                                    + VERSION + ", and their creation is switched off",
                    null,
                    null,
                    "run the SQL of PostgresSchema.sql() by the migration tool, the file " + RESOURCE
                            + " of the jar of olap-sync-jdbc, or leave createSchema on",
                    null);
        }
        try {
            Transactions.write(dataSource, "creating the tables of olap-sync", connection -> {
                createUnderLock(connection);
                return true;
            });
        } catch (RefreshException e) {
            throw e.sqlState().orElse("").equals("42501") ? mayNotCreate(e) : e;
        }
    }

    private static void createUnderLock(Connection connection) throws SQLException, RefreshException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_advisory_xact_lock(" + CREATION_LOCK + ")");
            boolean schemaExists = exists(statement, SCHEMA_EXISTS);
            if (schemaExists && exists(statement, VERSION_TABLE_EXISTS)) {
                OptionalInt present = version(connection);
                if (present.isPresent() && present.getAsInt() >= VERSION) {
                    requireKnown(present.getAsInt());
                    return;
                }
            }
            // IF NOT EXISTS or not, the statement needs CREATE on the database; a schema made by somebody else does
            // not.
            for (String sql : SqlScript.statements(sql())) {
                if (!schemaExists || !sql.equals(CREATE_SCHEMA)) {
                    statement.execute(sql);
                }
            }
            LOG.info("Created the tables of olap-sync, version {}, in the schema olap_sync", VERSION);
        }
    }

    private static OptionalInt version(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT max(version) FROM olap_sync.schema_version")) {
            result.next();
            int version = result.getInt(1);
            return result.wasNull() ? OptionalInt.empty() : OptionalInt.of(version);
        }
    }

    private static boolean exists(Statement statement, String question) throws SQLException {
        try (ResultSet result = statement.executeQuery(question)) {
            result.next();
            return result.getBoolean(1);
        }
    }

    private static void requireKnown(int version) throws RefreshException {
        if (version > VERSION) {
            throw new RefreshException(
                    Kind.PERMANENT,
                    "the tables of olap-sync in this database are of version " + version + ", and this library knows "
                            + VERSION + ": a newer olap-sync has been here",
                    null,
                    null,
                    "upgrade olap-sync-jdbc in this host to the version that the newest host has",
                    null);
        }
    }

    private RefreshException noAccess(RefreshException cause) {
        return denied("this role may not use the tables of olap-sync", GRANTS.formatted(role()), cause);
    }

    private RefreshException mayNotCreate(RefreshException cause) {
        return denied(
                "the tables of olap-sync are absent from the database, and this role may not create them",
                "let a role that may do so run the SQL of PostgresSchema.sql(), then " + GRANTS.formatted(role()),
                cause);
    }

    private static RefreshException denied(String problem, String remedy, RefreshException cause) {
        Throwable denied = cause.getCause() == null ? cause : cause.getCause();
        return new RefreshException(
                Kind.PERMANENT, problem + ": " + denied.getMessage() + "; " + remedy, null, "42501", remedy, denied);
    }

    private String role() {
        try {
            return Transactions.read(dataSource, "asking for the role", connection -> {
                try (Statement statement = connection.createStatement();
                        ResultSet result = statement.executeQuery("SELECT quote_ident(current_user)")) {
                    result.next();
                    return result.getString(1);
                }
            });
        } catch (RefreshException e) {
            return "the role of this host";
        }
    }
}
