package io.olapsync.jdbc.internal.doctor;

import io.olapsync.jdbc.internal.Names;
import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import io.olapsync.spi.ViewName;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What the owner of a view is not allowed, as whom REFRESH runs whoever asked for it. What a delta table reads is read as the
 * owner of its definition, and everything else is done as the role that refreshes it.
 */
final class PrivilegeRules {

    /**
     * The relations that a refresh reads, and as whom: what a plain view reads is checked against that view's owner,
     * unless it is a security invoker view.
     */
    private static final String READ_AS = """
            WITH RECURSIVE reads (relation, checked, attribute) AS (
                SELECT c.oid, c.relowner, 0 FROM pg_class c WHERE c.oid = ?
                UNION
                SELECT d.refobjid,
                       CASE WHEN v.relkind = 'v'
                             AND NOT coalesce((SELECT o.option_value::boolean FROM pg_options_to_table(v.reloptions) o
                                                WHERE o.option_name = 'security_invoker'), false)
                            THEN v.relowner ELSE r.checked END,
                       d.refobjsubid
                  FROM reads r
                  JOIN pg_class v ON v.oid = r.relation AND (v.relkind = 'v' OR r.relation = ?)
                  JOIN pg_rewrite w ON w.ev_class = r.relation AND w.ev_type = '1'
                  JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
                                  AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.relation)
            """;

    private static final String UNREADABLE = READ_AS + """
            SELECT n.nspname, c.relname, pg_get_userbyid(r.checked)
              FROM reads r
              JOIN pg_class c ON c.oid = r.relation AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.oid <> ?
              JOIN pg_namespace n ON n.oid = c.relnamespace
             GROUP BY c.oid, n.nspname, c.relname, r.checked
            HAVING NOT has_table_privilege(r.checked, c.oid, 'SELECT')
               AND NOT CASE WHEN max(r.attribute) = 0 THEN has_any_column_privilege(r.checked, c.oid, 'SELECT')
                            ELSE bool_and(r.attribute = 0 OR has_column_privilege(r.checked, c.oid, r.attribute::int2, 'SELECT'))
                            END
             ORDER BY 1, 2, 3""";
    private static final String ROW_SECURITY = READ_AS + """
            SELECT DISTINCT n.nspname, c.relname, a.rolname
              FROM reads r
              JOIN pg_class c ON c.oid = r.relation AND c.relrowsecurity
              JOIN pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_roles a ON a.oid = r.checked AND NOT a.rolsuper AND NOT a.rolbypassrls
             WHERE c.relforcerowsecurity OR NOT pg_has_role(r.checked, c.relowner, 'USAGE')
             ORDER BY 1, 2, 3""";
    private static final String NOT_EXECUTABLE = """
            SELECT p.oid FROM pg_proc p
             WHERE p.oid = ANY (?::oid[]) AND NOT has_function_privilege(?::name, p.oid, 'EXECUTE')""";

    private static final String LOOKUPS = """
            SELECT k.oid FROM pg_class d
              JOIN pg_class k ON k.relnamespace = d.relnamespace AND k.relname = 'keys_' || substring(d.relname FROM '[0-9]+$')
             WHERE d.oid = ?""";

    private PrivilegeRules() {}

    static List<Rule> rules() {
        return List.of(
                Rule.perView("owner-lacks-privilege", PrivilegeRules::unreadable),
                Rule.perView("owner-lacks-privilege on functions", PrivilegeRules::notExecutable),
                Rule.perView("owner-lacks-privilege on temporary tables", PrivilegeRules::noTemporaryTables),
                Rule.perView("row-security", PrivilegeRules::rowSecurity));
    }

    private record Denied(ViewName relation, String role) {}

    private static List<Denied> denied(Examination examination, String sql, Object... parameters) throws SQLException {
        return examination.query(
                sql, row -> new Denied(ViewName.of(row.getString(1), row.getString(2)), row.getString(3)), parameters);
    }

