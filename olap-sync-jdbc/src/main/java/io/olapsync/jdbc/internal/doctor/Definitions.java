package io.olapsync.jdbc.internal.doctor;

import io.olapsync.jdbc.internal.delta.DeltaNames;
import io.olapsync.spi.ViewName;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the examined views are made of: their parsed queries and those of the plain views beneath them, down to tables
 * and other materialized views, as which delta tables count.
 */
final class Definitions {

    private static final String READS = """
            WITH RECURSIVE reads (root, reader, relation, attribute) AS (
                SELECT c.oid, 0::oid, c.oid, 0 FROM pg_class c WHERE c.oid = ANY (?::oid[])
                UNION
                SELECT r.root, r.relation, d.refobjid, d.refobjsubid
                  FROM reads r
                  JOIN pg_class c ON c.oid = r.relation AND (c.relkind = 'v' OR r.relation = r.root)
                  JOIN pg_rewrite w ON w.ev_class = r.relation AND w.ev_type = '1'
                  JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
                                  AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.relation)
            SELECT r.root, r.relation, r.attribute, n.nspname, c.relname, CASE WHEN %s THEN 'm' ELSE c.relkind END
              FROM reads r
              JOIN pg_class c ON c.oid = r.relation AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
              JOIN pg_namespace n ON n.oid = c.relnamespace
             ORDER BY n.nspname, c.relname, r.attribute""".formatted(DeltaNames.IS_DELTA_TABLE);
    private static final String QUERIES = """
            SELECT ev_class, ev_action::text FROM pg_rewrite WHERE ev_type = '1' AND ev_class = ANY (?::oid[])""";

    /** A column of a relation, or with attribute 0 the relation as a whole, that a view reads directly or not. */
    record Read(long root, long relation, int attribute, ViewName name, String kind) {
        boolean isTable() {
            return Set.of("r", "p", "f").contains(kind);
        }
    }

    private final List<Read> reads;
    private final Map<Long, Node> queries;

    private Definitions(List<Read> reads, Map<Long, Node> queries) {
        this.reads = reads;
        this.queries = queries;
    }

    static Definitions read(Queries queriesOn, List<Long> roots) throws SQLException {
        List<Read> reads = queriesOn.query(
                READS,
                row -> new Read(
                        row.getLong(1),
                        row.getLong(2),
                        row.getInt(3),
                        ViewName.of(row.getString(4), row.getString(5)),
                        row.getString(6)),
                roots);
        Set<Long> withQuery = reads.stream()
                .filter(r -> r.kind().equals("v"))
                .map(Read::relation)
                .collect(Collectors.toSet());
        withQuery.addAll(roots);
        Map<Long, Node> queries = new HashMap<>();
        queriesOn.query(QUERIES, row -> queries.put(row.getLong(1), firstQuery(row.getString(2))), withQuery);
        return new Definitions(reads, queries);
    }

    private static Node firstQuery(String action) {
        if (NodeParser.parse(action) instanceof List<?> list && !list.isEmpty() && list.get(0) instanceof Node query) {
            return query;
        }
        throw new IllegalArgumentException("a view's rule is not a list of queries");
    }

    /** The tables that the views read, through plain views too, without duplicates. */
    Set<ViewName> tables() {
        return reads.stream()
                .filter(Read::isTable)
                .map(Read::name)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** What a view reads, by oid: tables and other materialized views, through plain views too. */
    Map<Long, ViewName> sourcesOf(long root) {
        Map<Long, ViewName> sources = new LinkedHashMap<>();
        reads.stream()
                .filter(read -> read.root() == root
                        && read.relation() != root
                        && !read.kind().equals("v"))
                .forEach(read -> sources.putIfAbsent(read.relation(), read.name()));
        return sources;
    }

    /** The definitions among the examined ones that read this column of this relation, through plain views too. */
    Set<Long> readersOf(long relation, int attribute) {
        return reads.stream()
                .filter(r -> r.relation() == relation && r.attribute() == attribute && r.root() != relation)
                .map(Read::root)
                .collect(Collectors.toSet());
    }

    /** The parsed query of a view, and of the plain views beneath it. */
    Map<Long, Node> queriesOf(long root) {
        Set<Long> relations = new HashSet<>(Set.of(root));
        reads.stream()
                .filter(r -> r.root() == root && r.kind().equals("v"))
                .map(Read::relation)
                .forEach(relations::add);
        Map<Long, Node> result = new HashMap<>(queries);
        result.keySet().retainAll(relations);
        return result;
    }
}
