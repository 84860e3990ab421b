package io.olapsync.jdbc;

import io.olapsync.SyncPlan;
import io.olapsync.jdbc.internal.Dependencies;
import io.olapsync.jdbc.internal.Names;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/** Plans that are read from the catalog of PostgreSQL. */
public final class PostgresPlans {

    /** The tag of a discovered view that is outside the schemas asked for, and is in the plan because one of theirs reads it. */
    public static final String OTHER_SCHEMA = "other-schema";

    private static final String OWN_SCHEMA = "olap_sync";

    private PostgresPlans() {}

    /**
     * A plan named after the schemas, such as {@code public} or {@code sales+finance}; see
     * {@link #discover(String, DataSource, String...)}.
     */
    public static SyncPlan discover(DataSource dataSource, String... schemas) throws RefreshException {
        return discover(String.join("+", schemas), dataSource, schemas);
    }

    /**
     * A plan of all materialized views and delta tables of these schemas, each after what its definition really reads, also through plain
     * views ({@link PostgresCatalog} says what can be seen). A view of another schema that one of them reads, directly or
     * not, is in the plan too, because they would be stale where it is; it has the tag {@link #OTHER_SCHEMA}.
     *
     * @param name the plan's name
     * @param schemas at least one, exactly as stored: case counts
     * @throws IllegalArgumentException if no schema is given, or these schemas have no materialized view
     * @throws RefreshException if the database could not be asked
     */
    public static SyncPlan discover(String name, DataSource dataSource, String... schemas) throws RefreshException {
        if (schemas.length == 0) {
            throw new IllegalArgumentException("name at least one schema to discover views in");
        }
        Set<String> wanted = Set.copyOf(Arrays.asList(schemas));
        Map<ViewName, Set<ViewName>> known = Dependencies.all(dataSource);
        Map<ViewName, Set<ViewName>> edges = known.entrySet().stream()
                .filter(entry -> !entry.getKey().schema().equals(OWN_SCHEMA))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        SyncPlan.Builder plan = SyncPlan.named(name);
        for (ViewName view : closure(wanted, edges)) {
            plan.view(view, options -> {
                options.after(edges.getOrDefault(view, Set.of()).toArray(ViewName[]::new));
                if (!wanted.contains(view.schema())) {
                    options.tags(OTHER_SCHEMA);
                }
            });
        }
        return plan.build();
    }

    /** The views of the schemas, and what they read, sorted. */
    private static Set<ViewName> closure(Set<String> schemas, Map<ViewName, Set<ViewName>> edges) {
        Deque<ViewName> open = new ArrayDeque<>();
        for (String schema : schemas) {
            Set<ViewName> found = edges.keySet().stream()
                    .filter(view -> view.schema().equals(schema))
                    .collect(Collectors.toSet());
            if (found.isEmpty()) {
                throw new IllegalArgumentException(nothingIn(schema, edges.keySet()));
            }
            open.addAll(found);
        }
        Set<ViewName> closure = new TreeSet<>();
        while (!open.isEmpty()) {
            ViewName view = open.pop();
            if (closure.add(view)) {
                open.addAll(edges.getOrDefault(view, Set.of()));
            }
        }
        return closure;
    }

    private static String nothingIn(String schema, Set<ViewName> views) {
        String others = views.stream()
                .map(ViewName::schema)
                .distinct()
                .sorted()
                .map(Names::quote)
                .collect(Collectors.joining(", "));
        return "the schema " + Names.quote(schema) + " has no materialized view; "
                + (others.isEmpty() ? "nor has any other schema of the database" : "these have: " + others);
    }
}
