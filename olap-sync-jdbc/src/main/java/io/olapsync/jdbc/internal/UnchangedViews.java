package io.olapsync.jdbc.internal;

import io.olapsync.jdbc.PostgresSettings;
import io.olapsync.jdbc.internal.doctor.Sources;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;

/**
 * Of many materialized views at once, which ones a refresh would certainly leave as they are, in one statement. It needs no
 * lock: whoever refreshes one of them meanwhile makes it newer.
 *
 * <p>What a definition reads takes longer to find out than all else. It is remembered for as long as the view shows the
 * snapshot at which it was found out: whoever changes a definition is a transaction that is not ours, and while there was
 * none since that snapshot, the definition is what it was. Up to when nothing had changed is not remembered: a server that lost its
 * last transactions in a crash or a failover gives their ids to others, and only the state row was lost with them.
 */
public final class UnchangedViews {

    /**
     * A transaction ended since a view's snapshot if it is visible now, and either began after that snapshot or was open in it.
     * Of the former only the last that is not ours counts; where there are as many of ours as there are at all, there is none,
     * and counting is quicker than a look at each. Ours count where they changed one of the views that it reads. Ids that are not
     * ours count as writers of a source whatever they are: other databases, subtransactions, transactions rolled back.
     *
     * <p>The transaction that refreshed the view itself may have refreshed the others too, and then before it: upstream
     * first, so the view shows them.
     */
    static final String UNCHANGED = """
            WITH present AS MATERIALIZED (
                SELECT now.snapshot, pg_catalog.pg_snapshot_xmax(now.snapshot)::text::bigint AS upper
                  FROM (SELECT pg_catalog.pg_current_snapshot() AS snapshot) now),
            seen AS MATERIALIZED (
                SELECT s.view_schema, s.view_name, c.oid, s.snapshot AS shown, s.xid,
                       pg_catalog.pg_snapshot_xmax(s.snapshot)::text::bigint AS lower
                  FROM unnest(?::text[], ?::text[]) w(view_schema, view_name)
                  JOIN olap_sync.view_state s USING (view_schema, view_name)
                  JOIN pg_catalog.pg_namespace n ON n.nspname = s.view_schema
                  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = s.view_name AND c.relkind = 'm'
                   AND c.relispopulated AND c.xmin::text::bigint = s.catalog_xmin
                   AND pg_catalog.pg_relation_filenode(c.oid) = s.filenode
                  JOIN present ON upper - pg_catalog.pg_snapshot_xmax(s.snapshot)::text::bigint BETWEEN 0 AND %1$d
                 WHERE NOT pg_catalog.pg_is_in_recovery()),
            bounds AS MATERIALIZED (
                SELECT snapshot, upper, (SELECT min(lower) FROM seen) AS lower,
                       (SELECT pg_catalog.pg_snapshot_xmin(shown) FROM seen ORDER BY 1 LIMIT 1) AS oldest
                  FROM present),
            last_other AS MATERIALIZED (
                SELECT CASE WHEN b.upper - b.lower <>
                              (SELECT count(*) FROM pg_catalog.pg_snapshot_xip(b.snapshot) AS open WHERE open::text::bigint >= b.lower)
                              + (SELECT count(DISTINCT o.transaction) FROM olap_sync.own_transaction o
                                  WHERE o.transaction >= b.lower::text::xid8
                                    AND pg_catalog.pg_visible_in_snapshot(o.transaction, b.snapshot))
                       THEN (SELECT max(later) FROM pg_catalog.generate_series(b.lower, b.upper - 1) AS later
                              WHERE pg_catalog.pg_visible_in_snapshot(later::text::xid8, b.snapshot)
                                AND NOT EXISTS (SELECT FROM olap_sync.own_transaction o WHERE o.transaction = later::text::xid8))
                       END AS transaction
                  FROM bounds b),
            changed AS MATERIALIZED (
                SELECT o.transaction, o.view_schema, o.view_name
                  FROM bounds b JOIN olap_sync.own_transaction o ON o.transaction >= b.oldest
                 WHERE o.changed AND pg_catalog.pg_visible_in_snapshot(o.transaction, b.snapshot)),
            outdated AS MATERIALIZED (
                SELECT s.view_schema, s.view_name
                  FROM unnest(?::text[], ?::text[], ?::text[], ?::text[]) r(of_schema, of_name, view_schema, view_name)
                  JOIN changed o USING (view_schema, view_name)
                  JOIN seen s ON s.view_schema = r.of_schema AND s.view_name = r.of_name
                 WHERE o.transaction <> s.xid AND NOT pg_catalog.pg_visible_in_snapshot(o.transaction, s.shown))
            SELECT s.view_schema, s.view_name, s.oid::bigint, s.shown::text
              FROM seen s, present p, last_other l
             WHERE (l.transaction IS NULL OR l.transaction < s.lower)
               AND NOT EXISTS (
                    SELECT FROM pg_catalog.pg_snapshot_xip(s.shown) AS open
                     WHERE pg_catalog.pg_visible_in_snapshot(open, p.snapshot)
                       AND NOT EXISTS (SELECT FROM olap_sync.own_transaction o WHERE o.transaction = open))
               AND (s.view_schema, s.view_name) NOT IN (SELECT view_schema, view_name FROM outdated)""".formatted(OwnTransactions.MOST);

