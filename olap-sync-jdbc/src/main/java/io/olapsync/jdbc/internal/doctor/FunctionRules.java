package io.olapsync.jdbc.internal.doctor;

import io.olapsync.jdbc.internal.Names;
import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Functions that find their tables and functions by the caller's search path.
 *
 * <p>From 17 on REFRESH runs with {@code search_path = pg_catalog, pg_temp}. Whether a function in SQL survives that is
 * not guessed: the language's own validator parses it under that path.
 */
final class FunctionRules {

    private static final String REFRESH_PATH = "pg_catalog, pg_temp";
    private static final int FIRST_MAJOR = 17;

    /** What the validator said: null where it found everything. */
    private record Verdict(@Nullable SQLException error) {
        boolean isLookupFailure() {
            return error != null && Set.of("42P01", "42883", "42704", "3F000").contains(error.getSQLState());
        }

        /** The first line; the rest points into the function's text. */
        String message() {
            return error == null || error.getMessage() == null
                    ? ""
                    : error.getMessage().lines().findFirst().orElse("");
        }
    }

    private FunctionRules() {}

    static List<Rule> rules() {
        return List.of(Rule.perView("unsafe-search-path", FunctionRules::examine));
    }

    private static void examine(Examination examination, ExaminedView view, Consumer<Finding> findings)
            throws SQLException {
        Calls calls =
                Calls.in(examination.definitions().queriesOf(view.definition()).values());
        for (Function function : Function.load(examination.queries(), calls.functions())) {
            if (function.isParsedWhenCalled() && !function.searchPathSet()) {
                judge(examination, view, function, findings);
            }
        }
    }

    private static void judge(Examination examination, ExaminedView view, Function function, Consumer<Finding> findings)
            throws SQLException {
        boolean provable = function.language().equals("sql") && !function.polymorphic();
        Verdict refresh = provable ? validate(examination, function, REFRESH_PATH) : new Verdict(null);
        if (provable && refresh.error() == null) {
            return;
        }
        boolean fromNowOn = examination.server().isAtLeast(FIRST_MAJOR);
        boolean proven = refresh.isLookupFailure()
                && validate(examination, function, examination.server().searchPath())
                                .error()
                        == null;
        String when = fromNowOn ? "REFRESH runs" : "REFRESH runs from PostgreSQL 17 on";
        String consequence = proven
                ? "it breaks there (" + refresh.message() + ", SQLSTATE "
                        + (refresh.error() == null ? "" : refresh.error().getSQLState()) + ")"
                : "a name in it that is not qualified breaks there (42P01 for a table, 42883 for a function)";
        findings.accept(new Finding(
                proven && fromNowOn ? Severity.ERROR : Severity.WARNING,
                "unsafe-search-path",
                view.name(),
                function.call() + ", which the definition uses, looks up names by the caller's search_path. " + when
                        + " with search_path = " + REFRESH_PATH + ": " + consequence + "."
                        + (fromNowOn ? "" : " Until then its result depends on the session that refreshes."),
                "ALTER FUNCTION " + function.sql() + " SET search_path = " + path(examination, function) + ";"));
    }

    private static String path(Examination examination, Function function) {
        Set<String> schemas = new LinkedHashSet<>(List.of("pg_catalog", function.schema()));
        schemas.addAll(examination.server().schemas());
        schemas.add("pg_temp");
        return Names.quote(schemas);
    }

    private static Verdict validate(Examination examination, Function function, String path) throws SQLException {
        Savepoint before = examination.connection().setSavepoint();
        try {
            examination.query(
                    "SELECT set_config('search_path', ?, true), set_config('check_function_bodies', 'on', true)",
                    row -> "",
                    path);
            examination.query("SELECT pg_catalog.fmgr_sql_validator(?::oid)::text", row -> "", function.oid());
            return new Verdict(null);
        } catch (SQLException e) {
            return new Verdict(e);
        } finally {
            examination.connection().rollback(before);
        }
    }
}
