package io.olapsync.jdbc.internal;

import io.olapsync.jdbc.internal.delta.DeltaNames;
import io.olapsync.jdbc.internal.delta.DeltaWork;
import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshFacts;
import io.olapsync.spi.ViewName;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** What the look at a view found, and what can be asked further in the same transaction. */
final class KnownFacts implements RefreshFacts {

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
    private boolean sawChanges;

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
        boolean same = before.shown() != null
                && asked(
                        "whether anything changed below " + view(),
                        () -> delta == null
                                ? UnchangedViews.isUnchanged(work.connection(), view(), ancestors)
                                : DeltaWork.isUpToDate(work.connection(), delta));
        sawChanges = !same;
        return same;
    }

    /** Whether it was asked whether nothing had changed, and that could not be said. */
    boolean sawChanges() {
        return sawChanges;
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
}
