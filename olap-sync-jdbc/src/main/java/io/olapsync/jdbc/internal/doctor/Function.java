package io.olapsync.jdbc.internal.doctor;

import io.olapsync.jdbc.internal.Names;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A function that a definition calls, directly or within a parsed body or an aggregate.
 *
 * @param arguments its identity arguments, types qualified
 * @param polymorphic whether its argument types are known only in a call
 * @param searchPathSet whether it has a {@code SET search_path} of its own
 * @param body the parsed body, where it has one
 */
record Function(
        long oid,
        String schema,
        String name,
        String arguments,
        String language,
        String volatility,
        String kind,
        boolean polymorphic,
        boolean searchPathSet,
        String source,
        @Nullable String body) {

    private static final long FIRST_USER_OID = 16_384;
    private static final String LOAD = """
            SELECT p.oid, n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), l.lanname, p.provolatile,
                   p.prokind,
                   EXISTS (SELECT FROM unnest(p.proargtypes) a JOIN pg_type t ON t.oid = a WHERE t.typtype = 'p'),
                   EXISTS (SELECT FROM unnest(p.proconfig) s WHERE s ILIKE 'search\\_path=%'),
                   p.prosrc, p.prosqlbody::text
              FROM pg_proc p
              JOIN pg_namespace n ON n.oid = p.pronamespace
              JOIN pg_language l ON l.oid = p.prolang
             WHERE p.oid = ANY (?::oid[])
             ORDER BY n.nspname, p.proname""";
    private static final String OF_AGGREGATES = """
            SELECT DISTINCT f FROM pg_aggregate a,
                   unnest(ARRAY[a.aggtransfn::oid, a.aggfinalfn::oid, a.aggcombinefn::oid]) AS f
             WHERE a.aggfnoid::oid = ANY (?::oid[]) AND f <> 0""";

    /** The functions with these oids and those that they are made of. */
    static List<Function> load(Queries queries, Collection<Long> oids) throws SQLException {
        Map<Long, Function> known = new LinkedHashMap<>();
        Set<Long> wanted = new HashSet<>(oids);
        while (!wanted.isEmpty()) {
            List<Function> found = queries.query(LOAD, Function::read, wanted);
            found.forEach(f -> known.put(f.oid(), f));
            wanted = new HashSet<>(Calls.in(bodies(found)).functions());
            wanted.addAll(partsOfAggregates(queries, found));
            wanted.removeAll(known.keySet());
            if (found.isEmpty()) {
                break;
            }
        }
        return List.copyOf(known.values());
    }

    private static Set<Long> partsOfAggregates(Queries queries, List<Function> functions) throws SQLException {
        List<Long> aggregates = functions.stream()
                .filter(f -> f.kind().equals("a") && !f.isSystem())
                .map(Function::oid)
                .toList();
        return aggregates.isEmpty()
                ? Set.of()
                : new HashSet<>(queries.query(OF_AGGREGATES, row -> row.getLong(1), aggregates));
    }

    /** The parsed bodies of those of these functions that have one. */
    static List<Object> bodies(Collection<Function> functions) {
        List<Object> bodies = new ArrayList<>();
        for (Function function : functions) {
            Object body = function.body() == null ? null : NodeParser.parse(function.body());
            if (body != null) {
                bodies.add(body);
            }
        }
        return bodies;
    }

    private static Function read(ResultSet row) throws SQLException {
        return new Function(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getString(6),
                row.getString(7),
                row.getBoolean(8),
                row.getBoolean(9),
                row.getString(10),
                row.getString(11));
    }

    /** Whether PostgreSQL brought it along. */
    boolean isSystem() {
        return oid < FIRST_USER_OID;
    }

    boolean isVolatile() {
        return volatility.equals("v");
    }

    /** Whether it has a body as text that is parsed in each call, under the caller's search path. */
    boolean isParsedWhenCalled() {
        return body == null && Set.of("sql", "plpgsql").contains(language) && !isSystem();
    }

    /** As SQL wants it: {@code "s"."f"(integer)}. */
    String sql() {
        return Names.quote(schema) + "." + Names.quote(name) + "(" + arguments + ")";
    }

    /** As people call it: {@code now()}. */
    String call() {
        return (schema.equals("pg_catalog") ? "" : schema + ".") + name + "()";
    }

    static String calls(Collection<Function> functions) {
        return functions.stream().map(Function::call).distinct().sorted().collect(Collectors.joining(", "));
    }
}