    private final Database database;
    private final Map<ViewName, Known> known = new ConcurrentHashMap<>();

    public UnchangedViews(DataSource dataSource, PostgresSettings settings) {
        this.database = new Database(dataSource, settings);
    }

    /** What a definition was found to read when the view showed this snapshot. */
    private record Known(String snapshot, Sources sources) {
        boolean isOf(Candidate candidate) {
            return snapshot.equals(candidate.snapshot());
        }
    }

    /** A view that is unchanged if what is known of its definition is right. */
    record Candidate(ViewName view, long oid, String snapshot) {}

    /**
     * Those of these views that are certainly unchanged.
     *
     * @param ancestors by view, the views that it is known to read
     */
    public Set<ViewName> among(Map<ViewName, Set<ViewName>> ancestors) throws RefreshException {
        return ancestors.isEmpty()
                ? Set.of()
                : database.asked(
                        "asking which views are unchanged",
                        connection -> about(ancestors).ask(connection));
    }

    /** The same of one view, in the transaction that holds its lock, and with what it reads looked up now. */
    static boolean isUnchanged(Connection connection, ViewName view, Set<ViewName> ancestors) throws SQLException {
        return !new Question(Map.of(view, ancestors), new HashMap<>())
                .ask(connection)
                .isEmpty();
    }

    /** The same, to be sent with other questions. */
    Question about(Map<ViewName, Set<ViewName>> ancestors) {
        return new Question(ancestors, known);
    }

    static Candidate candidate(ResultSet row) throws SQLException {
        return new Candidate(ViewName.of(row.getString(1), row.getString(2)), row.getLong(3), row.getString(4));
    }

    /** The parameters of the statement for some views, and what its rows mean. */
    static final class Question {
        private final Map<ViewName, Set<ViewName>> ancestors;
        private final Map<ViewName, Known> known;
        private final Map<ViewName, Known> before;

        private Question(Map<ViewName, Set<ViewName>> ancestors, Map<ViewName, Known> known) {
            this.ancestors = ancestors;
            this.known = known;
            this.before = new HashMap<>(known);
            before.keySet().retainAll(ancestors.keySet());
        }

        private Set<ViewName> ask(Connection connection) throws SQLException {
            return answer(connection, candidates(connection, ancestors, before));
        }

        /** Binds what the views read, as far as it is known, from this index on; returns the next one. */
        int bind(PreparedStatement statement, int at) throws SQLException {
            return UnchangedViews.bind(statement, at, ancestors, before);
        }

        /** What is not known yet of the definitions is looked up, and remembered. */
        Set<ViewName> answer(Connection connection, List<Candidate> candidates) throws SQLException {
            Set<ViewName> unchanged = new LinkedHashSet<>();
            Map<ViewName, Known> found = new LinkedHashMap<>();
            for (Candidate candidate : candidates) {
                Known sources = before.get(candidate.view());
                if (sources == null || !sources.isOf(candidate)) {
                    sources = new Known(candidate.snapshot(), Sources.of(connection, candidate.oid()));
                    found.put(candidate.view(), sources);
                } else if (sources.sources().areAll()) {
                    unchanged.add(candidate.view());
                }
            }
            if (found.isEmpty()) {
                return unchanged;
            }
            // Once more: the definitions must be those that the views were refreshed with.
            Map<ViewName, Set<ViewName>> again = new LinkedHashMap<>(ancestors);
            again.keySet().retainAll(found.keySet());
            for (Candidate candidate : candidates(connection, again, found)) {
                Known sources = Objects.requireNonNull(found.get(candidate.view()));
                if (sources.isOf(candidate)) {
                    known.put(candidate.view(), sources);
                    if (sources.sources().areAll()) {
                        unchanged.add(candidate.view());
                    }
                }
            }
            return unchanged;
        }
    }

    /** The unchanged ones, if they read their ancestors, what is known here, and nothing else that anybody refreshes. */
    private static List<Candidate> candidates(
            Connection connection, Map<ViewName, Set<ViewName>> ancestors, Map<ViewName, Known> known)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(UNCHANGED)) {
            bind(statement, 1, ancestors, known);
            return Rows.all(statement, UnchangedViews::candidate);
        }
    }

    private static int bind(
            PreparedStatement statement, int at, Map<ViewName, Set<ViewName>> ancestors, Map<ViewName, Known> known)
            throws SQLException {
        List<ViewName> readers = new ArrayList<>();
        List<ViewName> read = new ArrayList<>();
        ancestors.forEach((view, above) -> {
            Set<ViewName> all = new LinkedHashSet<>(above);
            Known found = known.get(view);
            if (found != null) {
                all.addAll(found.sources().views());
            }
            all.forEach(ancestor -> {
                readers.add(view);
                read.add(ancestor);
            });
        });
        Rows.bindNames(statement, at, ancestors.keySet());
        Rows.bindNames(statement, at + 2, readers);
        Rows.bindNames(statement, at + 4, read);
        return at + 6;
    }
}
