package io.olapsync.examples.star;

import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.postgresql.PGConnection;
import org.postgresql.copy.PGCopyOutputStream;

/**
 * Seeded data for the six OLTP tables: the same seed and size give the same rows on every machine.
 *
 * <p>For n stakeholders there are n / 4 cases, n performance records, 3 n cash flow entries, and per case about 1.9
 * assets and 2.5 user roles. Names are Korean and Latin; sizes of cases, organisations, types and amounts are skewed.
 *
 * @param seed what the rows are drawn from
 * @param stakeholders how many stakeholders, 1 to 10,000,000
 */
public record StarData(long seed, int stakeholders) {

    /** The size of a demonstration: it loads in about a second. */
    public static final int DEFAULT_STAKEHOLDERS = 5_000;

    private static final int MAX_STAKEHOLDERS = 10_000_000;

    /** @throws IllegalArgumentException if the number of stakeholders is out of its range */
    public StarData {
        if (stakeholders < 1 || stakeholders > MAX_STAKEHOLDERS) {
            throw new IllegalArgumentException(
                    "stakeholders must be 1 to " + MAX_STAKEHOLDERS + ", not " + stakeholders);
        }
    }

    /**
     * What one load wrote.
     *
     * @param rows by table, in the order of {@link StarSchema#TABLES}
     * @param took from the first row to the end of {@code ANALYZE}
     */
    public record Loaded(Map<String, Long> rows, Duration took) {

        public Loaded {
            rows = Collections.unmodifiableMap(new LinkedHashMap<>(rows));
        }

        /** The rows of all tables. */
        public long total() {
            return rows.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    /**
     * Fills the six empty tables in one transaction, by {@code COPY}, and analyses them.
     *
     * <p>Foreign keys are set aside for the load and checked once at its end: row by row they would take longer than all
     * else together.
     *
     * @param connection of the PostgreSQL driver, or one that unwraps to it, in auto-commit mode, by the tables' owner
     * @throws IllegalStateException when {@code cases} has rows; nothing is changed
     */
    public Loaded load(Connection connection) throws SQLException {
        long startNanos = System.nanoTime();
        Map<String, Long> rows = Transactions.inOne(connection, this::loadAll);
        return new Loaded(rows, Duration.ofNanos(System.nanoTime() - startNanos));
    }

    private Map<String, Long> loadAll(Connection connection) throws SQLException {
        StarSchema.execute(connection, "LOCK TABLE public.cases IN ACCESS EXCLUSIVE MODE");
        refuseRows(connection);
        List<ForeignKey> foreignKeys = foreignKeys(connection);
        for (ForeignKey key : foreignKeys) {
            StarSchema.execute(connection, "ALTER TABLE public." + key.table() + " DROP CONSTRAINT " + key.name());
        }
        StarRows source = new StarRows(seed, stakeholders);
        Map<String, Long> rows = new LinkedHashMap<>();
        for (String table : StarSchema.TABLES) {
            rows.put(table, copy(connection, source, table));
        }
        continueIdentities(connection);
        for (String table : StarSchema.TABLES) {
            StarSchema.execute(connection, "ANALYZE public." + table);
        }
        for (ForeignKey key : foreignKeys) {
            StarSchema.execute(
                    connection,
                    "ALTER TABLE public." + key.table() + " ADD CONSTRAINT " + key.name() + " " + key.definition());
        }
        return rows;
    }

    private static void refuseRows(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet any = statement.executeQuery("SELECT EXISTS (SELECT FROM public.cases)")) {
            any.next();
            if (any.getBoolean(1)) {
                throw new IllegalStateException("public.cases has rows already: load into new tables");
            }
        }
    }

    /** A constraint as the catalog has it; names are quoted where they must be. */
    private record ForeignKey(String table, String name, String definition) {}

    private static List<ForeignKey> foreignKeys(Connection connection) throws SQLException {
        String sql = "SELECT quote_ident(r.relname), quote_ident(c.conname), pg_get_constraintdef(c.oid)"
                + " FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_class r ON r.oid = c.conrelid"
                + " WHERE c.contype = 'f' AND r.relnamespace = 'public'::regnamespace AND r.relname IN ('"
                + String.join("', '", StarSchema.TABLES) + "') ORDER BY 1, 2";
        List<ForeignKey> keys = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                keys.add(new ForeignKey(rows.getString(1), rows.getString(2), rows.getString(3)));
            }
        }
        return keys;
    }

    private static long copy(Connection connection, StarRows source, String table) throws SQLException {
        String sql = "COPY public." + table + " (" + StarRows.columns(table) + ") FROM STDIN (ENCODING 'UTF8')";
        try (OutputStream out = new PGCopyOutputStream(connection.unwrap(PGConnection.class), sql)) {
            CopyText text = new CopyText(out);
            source.write(table, text);
            return text.rows();
        } catch (IOException e) {
            throw e.getCause() instanceof SQLException cause ? cause : new SQLException("COPY into " + table, e);
        }
    }

    private static void continueIdentities(Connection connection) throws SQLException {
        String sql = "SELECT setval(pg_get_serial_sequence('public.%1$s', '%2$s'), max(%2$s)) FROM public.%1$s";
        Map<String, String> ids = Map.of(
                "cases", "case_id",
                "stakeholders", "stakeholder_id",
                "performance_records", "record_id",
                "assets", "asset_id",
                "cash_flow_entries", "entry_id");
        for (Map.Entry<String, String> id : ids.entrySet()) {
            StarSchema.execute(connection, sql.formatted(id.getKey(), id.getValue()));
        }
    }
}
