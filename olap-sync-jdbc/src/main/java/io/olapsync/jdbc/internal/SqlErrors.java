package io.olapsync.jdbc.internal;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.ViewName;
import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a SQL error means for the next attempt, and what mends it.
 *
 * <p>Decided by SQLSTATE alone (<a
 * href="https://www.postgresql.org/docs/current/errcodes-appendix.html">PostgreSQL Error Codes</a>), never by the text,
 * which the server may write in any language.
 */
public final class SqlErrors {

    private static final Pattern SECRET = Pattern.compile("(?i)((?:password|passwd|pwd)\\s*[=:]\\s*)[^&;,\\s]+");
    private static final Pattern USER_INFO = Pattern.compile("//[^/@\\s]*@");

    /** States and classes (two characters) that another attempt can get over, on a new connection or later. */
    private static final Set<String> TRANSIENT =
            Set.of("08", "57", "53", "58", "25006", "25P03", "25P02", "57014", "XX", "40003");

    private static final Set<String> CONTENDED = Set.of("55P03", "40P01", "40001", "55006");

    /** Exceptions to the classes above. */
    private static final Set<String> PERMANENT = Set.of("53400", "57P04", "08P01");

    private static final Set<String> LOST_CONNECTION =
            Set.of("57P01", "57P02", "57P03", "57P05", "25006", "25P03", "25P04");

    private static final Map<String, String> ADVICE = Map.ofEntries(
            Map.entry("28", "check the user, its password and pg_hba.conf"),
            Map.entry("3D000", "check the name of the database in the connection's URL"),
            Map.entry(
                    "21000",
                    "make the view's definition give each row once: GROUP BY or DISTINCT over the columns of its unique"
                            + " index"),
            Map.entry(
                    "23505",
                    "make the view's definition give each key of its unique index once, or add the missing column to"
                            + " that index"),
            Map.entry("25006", "point the data source at the primary (targetServerType=primary)"),
            Map.entry("53400", "raise temp_file_limit for this role, or work_mem, or make the definition cheaper"),
            Map.entry("53100", "free disk space on the server; a refresh needs room for a second copy of the view"),
            Map.entry("53200", "lower work_mem or the number of concurrent refreshes"),
            Map.entry("53300", "raise max_connections, or lower the sizes of the pools"),
            Map.entry(
                    "55P03", "end the session that holds the lock, or raise lockTimeout; pg_blocking_pids() names it"),
            Map.entry("42501", "GRANT the library's role the privilege that the message names"),
            Map.entry("57014", "raise the refresh's timeout, or the statement_timeout of whoever cancelled it"));

    private static final Pattern OUR_TABLES =
            Pattern.compile("schema olap_sync|(table|relation) (view_state|invalidation|run|step|schema_version)\\b");

    private SqlErrors() {}

    /**
     * Translates an error.
     *
     * @param view the view it happened on, or null where it concerns none or several
     * @param doing what was going on, as in "refreshing public.mv"
     * @param startedNanos when that began, by {@link System#nanoTime}
     */
    public static RefreshException translate(SQLException e, @Nullable ViewName view, String doing, long startedNanos) {
        return translate(e, kind(e), view, doing, startedNanos);
    }

    /** Translates an error of which the caller knows better what it means for the next attempt. */
    public static RefreshException translate(
            SQLException e, Kind kind, @Nullable ViewName view, String doing, long startedNanos) {
        String state = state(e);
        String message = doing + " failed after " + took(startedNanos)
                + (state == null ? "" : " with SQLSTATE " + state) + ": " + text(e);
        String remedy = remedy(e, view);
        return new RefreshException(kind, remedy == null ? message : message + "; " + remedy, view, state, remedy, e);
    }

