package io.olapsync.jdbc.internal;

import io.olapsync.jdbc.internal.delta.DeltaNames;
import io.olapsync.jdbc.internal.delta.DeltaWork;
import io.olapsync.jdbc.internal.doctor.Sources;
import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshFacts;
import io.olapsync.spi.ViewName;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/** What the look at a view found, and what can be asked further in the same transaction. */
final class KnownFacts implements RefreshFacts {

    /**
     * Between the view's snapshot and the one of this statement no transactions have ended but ours, and none of those
     * refreshed one of these views with another result. Whatever ended is in one of two places: it was still open in the
     * first snapshot, or began after it. Ids that are not ours count as writers of a source whatever they are: other
     * databases, subtransactions, transactions rolled back.
     *
     * <p>The transaction that refreshed the view itself may have refreshed the others too, and then before it: upstream
     * first, so the view shows them.
     */
    private static final String ONLY_OURS = """
            WITH seen AS MATERIALIZED (
                SELECT s.snapshot AS shown, pg_catalog.pg_current_snapshot() AS present, s.xid,
                       pg_catalog.pg_snapshot_xmax(s.snapshot)::text::bigint AS lower,
                       pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint AS upper
                  FROM olap_sync.view_state s WHERE s.view_schema = ? AND s.view_name = ?),
            ended AS MATERIALIZED (
                SELECT open AS transaction FROM seen, pg_catalog.pg_snapshot_xip(shown) AS open
                 WHERE pg_catalog.pg_visible_in_snapshot(open, present)
                UNION ALL
                SELECT later::text::xid8 FROM seen, pg_catalog.generate_series(lower, least(upper, lower + %1$d) - 1) AS later
                 WHERE pg_catalog.pg_visible_in_snapshot(later::text::xid8, present))
            SELECT upper - lower BETWEEN 0 AND %1$d
                   AND NOT EXISTS (SELECT FROM ended e WHERE NOT EXISTS (
                        SELECT FROM olap_sync.own_transaction o WHERE o.transaction = e.transaction))
                   AND NOT EXISTS (
                        SELECT FROM ended e JOIN olap_sync.own_transaction o USING (transaction)
                          JOIN unnest(?::text[], ?::text[]) a(view_schema, view_name) USING (view_schema, view_name)
                         WHERE o.changed AND o.transaction <> seen.xid)
              FROM seen""".formatted(OwnTransactions.MOST);

    /**
     * How many of these views have not changed since they were read. One that was refreshed in the same transaction was so
     * before its reader, upstream first; one that somebody refreshed by hand has changed, for all that is known.
     */
    private static final String UNCHANGED_SINCE = """
            SELECT pg_catalog.count(*)
              FROM unnest(?::text[], ?::text[]) w(view_schema, view_name)
              JOIN olap_sync.view_state a USING (view_schema, view_name)
              JOIN pg_catalog.pg_namespace n ON n.nspname = a.view_schema
              JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = a.view_name
               AND (c.xmin::text::bigint = a.catalog_xmin OR %s) AND pg_catalog.pg_relation_filenode(c.oid) = a.filenode
              JOIN olap_sync.view_state s ON s.view_schema = ? AND s.view_name = ?
               AND (a.last_change = s.xid OR pg_catalog.pg_visible_in_snapshot(a.last_change, s.snapshot))""".formatted(DeltaNames.IS_DELTA_TABLE);

    private final Prepared before;
    private final WorkConnection work;

    KnownFacts(Prepared before, WorkConnection work) {
        this.before = before;
        this.work = work;
    }

    @Override
    public ViewName view() {
        return before.view();
    }

    @Override
    public Optional<DataAsOf> shows() {
        return Optional.ofNullable(before.shown())
                .map(shown -> new DataAsOf(shown.asOf().toInstant(), shown.snapshot()));
    }

    @Override
    public Optional<Duration> sinceRefresh() {
        return Optional.ofNullable(before.recorded()).map(Prepared.Recorded::sinceRefresh);
    }

    @Override
    public boolean showsLatest(Set<ViewName> ancestors) throws RefreshException {
        return before.shown() != null
                && (ancestors.isEmpty()
                        || asked("whether " + view() + " shows its ancestors", () -> unchanged(ancestors)));
    }

    @Override
    public boolean nothingChanged(Set<ViewName> ancestors) throws RefreshException {
        Integer delta = before.delta();
        return before.shown() != null
                && asked(
                        "whether anything changed below " + view(),
                        () -> delta == null ? onlyOurs(ancestors) : DeltaWork.isUpToDate(work.connection(), delta));
    }

    private interface Question {
        boolean ask() throws SQLException;
    }

    private boolean asked(String what, Question question) throws RefreshException {
        long started = System.nanoTime();
        try {
            return question.ask();
        } catch (SQLException e) {
            if (SqlErrors.losesConnection(e)) {
                work.doubt();
            }
            throw SqlErrors.translate(e, view(), "asking " + what, started);
        }
    }

    private boolean unchanged(Set<ViewName> ancestors) throws SQLException {
        try (PreparedStatement statement = work.connection().prepareStatement(UNCHANGED_SINCE)) {
            Rows.bindNames(statement, 1, ancestors);
            statement.setString(3, view().schema());
            statement.setString(4, view().name());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getInt(1) == ancestors.size();
            }
        }
    }

    private boolean onlyOurs(Set<ViewName> ancestors) throws SQLException {
        // The dear question after the cheap one, which mostly says no.
        if (!onlyOursSince(ancestors)) {
            return false;
        }
        Sources sources = Sources.of(work.connection(), before.oid());
        Set<ViewName> all = new LinkedHashSet<>(ancestors);
        all.addAll(sources.views());
        // Once more: the definition that was just read must be the one that the view was refreshed with.
        return sources.areAll() && onlyOursSince(all);
    }

    private boolean onlyOursSince(Set<ViewName> ancestors) throws SQLException {
        try (PreparedStatement statement = work.connection().prepareStatement(ONLY_OURS)) {
            statement.setString(1, view().schema());
            statement.setString(2, view().name());
            Rows.bindNames(statement, 3, ancestors);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }
}
