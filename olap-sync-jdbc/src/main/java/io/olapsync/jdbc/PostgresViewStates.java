package io.olapsync.jdbc;

import io.olapsync.jdbc.internal.StateRows;
import io.olapsync.spi.PendingInvalidation;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import io.olapsync.spi.ViewStates;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/** The state of views, and the invalidations still to be done, in the tables of the schema {@code olap_sync}. */
public final class PostgresViewStates implements ViewStates {

    private final StateRows rows;

    /** The states in this database, with the default settings. */
    public PostgresViewStates(DataSource dataSource) {
        this(dataSource, PostgresSettings.defaults());
    }

    /** The states in this database; the data source stays the caller's. */
    public PostgresViewStates(DataSource dataSource, PostgresSettings settings) {
        this.rows = new StateRows(dataSource, settings);
    }

    @Override
    public Map<ViewName, ViewState> read(Collection<ViewName> views) throws RefreshException {
        return rows.read(views);
    }

    @Override
    public List<PendingInvalidation> pendingInvalidations(Collection<ViewName> views) throws RefreshException {
        return rows.pendingInvalidations(views);
    }

    @Override
    public void invalidated(Collection<PendingInvalidation> done) throws RefreshException {
        rows.invalidated(done);
    }
}
