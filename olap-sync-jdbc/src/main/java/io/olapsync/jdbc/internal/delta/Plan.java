package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Names;
import io.olapsync.jdbc.internal.Rows;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How the server would compute a query for single keys, were it to use every index that it has.
 *
 * @param type such as {@code Seq Scan}
 * @param schema that of the relation that is scanned; null where none is
 * @param relation its name; null where none is scanned
 * @param alias how conditions call it; null where nothing is scanned
 * @param subplan such as {@code CTE x}, where it is computed beside the query; null elsewhere
 * @param conditions what its rows have to meet, as the server writes it
 */
record Plan(
        String type,
        @Nullable String schema,
        @Nullable String relation,
        @Nullable String alias,
        @Nullable String subplan,
        String conditions,
        List<Plan> children) {

    /** Stands for the keys in what is explained: nothing that is known when it is planned, and so found again in the plan. */
    static final String KEYS = "pg_catalog.current_setting('olap_sync.keys')";

    private static final Pattern OF_KEYS = Pattern.compile("olap_sync\\.keys|\\bolap_sync_keys\\.");

    private static final Set<String> NO_TABLES = Set.of("Subquery Scan", "CTE Scan", "WorkTable Scan", "Function Scan");

    /** What reads all that is beneath it before it gives its first row, or takes rows by their number. */
    private static final Set<String> BARRIERS = Set.of(
            "Aggregate", "Group", "WindowAgg", "Unique", "SetOp", "Limit", "Recursive Union", "LockRows", "ProjectSet");

    private static final Set<String> EACH_INPUT = Set.of("Append", "Merge Append", "Recursive Union", "SetOp");

    private static final Pattern QUALIFIED = Pattern.compile(
            "(?:\"((?:[^\"]|\"\")+)\"|(?<![\\p{L}\\p{N}_$\"])([\\p{L}_][\\p{L}\\p{N}_$]*))\\.(?=[\"\\p{L}_])");

    private static final Pattern LITERAL = Pattern.compile("'(?:[^']|'')*'");

    /**
     * How many rows there are is of no account, and may be another tomorrow: a way by indexes is taken wherever there is one. No
     * partition is left out, because no key is known.
     */
    private static final String SETTINGS = "SET LOCAL olap_sync.keys = '{}'; SET LOCAL enable_seqscan = off;"
            + " SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_hashagg = off;"
            + " SET LOCAL enable_sort = off; SET LOCAL enable_partition_pruning = off; SET LOCAL jit = off;"
            + " SET LOCAL max_parallel_workers_per_gather = 0";

    private static final String NODES = """
            WITH RECURSIVE node (path, plan) AS (
                SELECT '{}'::bigint[], ?::pg_catalog.jsonb -> 0 -> 'Plan'
                UNION ALL
                SELECT n.path || e.position, e.value
                  FROM node n, pg_catalog.jsonb_array_elements(n.plan -> 'Plans') WITH ORDINALITY e (value, position))
            SELECT path::text, (path[:pg_catalog.cardinality(path) - 1])::text AS parent, plan ->> 'Node Type', plan ->> 'Schema',
                   plan ->> 'Relation Name', plan ->> 'Alias', plan ->> 'Subplan Name',
                   pg_catalog.concat_ws(' AND ', plan ->> 'Index Cond', plan ->> 'Recheck Cond', plan ->> 'TID Cond', plan ->> 'Filter',
                                        plan ->> 'One-Time Filter', plan ->> 'Join Filter', plan ->> 'Hash Cond', plan ->> 'Merge Cond')
              FROM node ORDER BY pg_catalog.cardinality(path), path""";

    /** Has the server plan a query, and leaves the transaction as it was. */
    static Plan of(Connection connection, String query) throws SQLException {
        Savepoint before = connection.setSavepoint();
        try {
            String json;
            try (Statement statement = connection.createStatement()) {
                statement.execute(SETTINGS);
                try (ResultSet row = statement.executeQuery("EXPLAIN (VERBOSE, COSTS off, FORMAT json) " + query)) {
                    row.next();
                    json = row.getString(1);
                }
            }
            try (PreparedStatement statement = connection.prepareStatement(NODES)) {
                statement.setString(1, json);
                return tree(statement);
            }
        } finally {
            connection.rollback(before);
        }
    }

    private static Plan tree(PreparedStatement nodes) throws SQLException {
        Map<String, Plan> byPath = new HashMap<>();
        List<Plan> top = Rows.all(nodes, row -> {
            Plan plan = new Plan(
                    row.getString(3),
                    row.getString(4),
                    row.getString(5),
                    row.getString(6),
                    row.getString(7),
                    row.getString(8),
                    new ArrayList<>());
            Plan parent = byPath.get(row.getString(2)); // none for the first
            if (parent != null) {
                parent.children().add(plan);
            }
            byPath.put(row.getString(1), plan);
            return plan;
        });
        return top.get(0);
    }

    /** Whether it computes no more of the tables beneath it than single keys need, as far as conditions on those tables say. */
    boolean isLimited() {
        boolean isEmpty = type.equals("Result") && conditions.equals("false");
        if (isEmpty || ((scansTable() || type.equals("Result")) && namesKeys())) {
            return true;
        }
        List<Plan> inputs =
                children.stream().filter(child -> child.subplan == null).toList();
        return !inputs.isEmpty()
                && (EACH_INPUT.contains(type)
                        ? inputs.stream().allMatch(Plan::isLimited)
                        : inputs.stream().anyMatch(Plan::isLimited));
    }

    /** Whether it scans a relation, by itself and not through a query. */
    boolean scansTable() {
        return type.endsWith("Scan") && !NO_TABLES.contains(type);
    }

    private boolean namesKeys() {
        return namesKeys(conditions) && !"olap_sync_keys".equals(alias);
    }

    /** Whether a condition is one on the keys. */
    static boolean namesKeys(String condition) {
        return OF_KEYS.matcher(condition).find();
    }

    /** Whether it may have to read all that is beneath it for one row. */
    boolean isBarrier() {
        boolean onlyTheFirst = type.equals("Limit")
                && subplan != null
                && children.stream().allMatch(child -> child.type.startsWith("Index"));
        boolean isCommon = subplan != null && subplan.startsWith("CTE ");
        return isCommon || (BARRIERS.contains(type) && !onlyTheFirst);
    }

    /** It and all that is beneath it, from the top. */
    Stream<Plan> nodes() {
        return Stream.concat(Stream.of(this), children.stream().flatMap(Plan::nodes));
    }

    /** By what names conditions call what is scanned in it. */
    Set<String> aliases() {
        return nodes().flatMap(node -> Optional.ofNullable(node.alias).stream()).collect(Collectors.toSet());
    }

    /** The names before a dot in its own conditions; among them those of schemas. */
    Set<String> qualifiers() {
        Set<String> names = new HashSet<>();
        var found = QUALIFIED.matcher(LITERAL.matcher(conditions).replaceAll("''"));
        while (found.find()) {
            String quoted = found.group(1);
            names.add(quoted == null ? found.group(2) : quoted.replace("\"\"", "\""));
        }
        return names;
    }

    /** For a message. */
    String described() {
        Optional<String> table = nodes().flatMap(node -> Optional.ofNullable(node.relation).stream())
                .findFirst();
        return (subplan == null ? type : subplan)
                + table.map(name -> " over " + Names.quote(name)).orElse("");
    }
}
