package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Names;
import io.olapsync.jdbc.internal.Rows;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What reads a relation by its identity and not by its name, and so has to be pointed to its successor: plain views are
 * replaced in place, and keep all they have; functions with a parsed body too. Materialized views cannot be replaced, and are
 * succeeded themselves.
 */
final class Dependents {

    /** @param replacement the statement that points it to whatever has the name of what it reads then; empty for a materialized view */
    record Dependent(ViewName name, boolean isMaterializedView, String replacement) {}

    /** @param described what it is, as the server says */
    record Obstacle(ViewName relation, String described) {}

    private static final String READERS = """
            SELECT DISTINCT n.nspname, v.relname, v.relkind = 'm', v.oid,
                   'CREATE OR REPLACE VIEW ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(v.relname)
                       || CASE WHEN v.reloptions IS NULL THEN '' ELSE ' WITH (' || pg_catalog.array_to_string(v.reloptions, ', ') || ')' END
                       || ' AS ' || pg_catalog.pg_get_viewdef(v.oid)
              FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
              JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid
                   AND d.classid = 'pg_catalog.pg_rewrite'::regclass
              JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND r.ev_type = '1' AND r.ev_class <> c.oid
              JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm')
              JOIN pg_catalog.pg_namespace n ON n.oid = v.relnamespace
             WHERE cn.nspname = ? AND c.relname = ?
             ORDER BY v.oid""";

    private static final String FUNCTIONS = """
            SELECT DISTINCT p.oid, pg_catalog.pg_get_functiondef(p.oid)
              FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
              JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid
                   AND d.classid = 'pg_catalog.pg_proc'::regclass
              JOIN pg_catalog.pg_proc p ON p.oid = d.objid
             WHERE cn.nspname = ? AND c.relname = ? ORDER BY 1""";

    /** What else depends on it or on its row type: nothing of that can be pointed elsewhere. */
    private static final String OBSTACLES = """
            SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)
              FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
              JOIN pg_catalog.pg_depend d ON d.deptype IN ('n', 'a')
                   AND (d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid
                        OR d.refclassid = 'pg_catalog.pg_type'::regclass
                           AND d.refobjid IN (c.reltype, (SELECT t.typarray FROM pg_catalog.pg_type t WHERE t.oid = c.reltype)))
              LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
              LEFT JOIN pg_catalog.pg_class o ON o.oid = r.ev_class
              LEFT JOIN pg_catalog.pg_class k ON d.classid = 'pg_catalog.pg_class'::regclass AND k.oid = d.objid
              LEFT JOIN pg_catalog.pg_trigger t ON d.classid = 'pg_catalog.pg_trigger'::regclass AND t.oid = d.objid
             WHERE cn.nspname = ? AND c.relname = ?
               AND (d.refclassid = 'pg_catalog.pg_type'::regclass
                    OR d.classid NOT IN ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_statistic_ext'::regclass,
                                         'pg_catalog.pg_trigger'::regclass, 'pg_catalog.pg_class'::regclass)
                       AND NOT (d.classid = 'pg_catalog.pg_rewrite'::regclass AND o.relkind IN ('v', 'm') AND r.ev_type = '1')
                    OR k.relkind <> 'i'
                    OR d.classid = 'pg_catalog.pg_trigger'::regclass AND t.tgname !~ '^olap_sync_(delta|capture)_')
            UNION
            SELECT 'security label of ' || l.provider FROM pg_catalog.pg_seclabel l
              JOIN pg_catalog.pg_class c ON c.oid = l.objoid AND l.classoid = 'pg_catalog.pg_class'::regclass
              JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
             WHERE cn.nspname = ? AND c.relname = ?""";

    private final Connection connection;

    Dependents(Connection connection) {
        this.connection = connection;
    }

    /** Those that read it, directly. */
    List<Dependent> of(ViewName relation) throws SQLException {
        try (PreparedStatement statement = named(READERS, relation, 1)) {
            return Rows.all(
                    statement,
                    row -> new Dependent(
                            ViewName.of(row.getString(1), row.getString(2)),
                            row.getBoolean(3),
                            row.getBoolean(3) ? "" : row.getString(5)));
        }
    }

    /** The functions whose parsed body reads it, as the statements that replace them. */
    List<String> functions(ViewName relation) throws SQLException {
        try (PreparedStatement statement = named(FUNCTIONS, relation, 1)) {
            return Rows.all(statement, row -> row.getString(2));
        }
    }

    /** What stands in the way of a successor to these. */
    List<Obstacle> obstacles(Collection<ViewName> relations) throws SQLException {
        List<Obstacle> obstacles = new ArrayList<>();
        for (ViewName relation : relations) {
            try (PreparedStatement statement = named(OBSTACLES, relation, 2)) {
                Rows.all(statement, row -> new Obstacle(relation, row.getString(1)))
                        .forEach(obstacles::add);
            }
        }
        return obstacles;
    }

    /**
     * These and the materialized views that read them, which get another identity with them and so have readers of their own
     * to take along; what is read comes before its readers.
     */
    List<ViewName> upstreamFirst(Collection<ViewName> relations) throws SQLException {
        Set<ViewName> readersFirst = new LinkedHashSet<>();
        Set<ViewName> visited = new HashSet<>();
        for (ViewName relation : relations) {
            visit(relation, visited, readersFirst);
        }
        List<ViewName> ordered = new ArrayList<>(readersFirst);
        Collections.reverse(ordered);
        return ordered;
    }

    private void visit(ViewName relation, Set<ViewName> visited, Set<ViewName> readersFirst) throws SQLException {
        if (!visited.add(relation)) {
            return;
        }
        for (Dependent reader : of(relation)) {
            if (reader.isMaterializedView()) {
                visit(reader.name(), visited, readersFirst);
            }
        }
        readersFirst.add(relation);
    }

    private PreparedStatement named(String sql, ViewName relation, int times) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < times; i++) {
            statement.setString(2 * i + 1, relation.schema());
            statement.setString(2 * i + 2, relation.name());
        }
        return statement;
    }

    /** For a message. */
    static String described(Obstacle obstacle) {
        return Names.quote(obstacle.relation().schema()) + "."
                + Names.quote(obstacle.relation().name()) + ": " + obstacle.described();
    }
}