    /** What the error means for the next attempt. */
    public static Kind kind(SQLException e) {
        String state = state(e);
        if (state == null) {
            return e instanceof SQLTransientException || e instanceof SQLRecoverableException || isClosed(e)
                    ? Kind.TRANSIENT
                    : Kind.PERMANENT;
        }
        if (CONTENDED.contains(state)) {
            return Kind.CONTENDED;
        }
        if (PERMANENT.contains(state)) {
            return Kind.PERMANENT;
        }
        return TRANSIENT.contains(state) || TRANSIENT.contains(state.substring(0, 2)) ? Kind.TRANSIENT : Kind.PERMANENT;
    }

    /** What is said of a connection on which nothing can be written, in place of what the server said. */
    static SQLException standby(@Nullable SQLException cause) {
        return new SQLException("the connection leads to a standby, which is read-only", "25006", cause);
    }

    /** Whether the connection is of no more use after this error, so that a pool must not get it back. */
    public static boolean losesConnection(SQLException e) {
        String state = state(e);
        return state == null ? isClosed(e) : state.startsWith("08") || LOST_CONNECTION.contains(state);
    }

    /** The SQLSTATE, of the error or of what it was caused by; null where there is none. */
    public static @Nullable String state(SQLException e) {
        for (Throwable at = e; at != null; at = at.getCause()) {
            if (at instanceof SQLException sql
                    && sql.getSQLState() != null
                    && sql.getSQLState().length() == 5) {
                return sql.getSQLState();
            }
        }
        return null;
    }

    static String took(long startedNanos) {
        Duration took = Duration.ofNanos(System.nanoTime() - startedNanos);
        return took.toMillis() < 10_000 ? took.toMillis() + " ms" : took.toSeconds() + " s";
    }

    private static boolean isClosed(SQLException e) {
        return e instanceof SQLRecoverableException || e instanceof java.sql.SQLNonTransientConnectionException;
    }

    private static String text(SQLException e) {
        // A driver's own words for a failed batch are the whole statement with its values.
        SQLException cause =
                e instanceof BatchUpdateException && e.getNextException() != null ? e.getNextException() : e;
        String message = String.valueOf(cause.getMessage()).replaceAll("\\s*\\R\\s*", "; ");
        return USER_INFO.matcher(SECRET.matcher(message).replaceAll("$1***")).replaceAll("//***@");
    }

    private static @Nullable String remedy(SQLException e, @Nullable ViewName view) {
        String state = state(e);
        if (state == null) {
            return null;
        }
        if (state.startsWith("42P01") && text(e).contains("olap_sync.")) {
            return "install the tables of the library: PostgresSchema, or its schema-1.sql by your migration tool";
        }
        if (state.equals("42501") && OUR_TABLES.matcher(text(e)).find()) {
            return "GRANT USAGE ON SCHEMA olap_sync, and SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA olap_sync, TO"
                    + " <the library's role>";
        }
        String own = view == null ? null : remedy(state, view);
        return own != null ? own : ADVICE.getOrDefault(state, ADVICE.get(state.substring(0, 2)));
    }

    private static @Nullable String remedy(String state, ViewName view) {
        return switch (state) {
            case "55000" ->
                uniqueIndex(view) + "; or, where a view that it reads was never populated: REFRESH"
                        + " MATERIALIZED VIEW on that one";
            case "42501" ->
                "ALTER MATERIALIZED VIEW " + view.sql() + " OWNER TO <the library's role>; or, on PostgreSQL"
                        + " 17 or later, GRANT MAINTAIN ON " + view.sql() + " TO <the library's role>";
            case "42P01", "42883" ->
                "CREATE MATERIALIZED VIEW " + view.sql() + " …, if it is missing itself; else what the"
                        + " message names; from PostgreSQL 17 on functions run with search_path = pg_catalog, pg_temp: ALTER"
                        + " FUNCTION … SET search_path = …";
            case "42809" -> "name a materialized view: " + view.sql() + " is something else";
            default -> null;
        };
    }

    /** The statement that makes a view refreshable while it is read. */
    public static String uniqueIndex(ViewName view) {
        return "CREATE UNIQUE INDEX ON " + view.sql() + " (...), on plain columns and without WHERE";
    }
}