    private static void unreadable(Examination examination, ExaminedView view, Consumer<Finding> findings)
            throws SQLException {
        List<Long> queries = new ArrayList<>(List.of(view.definition()));
        if (view.isDeltaTable()) {
            queries.addAll(examination.query(LOOKUPS, row -> row.getLong(1), view.definition()));
        }
        for (long query : queries) {
            unreadable(examination, view, query, findings);
        }
    }

    private static void unreadable(Examination examination, ExaminedView view, long query, Consumer<Finding> findings)
            throws SQLException {
        for (Denied denied : denied(examination, UNREADABLE, query, query, query)) {
            String who = query != view.definition()
                    ? "the role that made it a delta table, and as which its lookups read,"
                    : denied.role().equals(view.owner())
                            ? "the view's owner, as whom REFRESH runs,"
                            : "the owner of a plain view beneath it";
            findings.accept(lacks(
                    view,
                    who + " " + Names.quote(denied.role()) + " may not read "
                            + denied.relation().sql(),
                    "GRANT SELECT ON " + denied.relation().sql() + " TO " + Names.quote(denied.role()) + ";"));
        }
    }

    private static void notExecutable(Examination examination, ExaminedView view, Consumer<Finding> findings)
            throws SQLException {
        Calls calls =
                Calls.in(examination.definitions().queriesOf(view.definition()).values());
        String role = workingRole(examination, view);
        List<Long> denied = examination.query(NOT_EXECUTABLE, row -> row.getLong(1), calls.functions(), role);
        for (Function function : Function.load(examination.queries(), denied)) {
            if (denied.contains(function.oid())) {
                findings.accept(lacks(
                        view,
                        (view.isDeltaTable()
                                        ? "the role that refreshes it, "
                                        : "the view's owner, as whom REFRESH runs, ")
                                + Names.quote(role) + " may not execute " + function.call(),
                        "GRANT EXECUTE ON FUNCTION " + function.sql() + " TO " + Names.quote(role) + ";"));
            }
        }
    }

    private static void noTemporaryTables(Examination examination, ExaminedView view, Consumer<Finding> findings)
            throws SQLException {
        String role = workingRole(examination, view);
        boolean allowed = examination
                .query(
                        "SELECT has_database_privilege(?::name, current_database(), 'TEMPORARY')",
                        row -> row.getBoolean(1),
                        role)
                .get(0);
        if (!allowed) {
            findings.accept(lacks(
                    view,
                    view.isDeltaTable()
                            ? "the role that refreshes it, " + Names.quote(role)
                                    + ", may not create temporary tables, and the refresh keeps the new rows in one"
                            : "the view's owner " + Names.quote(role)
                                    + " may not create temporary tables, and a concurrent"
                                    + " refresh, which runs as the owner, keeps the new rows in one",
                    "GRANT TEMPORARY ON DATABASE "
                            + Names.quote(examination.server().database()) + " TO " + Names.quote(role) + ";"));
        }
    }

    /** As whom the refresh runs. */
    private static String workingRole(Examination examination, ExaminedView view) throws SQLException {
        return view.isDeltaTable()
                ? examination
                        .query("SELECT current_user", row -> row.getString(1))
                        .get(0)
                : view.owner();
    }

    private static Finding lacks(ExaminedView view, String what, String remedy) {
        return new Finding(
                Severity.ERROR, "owner-lacks-privilege", view.name(), what + ": the refresh fails (42501).", remedy);
    }

    private static void rowSecurity(Examination examination, ExaminedView view, Consumer<Finding> findings)
            throws SQLException {
        for (Denied partly : denied(examination, ROW_SECURITY, view.definition(), view.definition())) {
            findings.accept(new Finding(
                    Severity.WARNING,
                    "row-security",
                    view.name(),
                    partly.relation().sql() + " has row security and is read as " + Names.quote(partly.role())
                            + ": the view holds only the rows that the policies show to that role, and shows them to"
                            + " every reader.",
                    "ALTER ROLE " + Names.quote(partly.role()) + " BYPASSRLS; -- if the view shall hold all rows"));
        }
    }
}
