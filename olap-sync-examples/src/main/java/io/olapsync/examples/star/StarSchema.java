package io.olapsync.examples.star;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The twelve relations of the example: six OLTP tables, four dimension views and two fact views, in schema {@code public}.
 *
 * <p>The views are created {@code WITH NO DATA}, each with one usable unique index. A comment on each relation marks it
 * as the example's own, so that a host's table of the same name is never taken for it.
 */
public final class StarSchema {

    /** The OLTP tables, a table after those its foreign keys refer to. */
    public static final List<String> TABLES =
            List.of("cases", "stakeholders", "performance_records", "assets", "cash_flow_entries", "case_user_roles");

    /** The dimension views, which read tables only. */
    public static final List<String> DIMENSIONS =
            List.of("dim_case_type", "dim_org", "dim_time", "dim_stakeholder_type");

    /** The fact views, which read tables and all four dimension views. */
    public static final List<String> FACTS = List.of("mv_business_fact", "mv_cashflow_fact");

    /** All six views, in an order in which they can be refreshed. */
    public static final List<String> VIEWS =
            Stream.concat(DIMENSIONS.stream(), FACTS.stream()).toList();

    private static final String MARK = "olap-sync example star";
    private static final String SCRIPT = "star-schema.sql";

    private StarSchema() {}

    /**
     * Creates everything in one transaction.
     *
     * @param connection in auto-commit mode, by a role that may create in {@code public}
     * @throws IllegalStateException when any of the twelve names is taken, whoever owns it; nothing is changed
     */
    public static void create(Connection connection) throws SQLException {
        Transactions.inOne(connection, tx -> {
            Map<String, Boolean> present = present(tx);
            if (!present.isEmpty()) {
                throw new IllegalStateException(taken(present));
            }
            execute(tx, script());
            return present;
        });
    }

    /**
     * Drops what there is of the example's own relations, with their data; a no-op where there are none.
     *
     * @param connection in auto-commit mode, by the owner of the relations
     * @throws IllegalStateException when one of the names belongs to something else; nothing is dropped
     */
    public static void drop(Connection connection) throws SQLException {
        Transactions.inOne(connection, tx -> {
            Map<String, Boolean> present = present(tx);
            if (present.containsValue(false)) {
                throw new IllegalStateException(taken(present));
            }
            for (String name : reversed(VIEWS)) {
                execute(tx, "DROP MATERIALIZED VIEW IF EXISTS public." + name);
            }
            for (String name : reversed(TABLES)) {
                execute(tx, "DROP TABLE IF EXISTS public." + name);
            }
            return present;
        });
    }

    /** Whether all twelve relations are there and are the example's own. */
    public static boolean exists(Connection connection) throws SQLException {
        Map<String, Boolean> present = present(connection);
        return present.size() == TABLES.size() + VIEWS.size() && !present.containsValue(false);
    }

    /** By the names that are taken: true where the example's own mark is on it, and it is what the example makes of it. */
    private static Map<String, Boolean> present(Connection connection) throws SQLException {
        String sql = "SELECT c.relname, c.relkind, coalesce(obj_description(c.oid, 'pg_class'), '')"
                + " FROM pg_catalog.pg_class c"
                + " WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY (?) ORDER BY c.relname";
        List<String> names = Stream.concat(TABLES.stream(), VIEWS.stream()).toList();
        Map<String, Boolean> present = new LinkedHashMap<>();
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setArray(1, connection.createArrayOf("text", names.toArray()));
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    String kind = TABLES.contains(rows.getString(1)) ? "r" : "m";
                    boolean ours =
                            kind.equals(rows.getString(2)) && rows.getString(3).startsWith(MARK);
                    present.put(rows.getString(1), ours);
                }
            }
        }
        return present;
    }

    private static String taken(Map<String, Boolean> present) {
        List<String> foreign = present.entrySet().stream()
                .filter(entry -> !entry.getValue())
                .map(Map.Entry::getKey)
                .toList();
        return foreign.isEmpty()
                ? "the example's star schema is here already: public." + String.join(", public.", present.keySet())
                        + "; drop it first, or go on with it"
                : "not the example's own: public." + String.join(", public.", foreign)
                        + "; use a database in which these names are free";
    }

    private static String script() {
        try (InputStream in = StarSchema.class.getResourceAsStream(SCRIPT)) {
            if (in == null) {
                throw new IllegalStateException("missing from the jar: " + SCRIPT);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> reversed(List<String> names) {
        List<String> result = new ArrayList<>(names);
        Collections.reverse(result);
        return result;
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
