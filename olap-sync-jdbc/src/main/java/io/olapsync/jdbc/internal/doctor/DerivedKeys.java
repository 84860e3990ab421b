package io.olapsync.jdbc.internal.doctor;

import io.olapsync.jdbc.internal.doctor.KeyPaths.Path;
import io.olapsync.jdbc.internal.doctor.KeyPaths.Table;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * How the rows of what a view reads lead to keys of it, as far as its definition says.
 *
 * @param key the places of the key among the columns of the view, from 1; empty where no column can be one
 * @param ways by table
 * @param unknown the tables of which nothing can be said
 */
public record DerivedKeys(List<Integer> key, Map<ViewName, Way> ways, Set<ViewName> unknown) {

    /**
     * From the columns of a changed row to keys.
     *
     * @param columns of the changed row
     * @param query what leads to the keys from the relation {@code changed} with those columns; empty where they are the key
     */
    public record Way(List<String> columns, String query) {}

    private static final String COLUMNS = """
            SELECT attrelid, attnum, attname FROM pg_attribute
             WHERE attrelid = ANY (?::oid[]) AND attnum > 0 AND NOT attisdropped ORDER BY attrelid, attnum""";

    /** Those of the server itself, which look for nothing on the search path and mean the same everywhere. */
    private static final String EQUALITIES =
            "SELECT oid FROM pg_operator WHERE oprname = '=' AND oid < 16384 AND (oprcanmerge OR oprcanhash)";

    /**
     * Reads the definition of a view, in the transaction of the connection.
     *
     * @param wanted the places of the columns that the key is to be of; those that cannot be part of one are left out, and where
     *     that is all of them, it is of others
     */
    public static DerivedKeys of(Connection connection, long view, List<Integer> wanted) throws SQLException {
        Queries queries = new Queries(connection);
        Definitions definitions = Definitions.read(queries, List.of(view));
        Map<Long, ViewName> reads = definitions.sourcesOf(view);
        try {
            Node query = definitions.queriesOf(view).get(view);
            if (query != null) {
                KeyPaths paths = new KeyPaths(tables(queries, reads), equalities(queries));
                Set<Integer> possible = paths.possible(query);
                List<Integer> key = new ArrayList<>(wanted);
                key.retainAll(possible);
                if (!possible.isEmpty()) {
                    return best(paths, query, key.isEmpty() ? List.copyOf(possible) : key, reads);
                }
            }
        } catch (IllegalArgumentException e) {
            // a tree that this does not understand
        }
        return new DerivedKeys(List.of(), Map.of(), new LinkedHashSet<>(reads.values()));
    }

    /** By all of the columns, or by one of them where that leaves less unknown, the nearest one: a key need not be unique. */
    private static DerivedKeys best(KeyPaths paths, Node query, List<Integer> key, Map<Long, ViewName> reads) {
        DerivedKeys best = of(key, paths.of(query, key), reads);
        int least = -1;
        for (int column : key) {
            Map<Long, List<Path>> found = paths.of(query, List.of(column));
            DerivedKeys other = of(List.of(column), found, reads);
            int length = found.values().stream()
                    .flatMap(List::stream)
                    .mapToInt(Path::length)
                    .sum();
            int gained = best.unknown().size() - other.unknown().size();
            if (gained > 0 || (gained == 0 && least > length)) {
                best = other;
                least = length;
            }
        }
        return best;
    }

    private static DerivedKeys of(List<Integer> key, Map<Long, List<Path>> paths, Map<Long, ViewName> reads) {
        Map<ViewName, Way> ways = new LinkedHashMap<>();
        Set<ViewName> unknown = new LinkedHashSet<>();
        reads.forEach((relation, name) -> {
            List<Path> found = paths.getOrDefault(relation, List.of());
            if (found.isEmpty()) {
                unknown.add(name);
            } else {
                ways.put(name, way(found));
            }
        });
        return new DerivedKeys(key, ways, unknown);
    }

    private static Way way(List<Path> paths) {
        List<String> direct = paths.get(0).direct();
        if (!direct.isEmpty()
                && new HashSet<>(direct).size() == direct.size()
                && paths.stream().allMatch(path -> path.direct().equals(direct))) {
            return new Way(direct, "");
        }
        Set<String> columns = new TreeSet<>();
        Set<String> queries = new LinkedHashSet<>();
        for (Path path : paths) {
            columns.addAll(path.columns());
            queries.add(path.query());
        }
        return new Way(List.copyOf(columns), String.join(" UNION ", queries));
    }

    private static Map<Long, Table> tables(Queries queries, Map<Long, ViewName> reads) throws SQLException {
        Map<Long, Table> tables = new LinkedHashMap<>();
        reads.forEach((relation, name) -> tables.put(relation, new Table(name, new LinkedHashMap<>())));
        queries.query(
                COLUMNS,
                row -> Objects.requireNonNull(tables.get(row.getLong(1)))
                        .columns()
                        .put(row.getInt(2), row.getString(3)),
                reads.keySet());
        return tables;
    }

    private static Set<Long> equalities(Queries queries) throws SQLException {
        return new HashSet<>(queries.query(EQUALITIES, row -> row.getLong(1)));
    }
}
