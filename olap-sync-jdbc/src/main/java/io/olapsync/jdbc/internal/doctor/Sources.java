package io.olapsync.jdbc.internal.doctor;

import io.olapsync.jdbc.internal.delta.DeltaNames;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the rows of a view depend on.
 *
 * @param areAll whether it is proven that they depend on nothing but rows of logged tables and materialized views of this
 *     database: the same rows would give the same result at any time, in any session
 * @param views the materialized views and delta tables that it reads, through plain views too; empty where nothing is proven
 */
public record Sources(boolean areAll, Set<ViewName> views) {

    private static final Sources UNPROVEN = new Sources(false, Set.of());

    private static final long FIRST_USER_OID = 16_384;

    /** Partitions and children are read with their parents. */
    private static final String RELATIONS = """
            WITH RECURSIVE family (oid) AS (
                SELECT unnest(?::oid[])
                UNION
                SELECT i.inhrelid FROM pg_inherits i JOIN family f ON f.oid = i.inhparent)
            SELECT n.nspname, c.relname, c.relkind = 'm' OR %2$s,
                   c.relkind IN ('r', 'p', 'm', 'v') AND c.relpersistence = 'p' AND NOT c.relrowsecurity
                   AND c.oid >= %1$d AND n.nspname <> 'olap_sync'
              FROM family JOIN pg_class c USING (oid) JOIN pg_namespace n ON n.oid = c.relnamespace""".formatted(FIRST_USER_OID, DeltaNames.IS_DELTA_TABLE);

    /** STABLE, because they look into the catalog, where nothing changes without a transaction. */
    private static final Set<String> READS_CATALOG_ONLY = Set.of(
            "convert", "convert_from", "convert_to", "enum_in", "enum_out", "enum_first", "enum_last", "enum_range");

    /** STABLE, because what they write of some types depends on the session. */
    private static final Set<String> WRITES_VALUES = Set.of(
            "textanycat",
            "anytextcat",
            "concat",
            "concat_ws",
            "to_json",
            "to_jsonb",
            "json_build_array",
            "json_build_object",
            "jsonb_build_array",
            "jsonb_build_object");

    private record Relation(ViewName name, boolean isRefreshed, boolean isSafe) {}

    public Sources {
        views = Set.copyOf(views);
    }

    /** Those of the materialized view with this oid, found in the transaction of the connection. */
    public static Sources of(Connection connection, long view) throws SQLException {
        Queries queries = new Queries(connection);
        try {
            return of(queries, view);
        } catch (IllegalArgumentException e) {
            return UNPROVEN; // a definition that cannot be read
        }
    }

    private static Sources of(Queries queries, long view) throws SQLException {
        Map<Long, Node> definitions = Definitions.read(queries, List.of(view)).queriesOf(view);
        Trees trees = new Trees();
        definitions.values().forEach(trees::add);
        Set<Long> relations = new HashSet<>(trees.relations());
        relations.remove(view); // a rule names its own view
        boolean everyViewKnown = definitions.keySet().containsAll(trees.plainViews());
        List<Function> functions = Function.load(queries, trees.functions());
        Trees bodies = new Trees();
        Function.bodies(functions).forEach(bodies::add);
        if (!everyViewKnown
                || !trees.areHarmless()
                || !bodies.areHarmless()
                || !bodies.relations().isEmpty()
                || !functions.stream()
                        .map(Function::oid)
                        .collect(Collectors.toSet())
                        .containsAll(trees.functions())
                || !functions.stream().allMatch(f -> isHarmless(f, trees) && isHarmless(f, bodies))) {
            return UNPROVEN;
        }
        List<Relation> read = queries.query(
                RELATIONS,
                row -> new Relation(
                        ViewName.of(row.getString(1), row.getString(2)), row.getBoolean(3), row.getBoolean(4)),
                relations);
        return new Sources(
                read.stream().allMatch(Relation::isSafe),
                read.stream().filter(Relation::isRefreshed).map(Relation::name).collect(Collectors.toSet()));
    }

    /** What users declare is not believed; the body of theirs is looked at, where it was parsed when it was created. */
    private static boolean isHarmless(Function function, Trees calls) {
        if (function.isSystem()) {
            return function.volatility().equals("i")
                    || READS_CATALOG_ONLY.contains(function.name())
                    || (WRITES_VALUES.contains(function.name())
                            && !calls.functionsOnOtherTypes().contains(function.oid()));
        }
        return function.language().equals("sql")
                && function.body() != null
                && function.kind().equals("f");
    }
}
