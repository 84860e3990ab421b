package io.olapsync.jdbc.internal.doctor;

import io.olapsync.jdbc.internal.Names;
import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import io.olapsync.spi.ViewName;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the role that reads the views may do, and should not or should. */
public final class ReaderRules {

    /** The role itself and every role whose privileges it has or can take on by SET ROLE. */
    private static final String ROLES = """
            WITH asked AS (SELECT oid FROM pg_roles WHERE rolname = ?),
            roles AS (SELECT r.oid, r.rolname, r.rolsuper, r.oid = a.oid AS itself
                        FROM pg_roles r, asked a
                       WHERE r.oid = a.oid OR pg_has_role(a.oid, r.oid, 'USAGE') OR pg_has_role(a.oid, r.oid, %s))
            """;

    private static final String READABLE = ROLES + """
            , tables AS (
                SELECT c.oid, n.oid AS namespace, n.nspname, c.relname, c.relowner, c.relacl
                  FROM unnest(?::text[], ?::text[]) AS t (nspname, relname)
                  JOIN pg_namespace n ON n.nspname = t.nspname
                  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.relname)
            SELECT t.nspname, t.relname, r.rolname, r.itself, r.rolsuper, r.oid = t.relowner,
                   r.oid = 'pg_read_all_data'::regrole, g.public, pg_get_userbyid(g.grantor), g.grantor = t.relowner
              FROM tables t
              JOIN roles r ON has_schema_privilege(r.oid, t.namespace, 'USAGE')
                          AND (has_table_privilege(r.oid, t.oid, 'SELECT')
                               OR has_any_column_privilege(r.oid, t.oid, 'SELECT'))
              LEFT JOIN LATERAL (
                SELECT DISTINCT x.grantee = 0 AS public, x.grantor
                  FROM (SELECT (aclexplode(coalesce(t.relacl, acldefault('r', t.relowner)))).*
                        UNION ALL
                        SELECT (aclexplode(a.attacl)).* FROM pg_attribute a
                         WHERE a.attrelid = t.oid AND NOT a.attisdropped) x
                 WHERE x.privilege_type = 'SELECT' AND x.grantee IN (0, r.oid)) g ON true
             ORDER BY 1, 2, r.itself DESC, 3""";
    private static final String MEMBERSHIPS = """
            SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
             WHERE m.member = (SELECT oid FROM pg_roles WHERE rolname = ?)
               AND pg_has_role(g.oid, ?::name, 'MEMBER')
             ORDER BY 1""";
    private static final String VIEW_UNREADABLE = """
            SELECT has_schema_privilege(?::name, c.relnamespace, 'USAGE'), has_table_privilege(?::name, c.oid, 'SELECT')
              FROM pg_class c WHERE c.oid = ?""";

    private static final String MISSING = """
            SELECT asked.nspname, asked.relname
              FROM unnest(?::text[], ?::text[]) AS asked (nspname, relname)
             WHERE NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                                WHERE n.nspname = asked.nspname AND c.relname = asked.relname
                                  AND c.relkind IN ('r', 'p', 'f', 'v', 'm'))
             ORDER BY 1, 2""";

    /** One way in which a role can read a table. */
    private record Way(
            ViewName table,
            String role,
            boolean itself,
            boolean superuser,
            boolean owner,
            boolean readsAll,
            boolean toPublic,
            @Nullable String grantor,
            boolean byOwner) {}

    private ReaderRules() {}

    static List<Rule> rules() {
        return List.of(
                Rule.once("oltp-table-missing", ReaderRules::missing),
                Rule.once("reader-can-read-tables", ReaderRules::tables),
                Rule.perView("reader-cannot-read-view", ReaderRules::views));
    }

    private static boolean exists(Examination examination, String role) throws SQLException {
        return !examination
                .query("SELECT 1 FROM pg_roles WHERE rolname = ?", row -> row.getInt(1), role)
                .isEmpty();
    }

    /** A name that means nothing would otherwise look like a table that no reader can read. */
    private static void missing(Examination examination, Consumer<Finding> findings) throws SQLException {
        Collection<ViewName> named = examination.options().oltpTables();
        List<ViewName> missing = examination.query(
                MISSING,
                row -> ViewName.of(row.getString(1), row.getString(2)),
                named.stream().map(ViewName::schema).toList(),
                named.stream().map(ViewName::name).toList());
        for (ViewName table : missing) {
            findings.accept(
                    new Finding(
                            Severity.WARNING,
                            "oltp-table-missing",
                            null,
                            "the table " + table.sql()
                                    + ", which readers should not read, does not exist in the database "
                                    + Names.quote(examination.server().database())
                                    + ", so nothing was found out about it.",
                            "Name it in oltpTables as the catalog has it, 'schema.name' where it is not in the schema public."));
        }
    }

    private static void tables(Examination examination, Consumer<Finding> findings) throws SQLException {
        String role = examination.options().readerRole();
        if (role == null) {
            return;
        }
        Collection<ViewName> named = examination.options().oltpTables();
        Collection<ViewName> tables =
                named.isEmpty() ? examination.definitions().tables() : named;
        if (!exists(examination, role)) {
            findings.accept(new Finding(
                    Severity.WARNING,
                    "reader-missing",
                    null,
                    "the reader role " + Names.quote(role) + " does not exist.",
                    sql(
                            role,
                            examination.views().stream().map(ExaminedView::name).toList(),
                            tables)));
            return;
        }
        Set<ViewName> known = new LinkedHashSet<>();
        List<Way> ways = ways(examination, role, tables);
        ways.forEach(way -> known.add(way.table()));
        for (ViewName table : known) {
            List<Way> here = ways.stream().filter(w -> w.table().equals(table)).toList();
            findings.accept(readable(examination, role, table, here));
        }
    }

    private static List<Way> ways(Examination examination, String role, Collection<ViewName> tables)
            throws SQLException {
        // Until 16 every member may SET ROLE; since then a grant can withhold it.
        String canBecome = examination.server().isAtLeast(16) ? "'SET'" : "'MEMBER'";
        return examination.query(
                READABLE.formatted(canBecome),
                row -> new Way(
                        ViewName.of(row.getString(1), row.getString(2)),
                        row.getString(3),
                        row.getBoolean(4),
                        row.getBoolean(5),
                        row.getBoolean(6),
                        row.getBoolean(7),
                        row.getBoolean(8),
                        row.getString(9),
                        row.getBoolean(10)),
                role,
                tables.stream().map(ViewName::schema).toList(),
                tables.stream().map(ViewName::name).toList());
    }

    private static Finding readable(Examination examination, String role, ViewName table, List<Way> ways)
            throws SQLException {
        Set<String> reasons = new TreeSet<>();
        Set<String> remedies = new LinkedHashSet<>();
        for (Way way : ways) {
            explain(examination, role, way, reasons, remedies);
        }
        return new Finding(
                Severity.WARNING,
                "reader-can-read-tables",
                null,
                "the reader role " + Names.quote(role) + " can read the table " + table.sql() + ": "
                        + String.join("; ", reasons) + ". Reports can then load the tables that the views are there to"
                        + " spare, and see rows beyond the views.",
                String.join(" ", remedies));
    }

    private static void explain(
            Examination examination, String role, Way way, Set<String> reasons, Set<String> remedies)
            throws SQLException {
        String reader = Names.quote(role);
        if (way.itself() && way.superuser()) {
            reasons.add("it is a superuser");
            remedies.add("ALTER ROLE " + reader + " NOSUPERUSER;");
        } else if (way.toPublic()) {
            reasons.add("everybody can (PUBLIC)");
            remedies.add(revoke(way, "PUBLIC"));
        } else if (!way.itself()) {
            reasons.add("it is a member of " + Names.quote(way.role()) + ", which can");
            List<String> memberships = examination.query(MEMBERSHIPS, row -> row.getString(1), role, way.role());
            memberships.forEach(group -> remedies.add("REVOKE " + Names.quote(group) + " FROM " + reader + ";"));
        } else if (way.owner()) {
            reasons.add("it owns the table");
            remedies.add("ALTER TABLE " + way.table().sql() + " OWNER TO CURRENT_USER;");
        } else if (way.grantor() != null) {
            reasons.add("it was granted SELECT");
            remedies.add(revoke(way, reader));
        }
    }

    private static String revoke(Way way, String from) {
        String revoke = "REVOKE SELECT ON " + way.table().sql() + " FROM " + from + ";";
        return way.byOwner() || way.grantor() == null
                ? revoke
                : "SET ROLE " + Names.quote(way.grantor()) + "; " + revoke + " RESET ROLE;";
    }

    private static void views(Examination examination, ExaminedView view, Consumer<Finding> findings)
            throws SQLException {
        String role = examination.options().readerRole();
        if (role == null || !exists(examination, role)) {
            return;
        }
        record May(boolean enterSchema, boolean read) {}
        May may = examination
                .query(VIEW_UNREADABLE, row -> new May(row.getBoolean(1), row.getBoolean(2)), role, role, view.oid())
                .get(0);
        if (may.enterSchema() && may.read()) {
            return;
        }
        String to = " TO " + Names.quote(role) + ";";
        String remedy = (may.enterSchema()
                        ? ""
                        : "GRANT USAGE ON SCHEMA " + Names.quote(view.name().schema()) + to + " ")
                + (may.read() ? "" : "GRANT SELECT ON " + view.name().sql() + to);
        findings.accept(new Finding(
                Severity.WARNING,
                "reader-cannot-read-view",
                view.name(),
                "the reader role " + Names.quote(role) + " may not read the view.",
                remedy.strip()));
    }

    /** The SQL for a role that can read the views and not the tables. */
    public static String sql(String role, Collection<ViewName> views, Collection<ViewName> tables) {
        String reader = Names.quote(role);
        List<String> lines = new ArrayList<>();
        lines.add("CREATE ROLE " + reader + " NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;");
        for (String schema : new TreeSet<>(views.stream().map(ViewName::schema).toList())) {
            lines.add("GRANT USAGE ON SCHEMA " + Names.quote(schema) + " TO " + reader + ";");
        }
        views.stream().sorted().forEach(view -> lines.add("GRANT SELECT ON " + view.sql() + " TO " + reader + ";"));
        tables.stream().sorted().forEach(table -> {
            lines.add("REVOKE ALL ON " + table.sql() + " FROM PUBLIC;");
            lines.add("REVOKE ALL ON " + table.sql() + " FROM " + reader + ";");
        });
        if (!tables.isEmpty()) {
            lines.add("ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM PUBLIC;");
        }
        return String.join("\n", lines);
    }
}
